package main

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// runAsParley makes the test's own binary the server, so that tests can kill a real process.
const runAsParley = "RUN_AS_PARLEY"

func TestMain(m *testing.M) {
	if os.Getenv(runAsParley) != "" {
		_ = os.Unsetenv(runAsParley)
		main()
	}
	os.Exit(m.Run())
}

// process is the server in a process of its own.
type process struct {
	testServer
	cmd    *exec.Cmd
	stderr chan struct{} // closed once all of it is in log
}

// startProcess starts one on a data directory. It is killed when the test is over.
func startProcess(t *testing.T, dir string, flags ...string) *process {
	t.Helper()
	p, addr := tryProcess(t, dir, flags...)
	if addr == "" {
		t.Fatalf("the server ended: %s", p.log)
	}
	p.addr = addr
	return p
}

// tryProcess answers an empty address when the process has ended instead of serving.
func tryProcess(t *testing.T, dir string, flags ...string) (p *process, addr string) {
	t.Helper()
	args := append([]string{"--data", dir, "--addr", "127.0.0.1:0", "--log-level", "debug"}, flags...)
	p = &process{testServer: testServer{t: t, log: &logBuffer{}}, cmd: exec.Command(os.Args[0], args...), stderr: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), runAsParley+"=1")
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	address := make(chan string, 1)
	go func() {
		defer close(p.stderr)
		defer close(address)
		lines := bufio.NewScanner(stderr)
		for lines.Scan() {
			if at, ok := strings.CutPrefix(lines.Text(), "listening on http://"); ok {
				address <- at
			}
			_, _ = p.log.Write([]byte(lines.Text() + "\n"))
		}
	}()
	kill := sync.OnceFunc(func() { _ = p.cmd.Process.Kill(); _ = p.cmd.Wait() })
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
	<-p.stderr
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("the process ended with %v", err)
	}
}
