// lesser KIND COMMAND…: runs a command where a kind of system calls is missing, for whoever makes them.
//
//	nolocks   locks of files are refused, as by a file system that has none
//	deaflocks they are never answered, as by one whose server of locks is away
//	nolinks   hard links are refused
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IS(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no)
#define ANSWER(value) BPF_STMT(BPF_RET | BPF_K, value)
#ifndef SYS_link
#define SYS_link SYS_linkat
#endif

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  int links = !strcmp(argv[1], "nolinks"), deaf = !strcmp(argv[1], "deaflocks");
  unsigned no = deaf ? SECCOMP_RET_USER_NOTIF : SECCOMP_RET_ERRNO | (links ? EPERM : ENOLCK);
  struct sock_filter locks[] = {
      LOAD(nr), IS(SYS_flock, 6, 0), IS(SYS_fcntl, 0, 4),
      LOAD(args[1]), IS(F_SETLK, 3, 0), IS(F_SETLKW, 2, 0), IS(F_OFD_SETLK, 1, 0),
      ANSWER(SECCOMP_RET_ALLOW), ANSWER(no)};
  struct sock_filter hard[] = {LOAD(nr), IS(SYS_link, 2, 0), IS(SYS_linkat, 1, 0), ANSWER(SECCOMP_RET_ALLOW), ANSWER(no)};
  struct sock_fprog program = {sizeof locks / sizeof *locks, locks};
  if (links) program = (struct sock_fprog){sizeof hard / sizeof *hard, hard};
  int got = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (!got) got = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, deaf ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0, &program);
  if (got < 0 || (deaf && dup(got) < 0)) { // the copy stays open in the command, and nobody listens there
    perror("seccomp");
    return 3;
  }
  execv(argv[2], argv + 2);
  perror(argv[2]);
  return 3;
}
