// Package dbtest starts real databases for tests and for the program that writes migrations.
package dbtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ErrNoPostgres means that no PostgreSQL server is installed on this machine.
var ErrNoPostgres = errors.New("PostgreSQL is not installed: apt-get install postgresql")

// Postgres starts an empty server of its own in a temporary folder, reachable by a socket there,
// and answers its URL. stop ends it and removes everything.
func Postgres(ctx context.Context) (url string, stop func(), err error) {
	bin, err := postgresBin()
	if err != nil {
		return "", nil, err
	}
	dir, err := os.MkdirTemp("", "pg") // short: the path of a socket ends at 107 bytes
	if err != nil {
		return "", nil, err
	}
	as, err := unprivileged(dir)
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(dir))
	}
	data := filepath.Join(dir, "data")
	initdb := command(ctx, as, dir, filepath.Join(bin, "initdb"), "-D", data, "-U", "parley", "-E", "UTF8", "--locale=C.UTF-8", "-A", "trust", "--no-sync")
	if out, err := initdb.CombinedOutput(); err != nil {
		return "", nil, errors.Join(fmt.Errorf("initdb: %w: %s", err, out), os.RemoveAll(dir))
	}
	server := command(ctx, as, dir, filepath.Join(bin, "postgres"), "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "fsync=off")
	if err := server.Start(); err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(dir))
	}
	stop = func() {
		_ = server.Process.Signal(syscall.SIGINT) // fast shutdown
		_, _ = server.Process.Wait()
		_ = os.RemoveAll(dir)
	}
	if err := awaitReady(ctx, filepath.Join(data, "postmaster.pid")); err != nil {
		stop()
		return "", nil, err
	}
	return "postgres://parley@/postgres?host=" + dir, stop, nil
}

func postgresBin() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err == nil && len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", ErrNoPostgres
	}
	return filepath.Dir(path), nil
}

// unprivileged answers whom to run as: PostgreSQL refuses root. The folder becomes theirs.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		return nil, err
	}
	uid, err := strconv.Atoi(nobody.Uid)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.Atoi(nobody.Gid)
	if err != nil {
		return nil, err
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, os.Chown(dir, uid, gid)
}

func command(ctx context.Context, as *syscall.SysProcAttr, home, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.SysProcAttr, cmd.Dir = as, home
	cmd.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8"}
	return cmd
}

// awaitReady waits until the server says "ready" in the last line of its pid file; pg_isready
// would need a user of its own.
func awaitReady(ctx context.Context, pidFile string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if text, err := os.ReadFile(pidFile); err == nil {
			lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
			if strings.TrimSpace(string(lines[len(lines)-1])) == "ready" {
				return nil
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL did not become ready: %w", ctx.Err())
		}
	}
}
