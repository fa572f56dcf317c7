package logs

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// How many bytes of lines may wait until they are written, by what they are. What the process itself says, as why it
// ends, is not limited.
const (
	mostOrdinary = 256 << 10
	mostAudit    = 512 << 10
)

// closeTimeout is how long the end of the process waits for whoever reads its last lines.
const closeTimeout = 2 * time.Second

// A Queue takes lines without waiting: one goroutine writes them out, in their order. Whoever reads stderr may be slow,
// stand still or be gone; then lines are dropped, and a line reports how many as soon as the others are written.
type Queue struct {
	out io.Writer

	mu         sync.Mutex // guards all below
	more       sync.Cond  // of lines, or closed
	lines      []logLine
	bytes      int // of these, and of the line that is being written
	unreported Lost
	dropped    Lost                // since the start
	report     func(l Lost) string // the line that says how many were dropped
	closed     bool
	ended      chan struct{} // closed when all is written
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
	q.report = func(l Lost) string { return fmt.Sprintf("parley: %d lines were dropped\n", l.Lines) }
	go q.run()
	return q
}

// Write takes a line that the process itself says, and copies it. It is never dropped before Close.
func (q *Queue) Write(text []byte) (int, error) {
	q.enqueue(logLine{text: append([]byte(nil), text...)}, 0)
	return len(text), nil
}

// ordinary and audit are for the lines of a logger.
func (q *Queue) ordinary() io.Writer { return limited{q, mostOrdinary, false} }
func (q *Queue) audit() io.Writer    { return limited{q, mostAudit, true} }

// limited writes into a queue while no more than so many bytes wait.
type limited struct {
	q       *Queue
	most    int
	isAudit bool
}

func (r limited) Write(text []byte) (int, error) {
	r.q.enqueue(logLine{append([]byte(nil), text...), r.isAudit}, r.most)
	return len(text), nil
}

// enqueue drops a line if more than most bytes would wait; 0: it is never dropped.
func (q *Queue) enqueue(line logLine, most int) {
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
	q.unreported.add(line.isAudit)
	q.dropped.add(line.isAudit)
}

// run writes lines out until the queue is closed and empty.
func (q *Queue) run() {
	defer close(q.ended)
	for line, ok := q.next(); ok; line, ok = q.next() {
		_, err := q.out.Write(line.text)
		if lost, report := q.written(line, err); report != "" {
			if _, err := io.WriteString(q.out, report); err == nil {
				q.reported(lost)
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

// written uncounts a line, and when it was the last returns what must be reported of those that were dropped, and the
// line that does. After a write that failed nothing is reported: it would fail too.
func (q *Queue) written(line logLine, err error) (l Lost, text string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.bytes -= len(line.text)
	if err != nil {
		q.drop(line)
		return Lost{}, ""
	}
	if len(q.lines) > 0 || q.unreported == (Lost{}) {
		return Lost{}, ""
	}
	return q.unreported, q.report(q.unreported)
}

// reported notes that these have been reported.
func (q *Queue) reported(l Lost) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.unreported.Lines -= l.Lines
	q.unreported.Audit -= l.Audit
}

// reportWith sets the line that reports dropped lines.
func (q *Queue) reportWith(report func(l Lost) string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.report = report
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

// Close waits until all is written, or for closeTimeout. What is written later is dropped.
func (q *Queue) Close() {
	q.mu.Lock()
	q.closed = true
	q.more.Signal()
	q.mu.Unlock()
	select {
	case <-q.ended:
	case <-time.After(closeTimeout):
	}
}
