package transport

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/transport/refusal"
	"parley/transport/stream"
)

// A testLog is a log in memory. Each event is a value of its stream's field as JSON, "!" for an error
// without value, "boom" for a panic, "end" for the end of the log.
type testLog struct {
	mu        sync.Mutex
	events    []stream.Event
	followers map[*testTail]func()
	reads     int
	lag       time.Duration // above 0: so long ago each event happened when it is appended
	seen      chan struct{} // holds one when somebody has read
}

// What a client is told when a log has ended.
const deleted = `[{"message":"room deleted","extensions":{"code":"NOT_FOUND"}}]`

var errDeleted, errDiverged = errors.New("room deleted"), errors.New("another history")

func tell(err error) *gqlerror.Error {
	code := "NOT_FOUND"
	if errors.Is(err, errDiverged) {
		code = "CURSOR_DIVERGED"
	}
	return plainError(context.Background(), code, "", err.Error())
}

// tick appends to the log and notifies.
func (w *world) tick(value string) { w.log.add(value) }

func (l *testLog) add(value string) {
	l.append(value)
	l.mu.Lock()
	followers := make([]func(), 0, len(l.followers))
	for _, wake := range l.followers {
		followers = append(followers, wake)
	}
	l.mu.Unlock()
	for _, wake := range followers {
		wake()
	}
}

// append notifies nobody.
func (l *testLog) append(value string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := stream.Event{Position: stream.Position{Place: int64(len(l.events) + 1), Tag: int64(1000 + len(l.events))}, Object: value}
	if l.lag > 0 {
		e.At = time.Now().Add(-l.lag)
	}
	if value == "end" {
		e.Object, e.Revokes = nil, &stream.Revocation{Why: errDeleted}
	}
	l.events = append(l.events, e)
}

// flood appends as fast as somebody reads, until stop is closed.
func (w *world) flood(stop <-chan struct{}) {
	for {
		w.tick("1")
		select {
		case <-w.log.seen:
		case <-stop:
			return
		}
	}
}

func (l *testLog) head() stream.Position {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.events); n > 0 {
		return l.events[n-1].Position
	}
	return stream.Position{}
}

func (l *testLog) follow(wake func(), left func()) stream.Tail {
	t := &testTail{l, left}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.followers == nil {
		l.followers = map[*testTail]func(){}
	}
	l.followers[t] = wake
	return t
}

type testTail struct {
	log  *testLog
	left func()
}

// Events of one page.
const testPage = 20

func (t *testTail) Next(_ context.Context, at stream.Position) ([]stream.Event, error) {
	l := t.log
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reads++
	select {
	case l.seen <- struct{}{}:
	default:
	}
	if at.Place > int64(len(l.events)) || at.Place > 0 && l.events[at.Place-1].Position != at {
		return nil, &stream.EndError{Err: errDiverged}
	}
	rest := l.events[at.Place:]
	return rest[:min(len(rest), testPage)], nil
}

func (t *testTail) Leave() {
	t.log.mu.Lock()
	delete(t.log.followers, t)
	t.log.mu.Unlock()
	t.left()
}

// An endless log has one more big event whenever somebody asks.
type endlessLog struct {
	wake func()
	left func()
}

var bigEvent = `"` + strings.Repeat("x", 64<<10) + `"`

func (x endlessLog) Next(_ context.Context, at stream.Position) ([]stream.Event, error) {
	return []stream.Event{{Position: stream.Position{Place: at.Place + 1, Tag: 1}, Object: bigEvent}}, nil
}

func (x endlessLog) Leave() { x.left() }

// An ended log says so at once.
type ended struct{ why error }

func (x ended) Next(context.Context, stream.Position) ([]stream.Event, error) {
	return nil, &stream.EndError{Err: x.why}
}
func (ended) Leave() {}

// open opens the streams of the schema. An event stream may begin anywhere in the log.
func (w *world) open(ctx context.Context, op *graphql.OperationContext, lastEventID string) (*stream.Stream, gqlerror.List) {
	field := graphql.CollectFields(op, op.Operation.SelectionSet, nil)[0]
	switch field.Name {
	case "refused":
		return nil, gqlerror.List{plainError(ctx, "NOT_FOUND", "", "no such room")}
	case "full":
		return nil, gqlerror.List{plainError(ctx, refusal.Busy, "", "busy")}
	}
	defer func() { w.started <- field.Name }() // whatever comes from here on is behind the head
	left := func() { w.stopped <- field.Name }
	log := stream.Log{Key: field.Name, Head: w.log.head(), Follow: func(wake func()) stream.Tail { return w.log.follow(wake, left) }}
	log.At = log.Head
	if place, err := strconv.ParseInt(lastEventID, 10, 64); err == nil {
		log.At = stream.Position{Place: place, Tag: 999 + place}
	}
	switch field.Name {
	case "big":
		log.Follow = func(wake func()) stream.Tail { return endlessLog{wake, left} }
		log.At, log.Head = stream.Position{}, stream.Position{Place: 1 << 40, Tag: 1}
	case "gone":
		log.Follow = func(func()) stream.Tail { return ended{errDeleted} }
	}
	if !w.shared {
		log.Key = fmt.Sprint(field.Name, w.keys.Add(1))
	}
	return &stream.Stream{Logs: []stream.Log{log}, Tell: tell, ID: func(at []stream.Reached) string {
		if len(at) == 0 {
			return ""
		}
		return strconv.FormatInt(at[0].Place, 10)
	}}, nil
}
