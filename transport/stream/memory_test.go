package stream

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
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
	mu     sync.Mutex
	events []Event
}

func (l *memoryLog) follow(func()) Tail { return l }

// Next returns all that follows.
func (l *memoryLog) Next(_ context.Context, at Position) ([]Event, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.events[at.Place:]), nil
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
	objects, err := Events[string](ctx)
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
