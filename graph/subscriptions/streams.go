// Package subscriptions is how transport follows rooms: it opens a subscription for whoever asks, and shows the logs of rooms
// as one kind of stream shows them. What a subscriber selects of an event is executed elsewhere.
package subscriptions

import (
	"context"
	"errors"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/chat"
	"parley/chat/follow"
	"parley/chat/roomlog"
	"parley/graph/caller"
	"parley/graph/document"
	"parley/graph/failures"
	"parley/transport/stream"
)

// Streams tell transport about subscriptions: whether a reader may have one, and what its logs hold. The resolvers of
// subscriptions only hand out what is being executed; everybody is authorised here.
type Streams struct {
	Chat   *chat.Service
	Errors *failures.Presenter
}

// Open opens a subscription for whoever is in ctx. lastEventID is what ID named: one cursor for each room.
func (x Streams) Open(ctx context.Context, op *graphql.OperationContext, lastEventID string) (*stream.Stream, gqlerror.List) {
	fields := document.RootFields(op)
	if len(fields) != 1 {
		return nil, gqlerror.List{x.Errors.Present(ctx, failures.ErrManyStreams)}
	}
	field := fields[0]
	ctx = graphql.WithFieldContext(graphql.WithOperationContext(ctx, op), &graphql.FieldContext{Object: "Subscription", Field: field})
	s, err := x.stream(ctx, field, op.Variables, lastEventID)
	if err != nil {
		return nil, gqlerror.List{x.Errors.Present(ctx, err)}
	}
	s.Tell = x.tell(ctx, field.Alias)
	return s, nil
}

// tell says why a stream ended. It is kept as long as the stream runs, so it holds no more than it needs.
func (x Streams) tell(ctx context.Context, alias string) func(error) *gqlerror.Error {
	id := failures.RequestID(ctx)
	return func(why error) *gqlerror.Error {
		shown := x.Errors.Present(failures.WithRequestID(context.Background(), id), why)
		shown.Path = ast.Path{ast.PathName(alias)}
		return shown
	}
}

func (x Streams) stream(ctx context.Context, field graphql.CollectedField, variables map[string]any, lastEventID string) (*stream.Stream, error) {
	reader := caller.Person(ctx)
	args := arguments{values: field.ArgumentMap(variables)}
	switch field.Name {
	case "chatSent":
		room, after := args.id("room"), args.cursor("after")
		if lastEventID != "" {
			after = &lastEventID
		}
		if args.err != nil {
			return nil, args.err
		}
		from, err := x.Chat.Open(ctx, reader, room, after)
		if err != nil {
			return nil, err
		}
		return x.reading(view{reader: reader.ID, show: chatsOnly}, []follow.Start{from}), nil
	case "events":
		rooms, after := args.ids("rooms"), args.cursors("after")
		if lastEventID != "" {
			after = strings.Split(lastEventID, ",")
		}
		if args.err != nil {
			return nil, args.err
		}
		if rooms == nil { // and not empty
			return x.mine(ctx, reader, after)
		}
		from, err := x.Chat.OpenAll(ctx, reader, rooms, after)
		if err != nil {
			return nil, err
		}
		return x.events(ctx, view{reader: reader.ID, show: everything, hears: true}, from), nil
	}
	return nil, errors.New("subscription without a log: " + field.Name)
}

// A view is as what a stream reads rooms. It is kept as long as the stream runs.
type view struct {
	reader   uuid.UUID
	asMember bool                     // rooms that the reader is not in are over
	show     func(*roomlog.Event) any // what it hands out of an event
	hears    bool                     // it is told signals
	list     string                   // the cursor of the reader's list of rooms; empty: the stream does not follow it
}

// reading is a stream of rooms.
func (x Streams) reading(v view, from []follow.Start) *stream.Stream {
	return &stream.Stream{
		Logs: x.logs(v, from),
		ID:   func(at []stream.Reached) string { return strings.Join(v.cursors(at), ",") },
		Judge: func(ctx context.Context, log string) (stream.Verdict, error) {
			judged, err := x.Chat.Judge(ctx, v.reader, uuid.MustParse(log), v.asMember)
			verdict := stream.Verdict{Head: stream.Position(judged.Head), Why: judged.Why}
			if judged.Last != nil {
				verdict.Last = v.event(judged.Last)
			}
			return verdict, err
		},
	}
}

// events is one that says when everything older has been delivered.
func (x Streams) events(ctx context.Context, v view, from []follow.Start) *stream.Stream {
	s := x.reading(v, from)
	s.Followed = func() { x.Chat.Compare(ctx, from) }
	s.CaughtUp = func(at []stream.Reached) any { return x.Chat.CaughtUp(v.cursors(at)) }
	return s
}

// mine is a stream of all rooms that the reader is in, and before that of what has ended in others.
func (x Streams) mine(ctx context.Context, reader chat.Caller, after []string) (*stream.Stream, error) {
	opened, err := x.Chat.OpenMine(ctx, reader, after)
	if err != nil {
		return nil, err
	}
	v, set := view{reader: reader.ID, asMember: true, show: everything, hears: true, list: opened.Cursor}, opened.Set
	s := x.events(ctx, v, opened.Starts)
	for _, ending := range opened.Ended {
		s.Logs = append(s.Logs, v.ending(ending))
	}
	s.Set = &stream.Set{Follow: set.Follow, Read: func(ctx context.Context) ([]stream.Log, error) {
		now, err := set.Read(ctx)
		return x.logs(v, now), final(err)
	}}
	compare := s.Followed
	s.Followed = func() { compare(); set.Compare(ctx) }
	return s, nil
}

// logs are those of rooms, under the rooms' ids.
func (x Streams) logs(v view, from []follow.Start) []stream.Log {
	logs := make([]stream.Log, len(from))
	for i, start := range from {
		logs[i] = stream.Log{
			Key: start.Room.ID.String(), At: stream.Position(start.At), Head: stream.Position(start.Head),
			Follow: func(wake func()) stream.Tail {
				tail := adapter{x.Chat.Follow(start, wake), v}
				if v.hears {
					return hearing{tail}
				}
				return tail
			},
		}
	}
	return logs
}

// cursors name positions in rooms, and the place in the list of rooms.
func (v view) cursors(at []stream.Reached) []string {
	names := make([]string, 0, len(at)+1)
	if v.list != "" {
		names = append(names, v.list)
	}
	for _, r := range at {
		names = append(names, roomlog.Position(r.Position).Cursor(uuid.MustParse(r.Log)))
	}
	return names
}
