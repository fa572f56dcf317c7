// Package process starts servers, waits until they listen, and reads from /proc what they use of CPU and memory.
package process

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"parley/children"
)

// startTimeout is how long a server may take until it listens; stopTimeout until it has drained.
const (
	startTimeout = 60 * time.Second
	stopTimeout  = 40 * time.Second
)

// unlimited are the settings that would be measured instead of the server, and what switches them off.
var unlimited = map[string]string{
	"send-rate": "0", "room-send-rate": "0", "mutation-rate": "0", "room-create-rate": "0", "register-rate": "0",
	"login-attempts": "0", "login-rate": "0", "accept-rate": "0", "address-request-rate": "0", "ws-message-rate": "0",
	"max-connections": "1000000", "max-connections-per-user": "1000000", "max-connections-per-address": "1000000",
	"user-room-streams": "1000000",
}

// unlimitedEnv is the environment of a server that takes whatever comes. A server refuses a setting it
// does not know, so only those are named that its help names.
func unlimitedEnv(ctx context.Context, binary string) []string {
	command := exec.CommandContext(ctx, binary, "--help")
	command.Env = CleanEnv()
	help, _ := command.Output() // its start will say what is wrong
	var off []string
	for name, value := range unlimited {
		if strings.Contains(string(help), "--"+name+"=") {
			off = append(off, "PARLEY_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_"))+"="+value)
		}
	}
	return off
}

// A Process is a server that was started here. Its last lines on stderr are kept, to be shown
// when it fails.
type Process struct {
	command *exec.Cmd
	wait    func() error // for its end
	URL     string
	metrics string        // where they are served; empty: nowhere
	Took    time.Duration // from start to the line that says where it listens
	listens chan string   // the url, once
	ended   chan struct{} // closed after the process has ended and err is set
	err     error

	mu    sync.Mutex
	lines []string
}

// StartParley starts a server on a port of its choice. more is added to its environment.
func StartParley(ctx context.Context, binary, data string, more ...string) (*Process, error) {
	command := exec.Command(binary)
	command.Env = append(append(CleanEnv(), unlimitedEnv(ctx, binary)...), more...)
	command.Env = append(command.Env, "PARLEY_ADDR=127.0.0.1:0", "PARLEY_DATA="+data)
	return Start(ctx, command)
}

// CleanEnv is ours without what would configure a server.
func CleanEnv() []string {
	var kept []string
	for _, line := range os.Environ() {
		if !strings.HasPrefix(line, "PARLEY_") {
			kept = append(kept, line)
		}
	}
	return kept
}

// Start runs a server and waits for the line "listening on http://HOST:PORT".
func Start(ctx context.Context, command *exec.Cmd) (*Process, error) {
	p := &Process{command: command, listens: make(chan string, 1), ended: make(chan struct{})}
	stderr, err := command.StderrPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", command.Path, err)
	}
	began := time.Now()
	if p.wait, err = children.Start(command, syscall.SIGKILL); err != nil {
		return nil, fmt.Errorf("start %s: %w", command.Path, err)
	}
	go p.readStderr(stderr)
	select {
	case p.URL = <-p.listens:
		p.Took = time.Since(began)
		return p, nil
	case <-p.ended:
		return nil, fmt.Errorf("%s ended before it listened: %w", command.Path, p.failure())
	case <-time.After(startTimeout):
		err = fmt.Errorf("%s does not say where it listens", command.Path)
	case <-ctx.Done():
		err = ctx.Err()
	}
	return nil, errors.Join(err, p.Stop())
}

// readStderr reads stderr to its end, then waits for the process.
func (p *Process) readStderr(stderr io.Reader) {
	defer close(p.ended)
	in := bufio.NewReader(stderr)
	for {
		line, err := in.ReadString('\n')
		if at := metricsURL.FindString(line); at != "" {
			p.metrics = at // said before where it listens
		}
		if _, at, found := strings.Cut(line, "listening on http://"); found && len(p.listens) == 0 {
			at, _, _ = strings.Cut(at, `"`)
			select {
			case p.listens <- "http://" + strings.TrimSpace(at):
			default:
			}
		}
		p.keep(line)
		if err != nil {
			break
		}
	}
	p.err = p.wait()
}

func (p *Process) keep(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if line = strings.TrimSpace(line); line != "" {
		p.lines = append(p.lines, line)
	}
	if len(p.lines) > 10 {
		p.lines = p.lines[1:]
	}
}

// PID is the id of the process.
func (p *Process) PID() int { return p.command.Process.Pid }

// Stop asks the server to end and waits for it. Everything but exit status 0 is an error.
func (p *Process) Stop() error {
	_ = p.command.Process.Signal(syscall.SIGTERM) // it may have ended already
	select {
	case <-p.ended:
	case <-time.After(stopTimeout):
		_ = p.command.Process.Kill()
		<-p.ended
		return fmt.Errorf("%s did not stop within %v", p.command.Path, stopTimeout)
	}
	if p.err != nil {
		return fmt.Errorf("%s: %w", p.command.Path, p.failure())
	}
	return nil
}

// failure is how the process ended, with its last words.
func (p *Process) failure() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.err
	if err == nil {
		err = errors.New("exit status 0")
	}
	return fmt.Errorf("%w\n\t%s", err, strings.Join(p.lines, "\n\t"))
}
