// Preloaded into a server, this makes one call of libc on the files of the database fail with EIO:
// the FAIL_AT-th call of the kind FAIL_CALL (fsync or write) on a file whose name ends in FAIL_FILE,
// counted from the moment the file FAIL_ARMED exists. It then removes
// that file, and all calls after it succeed again.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int due(const char *kind, int fd) {
  static atomic_int calls;
  char link[64], path[PATH_MAX];
  const char *call = getenv("FAIL_CALL"), *end = getenv("FAIL_FILE");
  if (strcmp(call, kind) != 0 || access(getenv("FAIL_ARMED"), F_OK) != 0) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, sizeof path);
  if (n < (ssize_t)strlen(end) || strncmp(path + n - strlen(end), end, strlen(end)) != 0) return 0;
  if (atomic_fetch_add(&calls, 1) + 1 != atoi(getenv("FAIL_AT"))) return 0;
  unlink(getenv("FAIL_ARMED"));
  return 1;
}

#define FAIL(kind) if (due(kind, fd)) { errno = EIO; return -1; }
#define REAL(name, ...) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))(__VA_ARGS__)

int fsync(int fd) { FAIL("fsync") return REAL(fsync, fd); }
int fdatasync(int fd) { FAIL("fsync") return REAL(fdatasync, fd); }
ssize_t write(int fd, const void *p, size_t n) { FAIL("write") return REAL(write, fd, p, n); }
ssize_t pwrite(int fd, const void *p, size_t n, off_t at) { FAIL("write") return REAL(pwrite, fd, p, n, at); }
ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at) { FAIL("write") return REAL(pwrite64, fd, p, n, at); }
