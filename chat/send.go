package chat

import (
	"context"
	"errors"
	"strings"

	"parley/chat/access"
	"parley/chat/arguments"
	"parley/chat/limits"
	"parley/chat/mentions"
	"parley/chat/queue"
	"parley/chat/roomlog"
	"parley/naming"
)

// A Draft is a chat to be sent.
type Draft struct {
	Room string  // its name or id
	Text string  // 1 to 10,000 code points
	ID   *string // the client's own UUID; nil: one is made

	ReplyTo *string // the id of the chat of the same room that it answers, which may be deleted; nil: none
	Data    *string // JSON that texts.CheckData takes; nil: none
}

// Send stores a chat under its room's next number and returns once it is on disk. Whoever sends to a public room becomes a member
// of it, where there is room: in it and in their list of rooms. Sent again with
// an id that the same person has used in the same room, it stores nothing and returns the
// chat that is there, whatever its text and data.
// ErrNoRoom, ErrForbidden, ErrNoChat: of what it answers, *InvalidError, ErrIDTaken, ErrBusy, ErrTimeout, ErrClosing, *RateError:
// nothing was stored. db.ErrUnknownOutcome, ErrUnknown: it may have been.
func (s *Service) Send(ctx context.Context, caller Caller, d Draft) (_ *roomlog.Chat, err error) {
	defer func() { s.sent.Add(outcome(err), 1) }()
	made, err := s.prepare(caller, d)
	if err != nil {
		return nil, err
	}
	if err := s.sendsOf(caller).Take(caller.ID); err != nil {
		return nil, err
	}
	key := grantKey{caller.ID, d.Room}
	if known, remembered := s.grants.get(key); remembered {
		if c, err := s.sendTo(ctx, key, known, made); !isToBeJudged(err) {
			return c, err
		}
	}
	return s.judgeAndSend(ctx, caller, key, made)
}

func (s *Service) sendsOf(caller Caller) *limits.Limiter {
	if caller.Bot {
		return s.botSends
	}
	return s.sends
}

// judgeAndSend sends to a room that is looked up. Who may not send there is told nothing of it, and takes nothing of its rate.
func (s *Service) judgeAndSend(ctx context.Context, caller Caller, key grantKey, made queue.Send) (*roomlog.Chat, error) {
	found, refused, err := s.look(ctx, caller, key.room)
	if err != nil || refused != nil {
		s.grants.forget(key)
	}
	switch {
	case err != nil:
		return nil, err
	case refused == nil:
		return s.sendTo(ctx, key, found, made)
	case !made.Chosen:
		return nil, refused
	}
	return s.enqueue(ctx, key, found, made) // its id may be known; else it is refused there, behind what is on its way
}

// isToBeJudged says of the error of a send by a remembered grant that its sender is judged before they are told anything: the name may
// have passed to another room since, and the rate of a room is no business of whoever may not send there.
func isToBeJudged(err error) bool {
	var fast *RateError
	return isRefused(err) || errors.As(err, &fast)
}

func isRefused(err error) bool { return errors.Is(err, ErrNoRoom) || errors.Is(err, ErrForbidden) }

// look finds a room that the caller may read; refused: why they may not send there.
func (s *Service) look(ctx context.Context, caller Caller, nameOrID string) (found grant, refused, err error) {
	r, err := s.find(ctx, s.store.Read, caller, access.Read, nameOrID)
	if err != nil {
		return found, nil, err
	}
	found = grant{room: r.ID, version: queue.Unjudged}
	if _, byID := naming.ParseID(nameOrID); !byID {
		found.called = *r.NameKey
	}
	return found, r.May(access.Send), nil
}

// prepare does all that can be refused without the database.
func (s *Service) prepare(caller Caller, d Draft) (queue.Send, error) {
	made := queue.Send{UserID: caller.ID, Username: caller.Username}
	if err := checkText(d.Text, s.o.TextLength); err != nil {
		return made, err
	}
	if err := checkData(d.Data); err != nil {
		return made, err
	}
	made.Data = d.Data
	made.Text = strings.Clone(d.Text) // readers are handed it, and it may be a piece of a large request
	made.Names = mentions.Find(made.Text)
	if d.ReplyTo != nil {
		answered, _ := naming.ParseID(*d.ReplyTo) // what is no id is that of no chat, and is answered so
		made.ReplyTo = &answered
	}
	id, err := arguments.NewID(d.ID)
	made.ID, made.Chosen = id, d.ID != nil
	return made, err
}

// sendTo sends to a room that was found, now or before. The queue asks again whether the sender may, under its lock.
func (s *Service) sendTo(ctx context.Context, key grantKey, found grant, made queue.Send) (*roomlog.Chat, error) {
	if err := s.roomSends.Take(found.room); err != nil {
		return nil, err
	}
	c, err := s.enqueue(ctx, key, found, made)
	if isRefused(err) { // they may not any more
		s.roomSends.GiveBack(found.room)
	}
	return c, err
}

func (s *Service) enqueue(ctx context.Context, key grantKey, found grant, made queue.Send) (*roomlog.Chat, error) {
	made.Room, made.Called, made.Version = found.room, found.called, found.version
	c, err := s.queue.Store(ctx, &made)
	if err == nil {
		s.grants.put(key, grant{made.Room, made.Called, made.Version})
	}
	return c, err
}
