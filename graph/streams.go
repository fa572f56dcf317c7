package graph

import (
	"context"
	"errors"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/chat"
	"parley/chat/roomlog"
	"parley/graph/scalar"
	"parley/transport/stream"
)

// streams tell transport about subscriptions: whether a reader may have one, and what its logs hold. The resolvers of
// subscriptions only hand out what is being executed; everybody is authorised here.
type streams struct {
	chat   *chat.Service
	errors *presenter
}

// open opens a subscription for whoever is in ctx. lastEventID is what ID named: one cursor for each room.
func (x streams) open(ctx context.Context, op *graphql.OperationContext, lastEventID string) (*stream.Stream, gqlerror.List) {
	fields := rootFields(op)
	if len(fields) != 1 {
		return nil, gqlerror.List{x.errors.present(ctx, errManyStreams)}
	}
	field := fields[0]
	ctx = graphql.WithFieldContext(graphql.WithOperationContext(ctx, op), &graphql.FieldContext{Object: "Subscription", Field: field})
	s, err := x.stream(ctx, field, op.Variables, lastEventID)
	if err != nil {
		return nil, gqlerror.List{x.errors.present(ctx, err)}
	}
	s.Tell = x.tell(ctx, field.Alias)
	return s, nil
}

// tell says why a stream ended. It is kept as long as the stream runs, so it holds no more than it needs.
func (x streams) tell(ctx context.Context, alias string) func(error) *gqlerror.Error {
	id := RequestID(ctx)
	return func(why error) *gqlerror.Error {
		shown := x.errors.present(WithRequestID(context.Background(), id), why)
		shown.Path = ast.Path{ast.PathName(alias)}
		return shown
	}
}

func (x streams) stream(ctx context.Context, field graphql.CollectedField, variables map[string]any, lastEventID string) (*stream.Stream, error) {
	reader := person(ctx)
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
		from, err := x.chat.Open(ctx, reader, room, after)
		if err != nil {
			return nil, err
		}
		return x.logs([]roomlog.Start{from}, chatsOnly), nil
	case "events":
		rooms, after := args.ids("rooms"), args.cursors("after")
		if lastEventID != "" {
			after = strings.Split(lastEventID, ",")
		}
		if args.err != nil {
			return nil, args.err
		}
		from, err := x.chat.OpenAll(ctx, reader, rooms, after)
		s := x.logs(from, everything)
		s.CaughtUp = func(at []stream.Reached, _ string) any { return x.chat.CaughtUp(cursors(at)) }
		return s, err
	}
	return nil, errors.New("subscription without a log: " + field.Name)
}

// logs are the rooms of a stream; show is what it hands out of an event.
func (x streams) logs(from []roomlog.Start, show func(*roomlog.Event) any) *stream.Stream {
	s := &stream.Stream{Logs: make([]stream.Log, len(from))}
	for i, start := range from {
		s.Logs[i] = stream.Log{
			Key: start.Room.ID.String(), At: stream.Position(start.At), Head: stream.Position(start.Head),
			Follow: func(wake func()) stream.Tail { return adapter{x.chat.Follow(start, wake), show} },
		}
	}
	s.ID = func(at []stream.Reached, _ string) string { return strings.Join(cursors(at), ",") }
	return s
}

// cursors name positions in rooms.
func cursors(at []stream.Reached) []string {
	names := make([]string, len(at))
	for i, r := range at {
		names[i] = roomlog.Position(r.Position).Cursor(uuid.MustParse(r.Log))
	}
	return names
}

func chatsOnly(e *roomlog.Event) any {
	if e.Kind != roomlog.ChatSent {
		return nil
	}
	return e.Chat
}

func everything(e *roomlog.Event) any { return e }

// An adapter is the log of a room for transport, as one kind of stream shows it.
type adapter struct {
	*roomlog.Tail
	show func(*roomlog.Event) any
}

// Next returns what follows a position.
func (a adapter) Next(ctx context.Context, at stream.Position) ([]stream.Event, error) {
	events, err := a.Tail.Next(ctx, roomlog.Position(at))
	if errors.Is(err, chat.ErrNoRoom) || errors.Is(err, chat.ErrDiverged) {
		return nil, &stream.EndError{Err: err}
	}
	shown := make([]stream.Event, len(events))
	for i, e := range events {
		shown[i] = stream.Event{
			Position: stream.Position(e.Position()), At: e.At, Object: a.show(e), Subject: idOf(e.Chat), Shows: idOf(e.Room.Newest),
			Changes: e.Kind == roomlog.ChatEdited || e.Kind == roomlog.ChatDeleted, Revokes: revocation(e),
		}
	}
	return shown, err
}

// roomGone is about everybody: of a deleted room nothing is left to read.
var roomGone = &stream.Revocation{Why: chat.ErrNoRoom}

func revocation(e *roomlog.Event) *stream.Revocation {
	if e.Kind == roomlog.RoomDeleted {
		return roomGone
	}
	return nil
}

// idOf is what tells a chat from others; nil: there is none.
func idOf(c *roomlog.Chat) any {
	if c == nil {
		return nil
	}
	return c.ID
}

// arguments reads the arguments of a root field as generated code does. The first that is none is in err.
type arguments struct {
	values map[string]any
	err    error
}

func (a *arguments) id(name string) string {
	return argument(a, name, a.values[name], graphql.UnmarshalID)
}

func (a *arguments) cursor(name string) *string {
	if a.values[name] == nil {
		return nil
	}
	text := argument(a, name, a.values[name], scalar.UnmarshalCursor)
	return &text
}

func (a *arguments) ids(name string) []string { return list(a, name, graphql.UnmarshalID) }

func (a *arguments) cursors(name string) []string { return list(a, name, scalar.UnmarshalCursor) }

func list(a *arguments, name string, read func(any) (string, error)) []string {
	if a.values[name] == nil {
		return nil
	}
	given := graphql.CoerceList(a.values[name])
	values := make([]string, len(given))
	for i, v := range given {
		values[i] = argument(a, name, v, read)
	}
	return values
}

func argument(a *arguments, name string, v any, read func(any) (string, error)) string {
	text, err := read(v)
	if err != nil && a.err == nil {
		a.err = &chat.InvalidError{Field: name, Reason: "VARIABLE_INVALID", Detail: "has the wrong type"}
	}
	return text
}
