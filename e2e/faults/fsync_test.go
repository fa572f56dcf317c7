package faults

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/db/dbtest"
	"parley/e2e/harness"
	"parley/e2e/harness/load"
	"parley/machine"
)

// Before an answer leaves, its chat is on disk: in the trace of the server's system calls, between the
// arrival of each request and the first byte of its answer, the chat's id is written to the WAL and
// then an fsync of the WAL that began after that returns without error. The order of the lines is the
// proof: strace holds a thread at each end of a call until it has written the line.
//
// Broken on purpose, the server was caught with
//
//	_sync=NORMAL                         in the WAL in line 3546, fsynced in line 0, answered in line 3560
//	answers sent before the commit       in the WAL in line 0, fsynced in line 0, answered in line 3899
func TestAnswerWaitsForFsync(t *testing.T) {
	dbtest.SkipOnPostgres(t, "the fsync is in the process of Postgres; at start we check that it does it")
	trace := filepath.Join(t.TempDir(), "trace")
	p := harness.StartProcessIn(t, harness.Environment{Before: strace(t, trace)}, harness.DataDir(t), "--send-rate", "0", "--room-send-rate", "0")
	token, _ := p.Register("ann")
	p.Must(nil, token, `mutation { createRoom(name: "general") { id } }`)
	const senders, each = 8, 40
	ids := make([]string, senders*each)
	var wg sync.WaitGroup
	for i := range senders {
		wg.Go(func() {
			for n := range each {
				id := uuid.NewString()
				ids[i*each+n] = id
				a := p.Ask(token, load.SendDocument, map[string]any{"room": "general", "text": "x", "id": id})
				if len(a.Errors) > 0 {
					t.Errorf("send: %s", a.Body)
				}
			}
		})
	}
	wg.Wait()
	_ = p.Stop()
	calls := readTrace(t, trace)
	for _, id := range ids {
		if wrong := provenOnDisk(calls, id); wrong != "" {
			t.Errorf("chat %s: %s", id, wrong)
		}
	}
}

// strace returns the command that traces what follows it, if that is allowed here.
func strace(t *testing.T, trace string) []string {
	t.Helper()
	// -D leaves the traced process the child of this one; -y names the file behind each descriptor. A
	// page of the WAL has 4096 bytes.
	command := []string{
		"strace", "-D", "-f", "-y", "-s", "4096", "-o", trace,
		"-e", "trace=read,recvfrom,write,writev,sendto,pwrite64,fdatasync,fsync", "-e", "signal=KILL",
	}
	probe := exec.Command(command[0], append(command[1:], "true")...)
	if out, err := probe.CombinedOutput(); err != nil {
		machine.Lacks(t, fmt.Sprintf("no system calls can be traced here (%v): %s", err, out))
	}
	return command
}

// A call is one end of a system call: what was said when it began, when it ended, or both.
type call struct {
	name         string
	file         string // the path, or socket:[…]
	text         string // the line
	began, ended int    // lines of the trace; ended is 0 when it never did
}

var (
	wholeCall   = regexp.MustCompile(`^(\d+) +(\w+)\(\d+<([^>]*)>(.*)$`)
	resumedCall = regexp.MustCompile(`^(\d+) +<\.\.\. \w+ resumed>(.*)$`)
)

// readTrace waits for the end of a trace and returns its calls.
func readTrace(t *testing.T, path string) (calls []*call) {
	t.Helper()
	running := map[string]*call{} // by thread
	for number, line := range linesOfTrace(t, path) {
		if m := wholeCall.FindStringSubmatch(line); m != nil {
			c := &call{name: m[2], file: m[3], text: m[4], began: number}
			calls = append(calls, c)
			if strings.HasSuffix(line, "<unfinished ...>") {
				running[m[1]] = c
			} else {
				c.ended = number
			}
		} else if m := resumedCall.FindStringSubmatch(line); m != nil && running[m[1]] != nil {
			c := running[m[1]]
			c.text, c.ended = c.text+m[2], number
			delete(running, m[1])
		}
	}
	return calls
}

// linesOfTrace reads a trace when the traced process is gone.
func linesOfTrace(t *testing.T, path string) (lines []string) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(harness.Timeout); time.Now().Before(end); <-tick.C {
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		lines = []string{""} // they are counted from 1
		scanner := bufio.NewScanner(file)
		scanner.Buffer(nil, 1<<20)
		for scanner.Scan() {
			lines = append(lines, scanner.Text())
		}
		_ = file.Close()
		if err := scanner.Err(); err != nil {
			t.Fatal(err)
		}
		if first, _, _ := strings.Cut(lines[min(1, len(lines)-1)], " "); strings.HasPrefix(lines[len(lines)-1], first+" ") &&
			strings.Contains(lines[len(lines)-1], " +++ ") {
			return lines
		}
	}
	t.Fatalf("the trace has no end: %s", lines[len(lines)-1])
	return nil
}

// provenOnDisk returns what is missing in the calls that a chat's request, its commit and its answer
// made, or "".
func provenOnDisk(calls []*call, id string) string {
	var arrived, written, synced, answered int
	for _, c := range calls {
		wal, network := strings.HasSuffix(c.file, "-wal"), strings.HasPrefix(c.file, "socket:")
		has := strings.Contains(c.text, id)
		switch {
		case arrived == 0 && network && has && (c.name == "read" || c.name == "recvfrom"):
			arrived = c.ended
		case arrived > 0 && written == 0 && wal && has && c.name == "pwrite64":
			written = c.ended
		case written > 0 && synced == 0 && wal && c.began > written && strings.HasSuffix(c.name, "sync") && strings.HasSuffix(c.text, " = 0"):
			synced = c.ended
		case arrived > 0 && network && has && (strings.HasPrefix(c.name, "write") || c.name == "sendto"):
			answered = c.began
		}
		if answered > 0 {
			break
		}
	}
	if arrived > 0 && arrived < written && written < synced && synced < answered {
		return ""
	}
	return fmt.Sprintf("arrived in line %d of the trace, in the WAL in line %d, fsynced in line %d, answered in line %d",
		arrived, written, synced, answered)
}
