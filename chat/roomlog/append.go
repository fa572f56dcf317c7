package roomlog

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/chat/access"
	"parley/ent"
	"parley/ent/roomevent"
)

// A NewEvent is something that happens in a room.
type NewEvent struct {
	Kind  EventKind
	Actor uuid.UUID      // uuid.Nil: nobody
	Chat  *uuid.UUID     // that it is about
	Whom  *access.Caller // whom it is about
	Name  *string        // the room's at that moment, with what ends somebody's reading
	Emoji *string        // that was put on the chat or taken off
}

// An Addition is events that belong at the end of a room's log.
type Addition struct {
	Room   uuid.UUID
	Events []NewEvent
	Now    time.Time
}

// A Reservation holds the next places of a room's log for events that are not written yet, and the room's lock.
type Reservation struct {
	Room    *ent.Room        // as the last of the events leaves it
	Leaving bool             // accounts were deleted whose people are not out of all rooms yet
	Events  []*ent.RoomEvent // at their places, all at one moment
	before  Position         // of the event that they follow

	members map[uuid.UUID]*access.Membership
}

// Enters says which membership an event of joining is about, so that whoever follows the room need not read it.
func (r *Reservation) Enters(who uuid.UUID, as *access.Membership) {
	if r.members == nil {
		r.members = map[uuid.UUID]*access.Membership{}
	}
	r.members[who] = as
}

// Append reserves the places of events and writes them.
func (l *Log) Append(ctx context.Context, tx *ent.Tx, a Addition) (*Reservation, error) {
	r, err := l.Reserve(ctx, tx, a)
	if err != nil {
		return nil, err
	}
	return r, l.WriteEvents(ctx, tx, r.Events)
}

// WrongClock is how far ahead a time must lie to be taken for that of a clock that was wrong. Kept, it would
// be the time of all that happens in the room until then, and the room would lead every list.
const WrongClock = 24 * time.Hour

// Reserve advances a room's counters, which locks its row until commit, so places have no holes and readers see them in
// the order of their commits. The time of an event never lies before that of the one before it, unless that one was of
// a WrongClock. Every change of a room goes here. access.ErrNoRoom.
func (l *Log) Reserve(ctx context.Context, tx *ent.Tx, a Addition) (*Reservation, error) {
	change := newTag()
	row, leaving, err := l.statements.advanceCounters(ctx, tx, len(a.Events), count(a.Events, ChatSent), change, change, a.Now, a.Now.Add(WrongClock), a.Now, a.Room)
	if err != nil {
		return nil, err
	}
	r := &Reservation{Room: row, Leaving: leaving, before: Position{row.LastPlace - int64(len(a.Events)), row.LastTag ^ change}}
	r.place(a.Events)
	return r, nil
}

// count counts the events of a kind.
func count(events []NewEvent, kind EventKind) (n int) {
	for _, e := range events {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// place gives events the last places of the room, and the last of them its tag.
func (r *Reservation) place(events []NewEvent) {
	place, number := r.before.Place, r.Room.LastNumber-count(events, ChatSent)
	r.Events = make([]*ent.RoomEvent, len(events))
	for i, e := range events {
		place++
		if e.Kind == ChatSent {
			number++
		}
		r.Events[i] = &ent.RoomEvent{
			RoomID: r.Room.ID, Place: place, Number: number, Tag: newTag(), Kind: roomevent.Kind(e.Kind),
			At: r.Room.LastAt, ActorID: e.Actor, ChatID: e.Chat, Name: e.Name, Emoji: e.Emoji,
		}
		if e.Whom != nil {
			r.Events[i].UserID, r.Events[i].Username = &e.Whom.ID, &e.Whom.Username
		}
	}
	if n := len(r.Events); n > 0 {
		r.Events[n-1].Tag = r.Room.LastTag
	}
}

// Keep sets the room's counters to what these events need instead of the reserved ones: others that follow the same event
// and hold at most as many chats. With none the log ends where it ended before. Who joins with them is counted as a member.
func (r *Reservation) Keep(ctx context.Context, tx *ent.Tx, kept []NewEvent) error {
	first := r.Events[0]
	if first.Kind == roomevent.KindCHAT_SENT {
		first.Number--
	}
	change := tx.Room.UpdateOneID(r.Room.ID).SetLastPlace(r.before.Place + int64(len(kept))).SetLastNumber(first.Number + count(kept, ChatSent))
	if joined := count(kept, MemberJoined); joined > 0 {
		change.AddMemberCount(joined)
	}
	if len(kept) == 0 {
		at, err := r.atBefore(ctx, tx)
		if err != nil {
			return err
		}
		change.SetLastTag(r.before.Tag).SetLastAt(at)
	}
	row, err := change.Save(ctx)
	if err != nil {
		return fmt.Errorf("set counters back: %w", err)
	}
	r.Room = row
	r.place(kept)
	return nil
}

// atBefore is the time of the event before the reserved ones.
func (r *Reservation) atBefore(ctx context.Context, tx *ent.Tx) (at time.Time, err error) {
	if r.before.Place == 0 {
		return r.Room.CreatedAt, nil
	}
	event, err := tx.RoomEvent.Query().Where(roomevent.RoomID(r.Room.ID), roomevent.Place(r.before.Place)).Only(ctx)
	if err != nil {
		return at, fmt.Errorf("read the end of the log: %w", err)
	}
	return event.At, nil
}

// WriteEvents writes reserved events, of any number of rooms. Where none names anything, as with chats that are sent, a shorter
// statement does.
func (l *Log) WriteEvents(ctx context.Context, tx *ent.Tx, events []*ent.RoomEvent) error {
	statement, columns := l.statements.events, written
	if slices.ContainsFunc(events, func(e *ent.RoomEvent) bool { return e.UserID != nil || e.Name != nil || e.Emoji != nil }) {
		statement, columns = l.statements.naming, written|naming
	}
	if _, err := statement.Run(ctx, tx, values(eventColumns, columns, events)); err != nil {
		return fmt.Errorf("append to log: %w", err)
	}
	return nil
}

// WriteChats writes new chats, of any number of rooms, in order of their ids: two transactions that store the same ids,
// in rooms of their own, wait for each other. Where none answers another or has data, a shorter statement does.
func (l *Log) WriteChats(ctx context.Context, tx *ent.Tx, chats []*ent.Chat) error {
	slices.SortFunc(chats, func(x, y *ent.Chat) int { return bytes.Compare(x.ID[:], y.ID[:]) })
	statement, columns := l.statements.chats, written
	if slices.ContainsFunc(chats, func(c *ent.Chat) bool { return c.ReplyTo != nil || c.Data != nil }) {
		statement, columns = l.statements.longer, written|longer
	}
	if _, err := statement.Run(ctx, tx, values(chatColumns, columns, chats)); err != nil {
		return fmt.Errorf("insert chats: %w", err)
	}
	return nil
}
