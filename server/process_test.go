package server

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"parley/db/dbtest"
)

// runAsParley makes the test's own binary the server, so that tests can kill a real process.
const runAsParley = "RUN_AS_PARLEY"

func TestMain(m *testing.M) {
	if os.Getenv(runAsParley) != "" {
		_ = os.Unsetenv(runAsParley)
		signal.Ignore(syscall.SIGPIPE)
		os.Exit(start(os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
	}
	if pipes := os.Getenv(runAsPipes); pipes != "" {
		joinPipes(pipes)
	}
	os.Exit(dbtest.Main(m))
}

// process is the server in a process of its own.
type process struct {
	testServer
	cmd  *exec.Cmd
	exit func() int // waits for the end, until all that it said is in log, and answers the status
}

// startProcess starts one on a data directory. It is killed when the test is over.
func startProcess(t *testing.T, dir string, flags ...string) *process {
	t.Helper()
	return startProcessAs(t, surroundings{}, dir, flags...)
}

// surroundings are what a process is started in.
type surroundings struct {
	env    []string // more variables
	before []string // a command in front of the server's, which must not fork: the process is the server's
}

func startProcessAs(t *testing.T, in surroundings, dir string, flags ...string) *process {
	t.Helper()
	p, addr := tryProcess(t, in, dir, flags...)
	if addr == "" {
		t.Fatalf("the server ended: %s", p.log)
	}
	p.addr = addr
	return p
}

// commandOf is the server as a command.
func commandOf(t *testing.T, in surroundings, dir string, flags ...string) *exec.Cmd {
	t.Helper()
	args := append([]string{os.Args[0], "--data", dir, "--addr", "127.0.0.1:0", "--log-level", "debug"}, databaseFlags(t, dir)...)
	args = append(args, flags...)
	args = append(in.before, args...)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(append(os.Environ(), runAsParley+"=1"), in.env...)
	return cmd
}

// tryProcess answers an empty address when the process has ended instead of serving.
func tryProcess(t *testing.T, in surroundings, dir string, flags ...string) (p *process, addr string) {
	t.Helper()
	p = &process{testServer: testServer{t: t, dir: dir, log: &logBuffer{}}, cmd: commandOf(t, in, dir, flags...)}
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
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
			_, _ = p.log.Write([]byte(lines.Text() + "\n"))
		}
	}()
	p.exit = sync.OnceValue(func() int {
		select {
		case <-silent:
		case <-time.After(patience):
			t.Errorf("the process did not end: %s", p.log)
			_ = p.cmd.Process.Kill()
		}
		_ = p.cmd.Wait() // its status is looked at
		return p.cmd.ProcessState.ExitCode()
	})
	kill := func() { _ = p.cmd.Process.Kill(); p.exit() }
	p.stop = func() error { kill(); return nil }
	t.Cleanup(kill)
	return p, <-address
}

// interrupt ends the process as an operator does and waits until all that it said is in log.
func (p *process) interrupt() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		p.t.Fatal(err)
	}
	if status := p.exit(); status != 0 {
		p.t.Errorf("the process ended with status %d", status)
	}
}

// memory is a line of the process's status, in bytes (proc_pid_status(5)): VmHWM is the most that it has had.
func (p *process) memory(line string) (bytes int) {
	p.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "\n"+line+":")
	var kib int
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		p.t.Fatalf("no %s in %s: %v", line, status, err)
	}
	return kib << 10
}
