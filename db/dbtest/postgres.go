// Package dbtest starts real databases for tests and for the program that writes migrations.
package dbtest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"parley/children"
)

// errNoPostgres means that no PostgreSQL server is installed on this machine.
var errNoPostgres = errors.New("PostgreSQL is not installed: apt-get install postgresql")

// Server is a PostgreSQL server of a test's own, in a temporary folder. Its durability is on, as Parley
// needs it; in memory that costs nothing.
type Server struct {
	dir  string // its socket lies here, its data below
	bin  string
	as   *syscall.SysProcAttr
	port int // 0: reachable by the socket only

	process *exec.Cmd    // nil while it does not run
	wait    func() error // for its end
	flags   []string
}

// standardPort is in the name of the socket, too.
const standardPort = 5432

// Where a server keeps its data.
const (
	InMemory = "/dev/shm" // an fsync costs nothing
	OnDisk   = ""         // the folder for temporary files
)

// NewServer makes an empty server and starts it. Flags are more of its settings, as "fsync=off". Its users
// need no password, but for one by the name of "locked" if a test makes it.
func NewServer(ctx context.Context, where string, flags ...string) (_ *Server, err error) {
	if short() {
		return nil, errShort
	}
	bin, err := postgresBin()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(where); err != nil {
		where = OnDisk
	}
	dir, err := children.Folder(where, "pg") // short: the path of a socket ends at 107 bytes
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	s := &Server{dir: dir, bin: bin, flags: flags}
	if s.as, err = unprivileged(dir); err != nil {
		return nil, err
	}
	if err := s.initialise(ctx); err != nil {
		return nil, err
	}
	return s, s.start(ctx)
}

// start is the first start, for which pg_hba.conf says who may sign in as whom.
func (s *Server) start(ctx context.Context) error {
	hba := "local all locked scram-sha-256\nlocal all all trust\nlocal replication all trust\n"
	if err := os.WriteFile(filepath.Join(s.data(), "pg_hba.conf"), []byte(hba), 0o644); err != nil {
		return err
	}
	return s.Start(ctx)
}

// Postgres starts an empty server, reachable by a socket, and returns its URL. stop ends it and removes
// everything.
func Postgres(ctx context.Context) (url string, stop func(), err error) {
	s, err := NewServer(ctx, InMemory)
	if err != nil {
		return "", nil, err
	}
	return s.URL("postgres"), s.Remove, nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// Socket is the path of the server's socket.
func (s *Server) Socket() string {
	return filepath.Join(s.dir, ".s.PGSQL."+strconv.Itoa(cmp.Or(s.port, standardPort)))
}

// ListenOn makes the server reachable by TCP, from its next start on.
func (s *Server) ListenOn(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	if s.port, err = strconv.Atoi(port); err != nil {
		return err
	}
	s.flags = append(s.flags, "listen_addresses="+host, "port="+port)
	hba := "local all locked scram-sha-256\nlocal all all trust\nhost all all all trust\nhost replication all all trust\nlocal replication all trust\n"
	return os.WriteFile(filepath.Join(s.data(), "pg_hba.conf"), []byte(hba), 0o644)
}

// Start starts it, after Kill or Stop once more, and waits until it serves.
func (s *Server) Start(ctx context.Context) error {
	args := []string{"-D", s.data(), "-k", s.dir, "-c", "listen_addresses="}
	for _, flag := range s.flags {
		args = append(args, "-c", flag)
	}
	server := s.command(context.WithoutCancel(ctx), "postgres", args...)
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the server has its own copy
	server.Stdout, server.Stderr = log, log
	if s.wait, err = children.Start(server, syscall.SIGQUIT); err != nil { // its own children are no group of its
		return err
	}
	s.process = server
	if err := awaitReady(ctx, filepath.Join(s.data(), "postmaster.pid"), server.Process.Pid); err != nil {
		said, _ := os.ReadFile(log.Name())
		return fmt.Errorf("%w: %s", err, said)
	}
	return nil
}

// URL is the address of one of its databases, by TCP after ListenOn.
func (s *Server) URL(database string) string {
	if s.port != 0 {
		return fmt.Sprintf("postgres://parley@127.0.0.1:%d/%s?sslmode=disable", s.port, database)
	}
	return fmt.Sprintf("postgres://parley@/%s?host=%s", database, s.dir)
}

// Create makes a database. Options are of CREATE DATABASE.
func (s *Server) Create(ctx context.Context, database, options string) error {
	return s.SQL(ctx, "postgres", fmt.Sprintf(`CREATE DATABASE "%s" %s`, database, options))
}

// SQL runs statements with psql.
func (s *Server) SQL(ctx context.Context, database, statements string) error {
	_, err := s.Ask(ctx, database, statements)
	return err
}

// Ask runs statements with psql and returns what they do: a line a row, with | between the columns.
func (s *Server) Ask(ctx context.Context, database, statements string) (string, error) {
	return s.client(ctx, "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statements, database)
}

// Dump returns everything that a database holds.
func (s *Server) Dump(ctx context.Context, database string) (string, error) {
	dump, err := s.client(ctx, "pg_dump", database)
	return unrestricted.ReplaceAllString(dump, ""), err
}

// unrestricted are lines with a word that differs in each dump.
var unrestricted = regexp.MustCompile(`(?m)^\\(un)?restrict .*$`)

// client runs one of PostgreSQL's own clients.
func (s *Server) client(ctx context.Context, name string, args ...string) (string, error) {
	args = append([]string{"-h", s.dir, "-U", "parley", "-p", strconv.Itoa(cmp.Or(s.port, standardPort))}, args...)
	cmd := s.command(ctx, name, args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", name, err, said.Bytes())
	}
	return strings.TrimSpace(string(out)), nil
}

// Kill ends the server and its children as a crash does: all at once. Each child is a group of its own, and one
// that outlives the server finishes what it is at and keeps the next one from starting.
func (s *Server) Kill() {
	if s.process == nil {
		return
	}
	pid := s.process.Process.Pid
	_ = syscall.Kill(pid, syscall.SIGSTOP) // from here on it makes no more of them
	children := childrenOf(pid)
	for _, child := range append(children, pid) {
		_ = syscall.Kill(child, syscall.SIGKILL)
	}
	_ = s.wait()
	for _, child := range children { // init reaps them
		for end := time.Now().Add(Patience); syscall.Kill(child, 0) == nil && time.Now().Before(end); {
			time.Sleep(time.Millisecond)
		}
	}
	s.process = nil
}

func childrenOf(pid int) (children []int) {
	text, _ := exec.Command("pgrep", "-P", strconv.Itoa(pid)).Output() // its status says only whether there are any
	for _, field := range strings.Fields(string(text)) {
		if child, err := strconv.Atoi(field); err == nil {
			children = append(children, child)
		}
	}
	return children
}

// Stop ends the server as an operator does: connections are closed at once.
func (s *Server) Stop() {
	if s.process == nil {
		return
	}
	_ = s.process.Process.Signal(syscall.SIGINT) // fast shutdown
	_ = s.wait()
	s.process = nil
}

// Remove stops the server and removes its folder.
func (s *Server) Remove() {
	s.Stop()
	_ = os.RemoveAll(s.dir)
}

func postgresBin() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err == nil && len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", errNoPostgres
	}
	return filepath.Dir(path), nil
}

// unprivileged returns whom to run as, in a group of its own: PostgreSQL refuses root. The folder becomes
// theirs.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	if os.Geteuid() != 0 {
		return &syscall.SysProcAttr{Setpgid: true}, nil
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
	return &syscall.SysProcAttr{Setpgid: true, Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, os.Chown(dir, uid, gid)
}

func (s *Server) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, name), args...)
	cmd.SysProcAttr, cmd.Dir = s.as, s.dir
	cmd.Env = []string{"HOME=" + s.dir, "PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8"}
	return cmd
}

// awaitReady waits until the server says "ready" in the last line of its pid file, which begins with its
// number; pg_isready would need a user of its own.
func awaitReady(ctx context.Context, pidFile string, pid int) error {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if text, err := os.ReadFile(pidFile); err == nil {
			lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
			if string(lines[0]) == strconv.Itoa(pid) && strings.TrimSpace(string(lines[len(lines)-1])) == "ready" {
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
