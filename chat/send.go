package chat

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/google/uuid"

	"parley/db"
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
func (s *Service) Send(ctx context.Context, from Person, d Draft) (*Chat, error) {
	e, err := s.prepare(ctx, from, d)
	if err != nil {
		return nil, err
	}
	if err := s.writer.put(e); err != nil {
		return nil, err
	}
	return s.writer.await(ctx, e)
}

// prepare does all that can be refused without a write.
func (s *Service) prepare(ctx context.Context, from Person, d Draft) (*entry, error) {
	if err := checkText(d.Text, s.o.TextLength); err != nil {
		return nil, err
	}
	e := &entry{from: from, text: d.Text, done: make(chan struct{})}
	if d.ID != nil {
		id, err := chatID(*d.ID)
		if err != nil {
			return nil, err
		}
		e.id, e.chosen = id, true
	} else {
		e.id = uuid.Must(uuid.NewV7())
	}
	row, err := find(ctx, s.store.Read, from.ID, send, d.Room)
	if err != nil {
		return nil, err
	}
	e.room = row.ID
	if err := s.sends.take(from.ID); err != nil {
		return nil, err
	}
	return e, s.roomSends.take(row.ID)
}

// An entry is a send on its way through the writer. Whether it is stored or withdrawn is decided
// by one swap of its state.
type entry struct {
	id     uuid.UUID
	chosen bool // by the client, so it may be known already
	room   uuid.UUID
	from   Person
	text   string

	state atomic.Int32 // waiting, then taken or withdrawn
	done  chan struct{}
	chat  *Chat // set before done is closed
	err   error // likewise
}

const (
	waiting int32 = iota
	taken
	withdrawn
)

func (e *entry) answer(c *Chat, err error) {
	e.chat, e.err = c, err
	close(e.done)
}

// doubt is what is said when the entry may have been stored.
func (e *entry) doubt() error {
	if e.chosen {
		return db.ErrUnknownOutcome
	}
	return ErrUnknown
}

// await waits for an entry's answer. The context governs the waiting only: what the writer has
// taken is stored however impatient its sender is.
func (w *writer) await(ctx context.Context, e *entry) (*Chat, error) {
	var why error
	select {
	case <-e.done:
		return e.chat, e.err
	case <-ctx.Done():
		why = ctx.Err()
	case <-w.stopped:
		why = ErrClosing
	}
	if e.state.CompareAndSwap(waiting, withdrawn) {
		if errors.Is(why, context.DeadlineExceeded) {
			return nil, ErrTimeout
		}
		return nil, why
	}
	select {
	case <-e.done:
		return e.chat, e.err
	default:
		return nil, e.doubt()
	}
}
