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
	cmd *exec.Cmd
}

// startProcess starts one on a data directory. It is killed when the test is over.
func startProcess(t *testing.T, dir string, flags ...string) *process {
	t.Helper()
	args := append([]string{"--data", dir, "--addr", "127.0.0.1:0", "--log-level", "debug"}, flags...)
	p := &process{testServer: testServer{t: t, log: &logBuffer{}}, cmd: exec.Command(os.Args[0], args...)}
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
	addr, ok := <-address
	if !ok {
		t.Fatalf("the server ended: %s", p.log)
	}
	p.addr = addr
	return p
}
