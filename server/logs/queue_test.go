package logs

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// A stalled reader of the log takes nothing while open is locked.
type stalledReader struct {
	buf  bytes.Buffer
	open sync.Mutex // guards buf
	gone bool       // every write fails; guarded by open
}

func (g *stalledReader) Write(p []byte) (int, error) {
	g.open.Lock()
	defer g.open.Unlock()
	if g.gone {
		return 0, errors.New("broken pipe")
	}
	return g.buf.Write(p)
}

// While nobody reads, writers go on. Ordinary lines are dropped first and audit records last, what the process itself says
// never; each line is written or counted, and what was dropped is said behind what was not.
func TestLogIsDroppedInOrder(t *testing.T) {
	g := &stalledReader{}
	q := NewQueue(g)
	logger := New(q, "info", "json")
	const records = 6000
	g.open.Lock()
	for i := range records {
		logger.Info("ordinary", "filling", strings.Repeat("x", 100), "i", i)
	}
	for i := range records {
		logger.With("who", "ann").LogAttrs(t.Context(), slog.LevelInfo, "login_failed", slog.Bool("audit", true), slog.Int("i", i))
	}
	fmt.Fprintln(q, "parley: why it ends")
	if q.bytes > mostAudit+1024 {
		t.Errorf("%d bytes wait", q.bytes)
	}
	g.open.Unlock()
	q.Close()
	log := g.buf.String()
	ordinary, audit := strings.Count(log, `"ordinary"`), strings.Count(log, `"login_failed"`)
	if ordinary == 0 || ordinary == records || audit == 0 || audit == records || !strings.Contains(log, "why it ends\n") {
		t.Errorf("%d ordinary and %d audit lines", ordinary, audit)
	}
	lines, ofAudit := droppedIn(t, log)
	if lines != 2*records-ordinary-audit || ofAudit != records-audit || q.Dropped() != (Lost{lines, ofAudit}) {
		t.Errorf("%d lines dropped, %d of them audit; %d and %d are there; in all %+v", lines, ofAudit, ordinary, audit, q.Dropped())
	}
	if !strings.HasSuffix(log, "}\n") || strings.Index(log, "were dropped") < strings.Index(log, "why it ends") {
		t.Errorf("it ends with %.300s", log[max(0, len(log)-300):])
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

// Lines that could not be written are counted too, and said to whoever reads next.
func TestLogOfAReaderThatIsGone(t *testing.T) {
	g := &stalledReader{gone: true}
	q := NewQueue(g)
	logger := New(q, "info", "text")
	for range 10 {
		logger.Info("lost")
	}
	for q.Dropped().Lines < 10 {
		runtime.Gosched() // the goroutine that writes
	}
	g.open.Lock()
	g.gone = false
	g.open.Unlock()
	logger.Info("heard")
	q.Close()
	if lines, _ := droppedIn(t, g.buf.String()); lines != 10 || !strings.Contains(g.buf.String(), "msg=heard") {
		t.Errorf("got %s", &g.buf)
	}
}

// Nothing is lost when all is read.
func TestNoLineIsLostAtTheEnd(t *testing.T) {
	var out bytes.Buffer
	q := NewQueue(&out)
	for i := range 1000 {
		fmt.Fprintln(q, i)
	}
	q.Close()
	if !strings.HasSuffix(out.String(), "\n998\n999\n") || strings.Count(out.String(), "\n") != 1000 {
		t.Errorf("got %d bytes", out.Len())
	}
}
