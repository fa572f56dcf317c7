package bots

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/children"
	"parley/e2e/harness"
	"parley/machine"
)

// languages are the bots of examples, and how each is made a command.
var languages = map[string]func(t *testing.T) []string{
	"gobot": func(t *testing.T) []string {
		program := filepath.Join(t.TempDir(), "gobot")
		if out, err := exec.Command("go", "build", "-o", program, "parley/examples/gobot").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return []string{program}
	},
	"nodebot": func(t *testing.T) []string {
		node, err := exec.LookPath("node")
		if err != nil {
			machine.Lacks(t, err)
		}
		return []string{node, "../../examples/nodebot/bot.mjs"}
	},
}

// A bot is one of them with an account, run as a process.
type bot struct {
	t             *testing.T
	name, token   string
	id            uuid.UUID
	command, env  []string
	cursor        string // the file
	log           harness.Log
	born          func() // if not nil, told of each life
	mu            sync.Mutex
	process       *os.Process // nil: it does not run
	stopped       bool
	lives, status int // status of the last life
}

// start starts it. end waits for its end.
func (b *bot) start() (end func()) {
	cmd := exec.Command(b.command[0], b.command[1:]...)
	cmd.Env, cmd.Stderr = append(os.Environ(), b.env...), &b.log
	wait := b.bear(cmd)
	if wait == nil {
		return func() {}
	}
	if b.born != nil {
		b.born()
	}
	return func() {
		_ = wait() // its status is looked at
		b.mu.Lock()
		defer b.mu.Unlock()
		b.process, b.status = nil, cmd.ProcessState.ExitCode()
	}
}

// bear begins a life, unless it is stopped.
func (b *bot) bear(cmd *exec.Cmd) (wait func() error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stopped {
		return nil
	}
	wait, err := children.Start(cmd, syscall.SIGKILL)
	if err != nil {
		b.t.Error(err)
		b.stopped = true
		return nil
	}
	b.process = cmd.Process
	b.lives++
	return wait
}

// run starts it, once. end waits for its end and returns its status, -1 if it was killed.
func (b *bot) run() (end func() int) {
	over := make(chan struct{})
	ended := b.start()
	go func() { ended(); close(over) }()
	b.t.Cleanup(func() { b.kill(); <-over })
	return func() int {
		select {
		case <-over:
		case <-time.After(harness.Timeout):
			b.t.Fatalf("%s does not end: %s", b.name, &b.log)
		}
		return b.status
	}
}

// keep starts it again whenever it has ended, as systemd does, until the test is over.
func (b *bot) keep() {
	over := make(chan struct{})
	go func() {
		defer close(over)
		for !b.isStopped() {
			b.start()()
		}
	}()
	b.t.Cleanup(func() { b.stop(); <-over })
}

func (b *bot) isStopped() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.stopped
}

// livesSoFar is how often it was started.
func (b *bot) livesSoFar() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lives
}

func (b *bot) stop() {
	b.mu.Lock()
	b.stopped = true
	b.mu.Unlock()
	b.kill()
}

// kill ends it with SIGKILL, if it runs.
func (b *bot) kill() (killed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.process == nil {
		return false
	}
	err := b.process.Kill()
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		b.t.Error(err)
	}
	b.process = nil
	return err == nil
}

// awaitCursor waits until it has a cursor: what is asked from then on is answered.
func (b *bot) awaitCursor() {
	b.t.Helper()
	harness.Eventually(b.t, b.name+" has a cursor", func() bool {
		_, err := os.Stat(b.cursor)
		return err == nil
	})
}
