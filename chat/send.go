package chat

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"

	"parley/chat/roomlog"
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
func (s *Service) Send(ctx context.Context, caller Caller, d Draft) (_ *roomlog.Chat, err error) {
	defer func() { s.meters.sent(err) }()
	room, remembered := s.names.get(d.Room)
	c, err := s.sendTo(ctx, caller, d, room)
	if remembered && errors.Is(err, ErrNoRoom) {
		s.names.forget(d.Room) // the name may have passed to another room since
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
	if err := s.writer.put(e); err != nil {
		return nil, err
	}
	return s.writer.await(ctx, e)
}

// prepare does all that can be refused without a write.
func (s *Service) prepare(ctx context.Context, caller Caller, d Draft, room uuid.UUID) (*entry, error) {
	if err := checkText(d.Text, s.o.TextLength); err != nil {
		return nil, err
	}
	e := &entry{room: room, from: caller, text: d.Text, done: make(chan struct{})}
	if d.ID != nil {
		id, err := chatID(*d.ID)
		if err != nil {
			return nil, err
		}
		e.id, e.chosen = id, true
	} else {
		e.id = uuid.Must(uuid.NewV7())
	}
	if room == uuid.Nil {
		row, err := find(ctx, s.store.Read, caller, send, d.Room)
		if err != nil {
			return nil, err
		}
		e.room = row.ID
		s.names.put(d.Room, row.ID)
	}
	if err := s.sends.take(caller.ID); err != nil {
		return nil, err
	}
	return e, s.roomSends.take(e.room)
}

// names remembers which room was found by a name or an id, so that a busy room is not looked up for
// each send. It may be wrong and grants nothing: the writer asks for access under the room's lock.
type names struct {
	mu    sync.RWMutex
	rooms map[string]uuid.UUID
}

// mostNames bounds what is remembered; beyond it everything is forgotten, which only costs look-ups.
const mostNames = 10_000

func (n *names) get(name string) (room uuid.UUID, ok bool) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	room, ok = n.rooms[name]
	return room, ok
}

func (n *names) put(name string, room uuid.UUID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.rooms == nil || len(n.rooms) >= mostNames {
		n.rooms = map[string]uuid.UUID{}
	}
	n.rooms[name] = room
}

func (n *names) forget(name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.rooms, name)
}

// An entry is a send on its way through the writer. Whether it is stored or withdrawn is decided
// by one swap of its state.
type entry struct {
	id     uuid.UUID
	chosen bool // by the client, so it may be known already
	room   uuid.UUID
	from   Caller
	text   string

	doubted bool // it may have been stored by a commit that was not answered; its lane's own

	state atomic.Int32 // waiting, then taken or withdrawn
	done  chan struct{}
	chat  *roomlog.Chat // set before done is closed
	err   error         // likewise
}

const (
	waiting int32 = iota
	taken
	withdrawn
)

func (e *entry) answer(c *roomlog.Chat, err error) {
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

// orDoubt is the answer of an entry that was not stored, as far as anybody knows.
func (e *entry) orDoubt(err error) error {
	if e.doubted || errors.Is(err, db.ErrUnknownOutcome) {
		return e.doubt()
	}
	return err
}

// await waits for an entry's answer. The context governs the waiting only: what the writer has
// taken is stored however impatient its sender is.
func (w *writer) await(ctx context.Context, e *entry) (*roomlog.Chat, error) {
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
