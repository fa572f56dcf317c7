// Package signals tells those who are live in a room what is nowhere stored: who is typing, and who has read how far. It rests
// on one idea: a signal names the place where the room's log ended when its sender was judged, and nobody is told who has not
// read so far, so it outruns no removal, whichever notifications are lost. It is told at most once, and is the first to go.
//
//	SetTyping, MemberRead → Notifier.Signal → this node and others: slots → rounds → follow.Caches.Tell
package signals

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/chat/access"
	"parley/chat/arguments"
	"parley/chat/follow"
	"parley/chat/roomlog"
	"parley/chat/texts"
	"parley/db"
	"parley/limit"
	"parley/meter"
)

// A Carrier is the part of chat.Notifier that carries signals.
type Carrier interface {
	Signal(slot string, content []byte)
	Signals(ctx context.Context, got func(content []byte)) error
}

// Options of a Service. All are needed.
type Options struct {
	Store    *db.Store
	Carrier  Carrier
	Rooms    *follow.Caches   // whose followers are told
	Now      func() time.Time // of what is shown
	MaxBytes int              // of one, as it travels
	OnError  func(error)      // told what went wrong in Run
}

// Lifetime is how long typing holds. Nothing is told that is older, or that a node said whose clock is further away.
const Lifetime = 6 * time.Second

const (
	maxMembers   = 100                    // of a room in which it is told who is typing
	typingEvery  = 2 * time.Second        // of one person in one room
	readEvery    = time.Second            // likewise
	previewEvery = time.Second / 4        // of one bot in one room
	roomBytes    = 64 << 10               // of a room's signals in each second
	pause        = 100 * time.Millisecond // between two rounds, so that what comes together is told together
)

// Service is the signals of a node. It is safe for concurrent use. It tells only while Run runs.
type Service struct {
	o        Options
	typing   *limit.Table[slot]
	reading  *limit.Table[slot]
	preview  *limit.Table[slot]
	outcomes *meter.Tally
	due      chan struct{} // holds one while something may wait

	mu      sync.Mutex
	unsent  *slots // of this node
	waiting *slots // to be told here
	second  int64  // of which the bytes are counted
	spent   map[uuid.UUID]int
}

// New makes a Service.
func New(o Options) *Service {
	every := func(d time.Duration) *limit.Table[slot] {
		return limit.NewTable[slot](limit.Rate{Calls: 1, Per: d}.Bucket(1))
	}
	return &Service{
		o: o, typing: every(typingEvery), reading: every(readEvery), preview: every(previewEvery),
		outcomes: meter.NewTally(reasons...), due: make(chan struct{}, 1), unsent: newSlots(), waiting: newSlots(), spent: map[uuid.UUID]int{},
	}
}

// What becomes of signals: told, at least to somebody's streams, or dropped, and why.
var reasons = []string{
	"told", "large_room", "too_fast", "too_large", "unreadable", "late", "room_rate", "full", "replaced", "nobody", "behind", "overtaken", "failed",
}

// Outcomes counts signals of this node and of others, by what became of them here. Safe for concurrent use.
func (s *Service) Outcomes() map[string]uint64 { return s.outcomes.Counts() }

// SetTyping tells the others in a room that the caller is typing, and returns the room. The room is read and the caller judged
// each time, as by the query of a room, which costs the same; whoever is too fast is answered like anybody, and so is
// whoever is in a room of more than 100 people, where nobody is told.
//
// preview is what a bot has written so far, at most 4,000 bytes that may stand in a chat, or nothing yet; nil: it says nothing of
// that. What comes faster than four times a second waits, and the newest is told.
//
// ErrNoRoom, *access.ForbiddenError: also NOT_A_BOT; *arguments.InvalidError: preview.
func (s *Service) SetTyping(ctx context.Context, caller access.Caller, nameOrID string, preview *string) (*roomlog.Room, error) {
	if preview != nil {
		if !caller.Bot {
			return nil, &access.ForbiddenError{Reason: "NOT_A_BOT"}
		}
		if err := arguments.Invalid("preview", texts.CheckPreview(*preview)); err != nil {
			return nil, err
		}
	}
	in, err := access.Find(ctx, s.o.Store.Read, caller, access.Send, nameOrID, s.o.Now())
	if err != nil {
		return nil, err
	}
	typing := s.newSignal(roomlog.Typing, in, caller)
	if preview != nil {
		typing.Preview = []byte(*preview)
	}
	if in.MemberCount > maxMembers {
		s.outcomes.Add("large_room", 1)
	} else {
		s.offer(typing)
	}
	return roomlog.RoomFor(in), nil
}

// offer sends who is typing at once where the rate lets it, instead of what waits to be sent. What bots write waits else, and all
// other is dropped.
func (s *Service) offer(typing signal) {
	s.mu.Lock()
	now := s.rateOf(typing).Take(typing.slot(), s.o.Now()) == 0
	switch {
	case now:
		s.unsent.drop(typing.slot())
	case typing.Preview != nil:
		s.put(s.unsent, typing)
		s.wake()
	default:
		s.outcomes.Add("too_fast", 1)
	}
	s.mu.Unlock()
	if now {
		s.send(typing)
	}
}

// rateOf is how often it may be sent what is in the slot of a signal.
func (s *Service) rateOf(one signal) *limit.Table[slot] {
	switch {
	case one.Kind == roomlog.MemberRead:
		return s.reading
	case one.Preview != nil:
		return s.preview
	}
	return s.typing
}

// MemberRead tells the person's own streams that they have read up to a chat, and in a direct room those of all, unless one of two
// has blocked the other. in is the room as it was when they were judged to be its member. Of one person and room it is told once a second, and then the last.
func (s *Service) MemberRead(in access.Room, who access.Caller, lastRead int) {
	as := in.As.Member
	if as == nil {
		return
	}
	read := s.newSignal(roomlog.MemberRead, in, who)
	read.ToAll = roomlog.RoomKind(in.Kind) == roomlog.Direct && !in.As.Blocked
	read.Member = &member{ID: as.ID, Role: as.Role.String(), JoinedAt: as.JoinedAt, LastRead: lastRead}
	s.mu.Lock()
	s.put(s.unsent, read)
	s.mu.Unlock()
	s.wake()
}

func (s *Service) newSignal(kind roomlog.EventKind, in access.Room, who access.Caller) signal {
	return signal{Kind: kind, Room: in.ID, Head: in.LastPlace, At: s.o.Now(), User: who.ID, Name: who.Username}
}

// send gives a signal to all nodes, this one too.
func (s *Service) send(one signal) {
	content, err := json.Marshal(one)
	if err != nil || len(content) > s.o.MaxBytes {
		s.outcomes.Add("too_large", 1)
		return
	}
	s.o.Carrier.Signal(fmt.Sprint(one.slot()), content)
}

func (s *Service) wake() {
	select {
	case s.due <- struct{}{}:
	default:
	}
}

// put keeps a signal, instead of the older one in its slot. mu is held.
func (s *Service) put(in *slots, one signal) {
	older, there := in.of[one.slot()]
	switch {
	case there && older.isAfter(one):
		s.outcomes.Add("replaced", 1)
		return
	case !in.fits(one):
		s.outcomes.Add("full", 1)
		return
	case there:
		s.outcomes.Add("replaced", 1)
	}
	in.put(one)
}
