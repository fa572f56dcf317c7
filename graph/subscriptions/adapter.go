package subscriptions

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"parley/chat"
	"parley/chat/follow"
	"parley/chat/readers"
	"parley/chat/roomlog"
	"parley/transport/stream"
)

func chatsOnly(e *roomlog.Event) any {
	if e.Kind != roomlog.ChatSent {
		return nil
	}
	return e.Chat
}

func everything(e *roomlog.Event) any { return e }

// An adapter is the log of a room for transport, as one kind of stream shows it.
type adapter struct {
	*follow.Tail
	view
}

// Next returns what follows a position.
func (a adapter) Next(ctx context.Context, at stream.Position) ([]stream.Event, error) {
	events, err := a.Tail.Next(ctx, roomlog.Position(at))
	if errors.Is(err, chat.ErrDiverged) {
		err = &chat.DivergedError{Rooms: []uuid.UUID{a.Room()}}
	}
	shown := make([]stream.Event, len(events))
	for i, e := range events {
		shown[i] = a.event(e)
	}
	return shown, final(err)
}

// final marks what ends a stream for good.
func final(err error) error {
	if errors.Is(err, chat.ErrNoRoom) || errors.Is(err, chat.ErrDiverged) {
		return &stream.EndError{Err: err}
	}
	return err
}

// event is an entry of a log for transport.
func (v view) event(e *roomlog.Event) stream.Event {
	shown := stream.Event{
		Position: stream.Position(e.Position()), At: e.At, Object: v.show(e), Subject: idOf(e.Chat), Shows: idOf(e.Room.Newest),
		Revokes: revocation(e), Revoked: e.Room.Revoked,
	}
	switch e.Kind {
	case roomlog.ChatEdited, roomlog.ChatDeleted:
		shown.Changes = true
		if e.Chat.Answered {
			shown.Subject = nil // events that are about other chats show it, too
		}
	case roomlog.RoomUpdated: // which all older events of the room show
		shown.Changes = true
	}
	return shown
}

// Changes is that of the room, by subjects.
func (a adapter) Changes() func(subject any) bool {
	changed := a.Tail.Changes()
	return func(subject any) bool {
		id, _ := subject.(uuid.UUID) // the nil UUID: what is about no chat is old if all is
		return changed(id)
	}
}

// roomGone is about everybody: of a deleted room nothing is left to read.
var roomGone = &stream.Revocation{Why: chat.ErrNoRoom}

func revocation(e *roomlog.Event) *stream.Revocation {
	switch e.Kind {
	case roomlog.RoomDeleted:
		return roomGone
	case roomlog.MemberLeft, roomlog.MemberRemoved:
		return &stream.Revocation{Of: e.UserID.String(), Why: chat.ErrForbidden}
	}
	return nil
}

// ending is the log of a room that the reader is not in: the last that they are told of it.
func (v view) ending(e readers.Ending) stream.Log {
	last := v.event(e.Last)
	if last.Revokes = roomGone; last.Place == 0 { // it is not stored
		last.Position = stream.Position{Place: e.At.Place + 1, Tag: 1}
	}
	return stream.Log{
		Key: e.Last.Room.ID.String(), At: stream.Position(e.At), Head: last.Position, Alone: true,
		Follow: func(func()) stream.Tail { return told{last} },
	}
}

// told is a log of one event.
type told struct{ last stream.Event }

// Next returns it, to whoever has not been given it.
func (t told) Next(_ context.Context, at stream.Position) ([]stream.Event, error) {
	if at.Place >= t.last.Place {
		return nil, nil
	}
	return []stream.Event{t.last}, nil
}

// Changes has none: what is told of rooms that are lost stays as it is.
func (told) Changes() func(any) bool { return func(any) bool { return false } }

// Leave has nothing to do.
func (told) Leave() {}

// idOf is what tells a chat from others; nil: there is none.
func idOf(c *roomlog.Chat) any {
	if c == nil {
		return nil
	}
	return c.ID
}
