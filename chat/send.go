package chat

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"parley/chat/queue"
	"parley/chat/roomlog"
)

// A Draft is a chat to be sent.
type Draft struct {
	Room string  // its name or id
	Text string  // 1 to 10,000 code points
	ID   *string // the client's own UUID; nil: one is made
}

// Send stores a chat under its room's next number and answers once it is on disk. Sent again with
// an id that the same person has used in the same room, it stores nothing and answers with the
// chat that is there, whatever its text.
// ErrNoRoom, ErrForbidden, *InvalidError, ErrIDTaken, ErrBusy, ErrTimeout, ErrClosing, *RateError:
// nothing was stored. db.ErrUnknownOutcome, ErrUnknown: it may have been.
func (s *Service) Send(ctx context.Context, caller Caller, d Draft) (_ *roomlog.Chat, err error) {
	defer func() { s.sent.Add(outcome(err), 1) }()
	room, remembered := s.roomIDs.get(d.Room)
	c, err := s.sendTo(ctx, caller, d, room)
	if remembered && errors.Is(err, ErrNoRoom) {
		s.roomIDs.forget(d.Room) // the name may have passed to another room since
		return s.sendTo(ctx, caller, d, uuid.Nil)
	}
	return c, err
}

// sendTo sends to a room that is known by its id, or is looked up when that is nil.
func (s *Service) sendTo(ctx context.Context, caller Caller, d Draft, room uuid.UUID) (*roomlog.Chat, error) {
	e, err := s.prepare(ctx, caller, d, room)
	if err != nil {
		return nil, err
	}
	return s.queue.Store(ctx, e)
}

// prepare does all that can be refused without a write.
func (s *Service) prepare(ctx context.Context, caller Caller, d Draft, room uuid.UUID) (*queue.Send, error) {
	if err := checkText(d.Text, s.o.TextLength); err != nil {
		return nil, err
	}
	e := &queue.Send{Room: room, UserID: caller.ID, Username: caller.Username, Text: d.Text}
	if d.ID != nil {
		id, err := chatID(*d.ID)
		if err != nil {
			return nil, err
		}
		e.ID, e.Chosen = id, true
	} else {
		e.ID = uuid.Must(uuid.NewV7())
	}
	if room == uuid.Nil {
		row, err := find(ctx, s.store.Read, caller, send, d.Room)
		if err != nil {
			return nil, err
		}
		e.Room = row.ID
		s.roomIDs.put(d.Room, row.ID)
	}
	if err := s.sends.take(caller.ID); err != nil {
		return nil, err
	}
	return e, s.roomSends.take(e.Room)
}
