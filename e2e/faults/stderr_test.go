//go:build linux

package faults

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"parley/children"
	"parley/db/dbtest"
	"parley/e2e/harness"
	"parley/e2e/harness/writers"
)

// startOnPipe starts a server whose stderr is a pipe that nobody reads once it serves.
func startOnPipe(t *testing.T, in harness.Environment, flags ...string) (p *harness.Process, stderr *os.File) {
	t.Helper()
	ours, theirs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	const setPipeSize = 1031 // F_SETPIPE_SZ of fcntl(2)
	if _, _, no := syscall.Syscall(syscall.SYS_FCNTL, theirs.Fd(), setPipeSize, 4096); no != 0 {
		t.Fatal(no)
	}
	dir := harness.DataDir(t)
	p = &harness.Process{Server: harness.Server{T: t, Dir: dir, Log: &harness.Log{}}, Cmd: harness.CommandOf(t, in, dir, flags...)}
	p.Cmd.Stderr = theirs
	wait, err := children.Start(p.Cmd, syscall.SIGKILL)
	if err != nil {
		t.Fatal(err)
	}
	_ = theirs.Close()
	p.Exit = sync.OnceValue(func() int { _ = wait(); return p.Cmd.ProcessState.ExitCode() })
	t.Cleanup(func() { _ = p.Cmd.Process.Kill(); p.Exit(); _ = ours.Close() })
	for lines := bufio.NewScanner(oneByOne{ours}); p.Addr == "" && lines.Scan(); {
		p.Addr, _ = strings.CutPrefix(lines.Text(), "listening on http://")
		if p.Addr == lines.Text() {
			p.Addr = ""
		}
	}
	return p, ours
}

// oneByOne reads no more than it is asked for, so that nothing is read ahead.
type oneByOne struct{ r io.Reader }

func (o oneByOne) Read(p []byte) (int, error) { return o.r.Read(p[:1]) }

// ends wants the process to end by itself, with status 0.
func ends(p *harness.Process) {
	p.T.Helper()
	if err := p.Cmd.Process.Signal(os.Interrupt); err != nil {
		p.T.Fatal(err)
	}
	gone := time.AfterFunc(harness.Timeout, func() { _ = p.Cmd.Process.Kill() })
	defer gone.Stop()
	if status := p.Exit(); status != 0 {
		p.T.Errorf("the process ended with status %d: %v", status, p.Cmd.ProcessState)
	}
}

const wrongPassword = `mutation { login(username: "nobody", password: "wrong horse battery") { accessToken } }`

// Whoever read the log has gone. SIGPIPE ended the server at its next line; now it serves on and ends in good order.
func TestNobodyReadsTheLog(t *testing.T) {
	p, stderr := startOnPipe(t, harness.Environment{})
	_ = stderr.Close()
	ann, _ := p.Register("ann")
	for range 20 { // each is a line
		if a := p.Ask("", wrongPassword); a.Code() == "" {
			t.Fatalf("got %s", a.Body)
		}
	}
	p.Must(nil, ann, `{ me { id } }`)
	ends(p)
}

// The log is a pipe that is full. Each sign-in hung in its line; now all are answered. Who reads on then reads every
// line that was kept, and how many were not.
func TestLogIsAFullPipe(t *testing.T) {
	const logins = 6000
	p, stderr := startOnPipe(t, harness.Environment{}, "--login-attempts", "1/1h", "--address-request-rate", "0", "--log-level", "info")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range logins / 8 {
				if a := p.Ask("", wrongPassword); a.Code() == "" {
					t.Errorf("got %s", a.Body)
					return
				}
			}
		})
	}
	all.Wait()
	ann, _ := p.Register("ann")
	read := make(chan string)
	go func() {
		text, _ := io.ReadAll(stderr)
		read <- string(text)
	}()
	p.Must(nil, ann, `{ me { id } }`)
	ends(p)
	log := <-read
	lines, audit := droppedIn(t, log)
	there := strings.Count(log, "login_failed") + strings.Count(log, "login_limited")
	registered := strings.Count(log, `"registered"`)
	if lines == 0 || audit != lines || there+registered+lines != logins+1 {
		t.Errorf("%d lines of %d are there, %d dropped, %d of them audit", there, logins, lines, audit)
	}
}

// Nobody reads, and the pipe is full: the end comes all the same.
func TestEndBehindAFullPipe(t *testing.T) {
	p, _ := startOnPipe(t, harness.Environment{}, "--login-attempts", "1/1h")
	for range 200 {
		p.Ask("", wrongPassword)
	}
	ends(p)
}

// Nobody reads the log, so the process waits for its last lines before it ends. Meanwhile others wrote behind the fsync
// that had failed, and were answered.
func TestDiskThatFailsWhileNobodyReadsTheLog(t *testing.T) {
	dbtest.SkipOnPostgres(t, "the calls that fail are SQLite's, to a file of ours")
	f := newFaulty(t)
	p, _ := startOnPipe(t, harness.Environment{Env: f.env("fsync", "parley.db-wal", 1)}, "--login-attempts", "1/1h")
	ann, _ := p.Register("ann")
	p.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	for range 200 { // each is a line
		p.Ask("", wrongPassword)
	}
	f.arm(t)
	k := writers.Start(&p.Server, ann, 1)
	harness.Eventually(t, "the fsync that fails", func() bool { _, err := os.Stat(f.armed); return err != nil })
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+p.Addr+"/graphql",
		strings.NewReader(p.Body(`mutation { createRoom(name: "behind") { id } }`)))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+ann)
	if response, err := http.DefaultClient.Do(request); err == nil {
		a := p.Read(response)
		t.Errorf("a write behind the fault was answered: %s", a.Body)
	}
	if status := p.Exit(); status != 1 {
		t.Errorf("exit status %d", status)
	}
	if k.Stop(); len(k.Answered)+len(k.Codes) > 0 {
		t.Errorf("answered were %v, and the errors %v", k.Answered, k.Codes)
	}
}

// droppedIn adds up what a log says of dropped lines.
func droppedIn(t *testing.T, log string) (lines, audit int) {
	t.Helper()
	for _, said := range regexp.MustCompile(`lines of the log were dropped[^\n]*lines["=:]+(\d+)[^\n]*audit["=:]+(\d+)`).FindAllStringSubmatch(log, -1) {
		n, _ := strconv.Atoi(said[1])
		m, _ := strconv.Atoi(said[2])
		lines, audit = lines+n, audit+m
	}
	return lines, audit
}
