package logs

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

// A Queue makes nobody wait who writes a line: one goroutine writes them out, in their order. Whoever reads stderr
// may be slow, stand still or be gone; then lines are dropped, and how many is said as soon as the others are out.
type Queue struct {
	out io.Writer

	mu      sync.Mutex // guards all below
	more    sync.Cond  // of lines, or closed
	lines   []logLine
	bytes   int // of these, and of the line that is being written
	unsaid  Lost
	dropped Lost                // since the start
	tell    func(l Lost) string // the line that says so
	closed  bool
	ended   chan struct{} // closed when all is out
}

type logLine struct {
	text    []byte
	isAudit bool
}

// Lost is how many lines were dropped.
type Lost struct{ Lines, Audit int } // audit ones are among the lines

func (l *Lost) add(isAudit bool) {
	l.Lines++
	if isAudit {
		l.Audit++
	}
}

// NewQueue starts one. It must be closed.
func NewQueue(out io.Writer) *Queue {
	q := &Queue{out: out, ended: make(chan struct{})}
	q.more.L = &q.mu
	q.tell = func(l Lost) string { return fmt.Sprintf("parley: %d lines were dropped\n", l.Lines) }
	go q.run()
	return q
}

// Write takes a line of the process's own words, and copies it.
func (q *Queue) Write(text []byte) (int, error) {
	q.put(logLine{text: append([]byte(nil), text...)}, 0)
	return len(text), nil
}

// ordinary and audit are for the lines of a logger.
func (q *Queue) ordinary() io.Writer { return roomOf{q, logRoom, false} }
func (q *Queue) audit() io.Writer    { return roomOf{q, auditRoom, true} }

// roomOf writes into a queue up to a number of bytes that wait.
type roomOf struct {
	q       *Queue
	most    int
	isAudit bool
}

func (r roomOf) Write(text []byte) (int, error) {
	r.q.put(logLine{append([]byte(nil), text...), r.isAudit}, r.most)
	return len(text), nil
}

// put drops a line if more than most bytes would wait; 0: it is never dropped.
func (q *Queue) put(line logLine, most int) {
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
func (q *Queue) drop(line logLine) {
	q.unsaid.add(line.isAudit)
	q.dropped.add(line.isAudit)
}

// run writes lines out until the queue is closed and empty.
func (q *Queue) run() {
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

func (q *Queue) next() (line logLine, ok bool) {
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
func (q *Queue) written(line logLine, err error) (l Lost, text string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.bytes -= len(line.text)
	if err != nil {
		q.drop(line)
		return Lost{}, ""
	}
	if len(q.lines) > 0 || q.unsaid == (Lost{}) {
		return Lost{}, ""
	}
	return q.unsaid, q.tell(q.unsaid)
}

// say notes that somebody was told.
func (q *Queue) say(l Lost) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.unsaid.Lines -= l.Lines
	q.unsaid.Audit -= l.Audit
}

// tellWith sets how the number of dropped lines is said.
func (q *Queue) tellWith(tell func(l Lost) string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.tell = tell
}

// Dropped is how many lines were dropped since the start. A nil queue drops none.
func (q *Queue) Dropped() Lost {
	if q == nil {
		return Lost{}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.dropped
}

// Close waits until all is out, or for logEnd. What is written later is dropped.
func (q *Queue) Close() {
	q.mu.Lock()
	q.closed = true
	q.more.Signal()
	q.mu.Unlock()
	select {
	case <-q.ended:
	case <-time.After(logEnd):
	}
}
