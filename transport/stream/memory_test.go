package stream

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/transport/stream/execution"
)

// newFeeds makes feeds whose windows may hold so many bytes.
func newFeeds(windows int64) *Feeds {
	return New(Options{
		WindowEvents: 256, WindowTotal: windows, CatchUpParallel: 8, UserRoomStreams: 20, Block: 512, Logger: slog.New(slog.DiscardHandler),
		Fault: func(context.Context) gqlerror.List { return gqlerror.List{gqlerror.Errorf("fault")} },
	})
}

// A memoryLog is a log in memory, which notifies nobody.
type memoryLog struct {
	mu      sync.Mutex
	events  []Event
	changed []any  // subjects
	read    func() // called once, behind the first read
	wakes   []func()
	hears   []func([]Signal)
}

func (l *memoryLog) follow(wake func()) Tail {
	l.wakes = append(l.wakes, wake)
	return l
}

// Hear is told by tell.
func (l *memoryLog) Hear(hear func([]Signal)) { l.hears = append(l.hears, hear) }

// tell has all feeds hear signals, each of which shows its slot.
func (l *memoryLog) tell(signals ...Signal) {
	for i := range signals {
		if signals[i].Object == nil {
			signals[i].Object = signals[i].Slot
		}
		if signals[i].Until.IsZero() {
			signals[i].Until = time.Now().Add(time.Second)
		}
	}
	for _, hear := range l.hears {
		hear(signals)
	}
}

// Next returns all that follows.
func (l *memoryLog) Next(_ context.Context, at Position) ([]Event, error) {
	l.mu.Lock()
	page, read := slices.Clone(l.events[at.Place:]), l.read
	l.read = nil
	l.mu.Unlock()
	if read != nil {
		read()
	}
	return page, nil
}

// change makes an event show something else, as one more event says.
func (l *memoryLog) change(place int, to string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	subject := l.events[place-1].Subject
	l.events[place-1].Object = to
	end := int64(len(l.events)) + 1
	l.events = append(l.events, Event{Position: Position{Place: end, Tag: end}, Object: "changed", Subject: subject, Changes: true})
	l.changed = append(l.changed, subject)
}

// Changes knows all.
func (l *memoryLog) Changes() func(any) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	began := len(l.changed)
	return func(subject any) bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return slices.Contains(l.changed[began:], subject)
	}
}

// Leave does nothing.
func (*memoryLog) Leave() {}

// shows executes an operation that shows each object as it is.
type shows struct{}

// CreateOperationContext is not called.
func (shows) CreateOperationContext(context.Context, *graphql.RawParams) (*graphql.OperationContext, gqlerror.List) {
	panic("not called")
}

// DispatchOperation shows the objects of one execution.
func (shows) DispatchOperation(ctx context.Context, _ *graphql.OperationContext) (graphql.ResponseHandler, context.Context) {
	objects, err := execution.Events[string](ctx)
	return func(context.Context) *graphql.Response {
		o, more := <-objects
		if err != nil || !more {
			return nil
		}
		return &graphql.Response{Data: json.RawMessage(o)}
	}, ctx
}

// DispatchError is not called.
func (shows) DispatchError(context.Context, gqlerror.List) *graphql.Response { panic("not called") }
