package harness

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"parley/auth/hashcost"
	"parley/children"
	"parley/cmd/parley/command"
	"parley/db/dbtest"
	"parley/db/dbtest/migrated"
	"parley/e2e/harness/network"
)

// RunAsServer makes the test's own binary the server, so that tests can kill a real process.
const RunAsServer = "RUN_AS_PARLEY"

// Main runs the tests of an area: func TestMain(m *testing.M) { harness.Main(m) }. The same binary is also the server
// as a process of its own, and the pipes between two networks. Password hashes are cheap.
func Main(m *testing.M) {
	hashcost.Lower()
	MainWithRealHashes(m)
}

// MainWithRealHashes is Main for an area whose tests depend on what a password hash costs.
func MainWithRealHashes(m *testing.M) {
	if os.Getenv(RunAsServer) != "" {
		_ = os.Unsetenv(RunAsServer)
		signal.Ignore(syscall.SIGPIPE) // as the binary does
		os.Exit(RunProgram(os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
	}
	if pipes := os.Getenv(network.RunAsPipes); pipes != "" {
		network.JoinPipes(pipes)
	}
	if dbtest.OnPostgres() {
		os.Exit(migrated.Main(m))
	}
	os.Exit(dbtest.Main(m)) // a server begins with nothing
}

// Process is the server in a process of its own.
type Process struct {
	Server
	Cmd  *exec.Cmd
	Exit func() int // waits for the end, until all that it said is in log, and returns the status
}

// StartProcess starts one on a data directory. It is killed when the test is over.
func StartProcess(t *testing.T, dir string, flags ...string) *Process {
	t.Helper()
	return StartProcessIn(t, Environment{}, dir, flags...)
}

// Environment are what a process is started in.
type Environment struct {
	Env    []string // more variables
	Before []string // a command in front of the server's, which must not fork: the process is the server's
}

// StartProcessIn starts one in an environment of its own.
func StartProcessIn(t *testing.T, in Environment, dir string, flags ...string) *Process {
	t.Helper()
	p, addr := TryProcess(t, in, dir, flags...)
	if addr == "" {
		t.Fatalf("the server ended: %s", p.Log)
	}
	p.Addr = addr
	return p
}

// CommandOf is the server as a command.
func CommandOf(t *testing.T, in Environment, dir string, flags ...string) *exec.Cmd {
	t.Helper()
	args := append(append(in.Before, os.Args[0]), append(commonFlags(t, dir), flags...)...)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(append(os.Environ(), RunAsServer+"=1"), in.Env...)
	return cmd
}

// TryProcess returns an empty address when the process has ended instead of serving.
func TryProcess(t *testing.T, in Environment, dir string, flags ...string) (p *Process, addr string) {
	t.Helper()
	p = &Process{Server: Server{T: t, Dir: dir, Log: &Log{}}, Cmd: CommandOf(t, in, dir, flags...)}
	stderr, err := p.Cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	wait, err := children.Start(p.Cmd, syscall.SIGKILL)
	if err != nil {
		t.Fatal(err)
	}
	address, silent := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(silent)
		defer close(address)
		lines := bufio.NewScanner(stderr)
		for lines.Scan() {
			if at, ok := strings.CutPrefix(lines.Text(), "listening on http://"); ok {
				address <- at
			}
			_, _ = p.Log.Write([]byte(lines.Text() + "\n"))
		}
	}()
	p.Exit = sync.OnceValue(func() int {
		select {
		case <-silent:
		case <-time.After(Timeout):
			t.Errorf("the process did not end: %s", p.Log)
			_ = p.Cmd.Process.Kill()
		}
		_ = wait() // its status is looked at
		return p.Cmd.ProcessState.ExitCode()
	})
	kill := func() { _ = p.Cmd.Process.Kill(); p.Exit() }
	p.Stop = func() error { kill(); return nil }
	t.Cleanup(kill)
	return p, <-address
}

// Interrupt ends the process as an operator does and waits until all that it said is in log.
func (p *Process) Interrupt() {
	p.T.Helper()
	if err := p.Cmd.Process.Signal(os.Interrupt); err != nil {
		p.T.Fatal(err)
	}
	if status := p.Exit(); status != 0 {
		p.T.Errorf("the process ended with status %d", status)
	}
}

// Memory is a line of the process's status, in bytes (proc_pid_status(5)): VmHWM is the most that it has had.
func (p *Process) Memory(line string) (bytes int) {
	p.T.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Cmd.Process.Pid))
	if err != nil {
		p.T.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "\n"+line+":")
	var kib int
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		p.T.Fatalf("no %s in %s: %v", line, status, err)
	}
	return kib << 10
}

// StartNodes starts processes on one database, as it is with several nodes on Postgres.
func StartNodes(t *testing.T, n int, flags ...string) []*Server {
	t.Helper()
	dir := DataDir(t)
	nodes := make([]*Server, n)
	for i := range nodes {
		p := StartProcess(t, dir, append(NoLimits(), flags...)...)
		t.Cleanup(func() {
			_ = p.Stop()
			if log := p.Log.String(); strings.Contains(log, "DATA RACE") || strings.Contains(log, "panic") {
				t.Errorf("a node said: %s", log)
			}
		})
		nodes[i] = &p.Server
	}
	return nodes
}

// Command runs a command of the program in this process.
func Command(args ...string) (status int, stdout, stderr string) {
	var out, err bytes.Buffer
	status = RunProgram(args, nil, &out, &err)
	return status, out.String(), err.String()
}

// RunProgram runs the program in this process.
func RunProgram(args, environ []string, stdout, stderr io.Writer) int {
	return command.Start(args, environ, stdout, stderr)
}

// The exit statuses of the program.
const (
	ExitOK      = 0
	ExitFailure = 1
	ExitUsage   = 2
)

// RefusalsIn adds up how many the log says had no room of a kind.
func RefusalsIn(t *testing.T, log, setting string) (total int) {
	t.Helper()
	for _, line := range regexp.MustCompile(`refused for lack of room[^\n]*"`+setting+`":(\d+)`).FindAllStringSubmatch(log, -1) {
		n, _ := strconv.Atoi(line[1])
		total += n
	}
	return total
}
