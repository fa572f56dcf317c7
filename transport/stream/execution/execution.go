// Package execution is what a feed and the resolvers of its operation know of each other: which events are being executed, and
// what was read beside them. It rests on one idea: a resolver says that it reads now, and the feed finds out who was revoked by then.
package execution

import (
	"context"
	"fmt"

	"parley/transport/stream/window"
)

type key struct{}

// An Execution is one of some events.
type Execution struct {
	Objects []any
	revoked func(context.Context) (int64, error) // nil: nothing was read beside the events
}

// With returns the context of an execution.
func With(ctx context.Context, x *Execution) context.Context { return context.WithValue(ctx, key{}, x) }

// Objects are those of the events that are being executed. Subscriptions run only so; everything else was decided when the stream
// was opened.
func Objects[T any](ctx context.Context) ([]T, error) {
	x, ok := ctx.Value(key{}).(*Execution)
	if !ok {
		return nil, fmt.Errorf("stream: a subscription is executed outside a feed")
	}
	objects := make([]T, len(x.Objects))
	for i, o := range x.Objects {
		objects[i] = o.(T)
	}
	return objects, nil
}

// Events are what a subscription's resolver hands out: the same, one after the other.
func Events[T any](ctx context.Context) (<-chan T, error) {
	objects, err := Objects[T](ctx)
	if err != nil {
		return nil, err
	}
	out := make(chan T, len(objects))
	for _, o := range objects {
		out <- o
	}
	close(out)
	return out, nil
}

// ReadNow says that a resolver reads what the log is about as it is now, which may be later than the events: then whoever was
// revoked meanwhile must not be given it. revoked reads the place of the newest revocation; it is called once, behind all that is
// read. Outside of feeds, where each caller is judged, it does nothing.
func ReadNow(ctx context.Context, revoked func(context.Context) (int64, error)) {
	if x, ok := ctx.Value(key{}).(*Execution); ok {
		x.revoked = revoked
	}
}

// Judge notes with entries who was revoked up to what was read beside them.
func (x *Execution) Judge(ctx context.Context, entries []window.Entry) error {
	if x.revoked == nil {
		return nil
	}
	place, err := x.revoked(ctx)
	if err != nil {
		return err
	}
	for i := range entries {
		entries[i].Revoked = max(entries[i].Revoked, place)
	}
	return nil
}
