package server

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// How many bytes of lines may wait until they are written, by what they are. The process's own few words, as why it
// ends, always find room.
const (
	logRoom   = 256 << 10
	auditRoom = 512 << 10
)

// logEnd is how long the end of the process waits for whoever reads its last lines.
const logEnd = 2 * time.Second

// A logQueue makes nobody wait who writes a line: one goroutine writes them out, in their order. Whoever reads stderr
// may be slow, stand still or be gone; then lines are dropped, and how many is said as soon as the others are out.
type logQueue struct {
	out io.Writer

	mu      sync.Mutex // guards all below
	more    sync.Cond  // of lines, or closed
	lines   []logLine
	bytes   int // of these, and of the line that is being written
	unsaid  lost
	dropped lost                // since the start
	tell    func(l lost) string // the line that says so
	closed  bool
	ended   chan struct{} // closed when all is out
}

type logLine struct {
	text    []byte
	isAudit bool
}

// lost is how many lines were dropped.
type lost struct{ lines, audit int } // audit ones are among the lines

func (l *lost) add(isAudit bool) {
	l.lines++
	if isAudit {
		l.audit++
	}
}

// newLogQueue starts one. It must be closed.
func newLogQueue(out io.Writer) *logQueue {
	q := &logQueue{out: out, ended: make(chan struct{})}
	q.more.L = &q.mu
	q.tell = func(l lost) string { return fmt.Sprintf("parley: %d lines were dropped\n", l.lines) }
	go q.run()
	return q
}

// Write takes a line of the process's own words, and copies it.
func (q *logQueue) Write(text []byte) (int, error) {
	q.put(logLine{text: append([]byte(nil), text...)}, 0)
	return len(text), nil
}

// ordinary and audit are for the lines of a logger.
func (q *logQueue) ordinary() io.Writer { return roomOf{q, logRoom, false} }
func (q *logQueue) audit() io.Writer    { return roomOf{q, auditRoom, true} }

// roomOf writes into a queue up to a number of bytes that wait.
type roomOf struct {
	q       *logQueue
	most    int
	isAudit bool
}

func (r roomOf) Write(text []byte) (int, error) {
	r.q.put(logLine{append([]byte(nil), text...), r.isAudit}, r.most)
	return len(text), nil
}

// put drops a line if more than most bytes would wait; 0: it is never dropped.
func (q *logQueue) put(line logLine, most int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || most > 0 && q.bytes+len(line.text) > most {
		q.drop(line)
		return
	}
	q.lines = append(q.lines, line)
	q.bytes += len(line.text)
	q.more.Signal()
}

// drop counts a line that nobody will see; the caller holds mu.
func (q *logQueue) drop(line logLine) {
	q.unsaid.add(line.isAudit)
	q.dropped.add(line.isAudit)
}

// run writes lines out until the queue is closed and empty.
func (q *logQueue) run() {
	defer close(q.ended)
	for line, ok := q.next(); ok; line, ok = q.next() {
		_, err := q.out.Write(line.text)
		if said, unsaid := q.written(line, err); unsaid != "" {
			if _, err := io.WriteString(q.out, unsaid); err == nil {
				q.say(said)
			}
		}
	}
}

func (q *logQueue) next() (line logLine, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.lines) == 0 && !q.closed {
		q.more.Wait()
	}
	if len(q.lines) == 0 {
		return logLine{}, false
	}
	line, q.lines[0] = q.lines[0], logLine{}
	q.lines = q.lines[1:]
	return line, true
}

// written gives back the room of a line, and when it was the last answers what must be said of those that were
// dropped. After a write that failed nothing is said: it would fail too.
func (q *logQueue) written(line logLine, err error) (l lost, text string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.bytes -= len(line.text)
	if err != nil {
		q.drop(line)
		return lost{}, ""
	}
	if len(q.lines) > 0 || q.unsaid == (lost{}) {
		return lost{}, ""
	}
	return q.unsaid, q.tell(q.unsaid)
}

// say notes that somebody was told.
func (q *logQueue) say(l lost) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.unsaid.lines -= l.lines
	q.unsaid.audit -= l.audit
}

// tellWith sets how the number of dropped lines is said.
func (q *logQueue) tellWith(tell func(l lost) string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.tell = tell
}

// total is how many lines were dropped since the start. A nil queue drops none.
func (q *logQueue) total() lost {
	if q == nil {
		return lost{}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.dropped
}

// close waits until all is out, or for logEnd. What is written later is dropped.
func (q *logQueue) close() {
	q.mu.Lock()
	q.closed = true
	q.more.Signal()
	q.mu.Unlock()
	select {
	case <-q.ended:
	case <-time.After(logEnd):
	}
}
