package queue

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/google/uuid"

	"parley/chat/access"
	"parley/chat/mentions"
	"parley/chat/roomlog"
	"parley/ent"
)

// A locked is a room whose row the transaction has locked, with places for what is sent there.
type locked struct {
	*roomlog.Reservation
	which   []int              // entries, with those that are refused
	asked   []int              // those that the places were reserved for
	joining map[uuid.UUID]bool // who sends and is not in it, but may be
	members int                // that are in it, also of those who have joined here
}

// lockRooms locks the rooms that something new is sent to, in order of their ids.
func (b *batch) lockRooms(ctx context.Context) error {
	byRoom := map[uuid.UUID][]int{}
	for i, e := range b.entries {
		if !b.answered(i) {
			byRoom[e.Room] = append(byRoom[e.Room], i)
		}
	}
	for _, room := range slices.SortedFunc(maps.Keys(byRoom), byID) {
		if err := b.lock(ctx, room, byRoom[room]); err != nil {
			return err
		}
	}
	return nil
}

func byID(x, y uuid.UUID) int { return bytes.Compare(x[:], y[:]) }

// lock reserves places in the log of a room for entries. Whether they may is asked under the room's lock, since that may
// have changed while they were queued.
func (b *batch) lock(ctx context.Context, room uuid.UUID, which []int) error {
	l := &locked{which: which, asked: b.sent(which)}
	r, err := b.log.Reserve(ctx, b.tx, roomlog.Addition{Room: room, Events: b.eventsOf(l.asked, nil), Now: b.now})
	if errors.Is(err, access.ErrNoRoom) {
		b.refuse(which, err)
		return nil
	}
	if err != nil {
		return err
	}
	l.Reservation, l.members = r, r.Room.MemberCount
	b.locked = append(b.locked, l)
	verdicts, err := b.judgeSenders(ctx, l)
	for i, v := range verdicts {
		switch n := which[i]; {
		case v.Refused != nil:
			b.refuse(which[i:i+1], v.Refused)
		case v.Joins:
			if l.joining == nil {
				l.joining = map[uuid.UUID]bool{}
			}
			l.joining[b.entries[n].UserID] = true
		}
	}
	return err
}

// judgeSenders asks who of those who send to a room may. While somebody is leaving, whose rooms may know nothing of it yet, what
// was known of them counts for nothing.
func (b *batch) judgeSenders(ctx context.Context, l *locked) ([]Verdict, error) {
	if l.Leaving {
		for _, n := range l.which {
			b.entries[n].Version = Unjudged
		}
	}
	return b.judge(ctx, b.o.MaySend, l.Room, l.which)
}

// storeIn stores what is sent to a room by those who may, and who joins it. The places of the others are given back.
func (b *batch) storeIn(ctx context.Context, l *locked) error {
	kept := b.sent(l.which) // of two entries of one id another may have been refused
	joins := b.joinsOf(l, kept)
	if len(joins) > 0 || !slices.Equal(kept, l.asked) {
		if err := l.Keep(ctx, b.tx, b.eventsOf(kept, joins)); err != nil {
			return err
		}
	}
	if len(kept) > 0 {
		b.keep(l, kept)
	}
	return nil
}

// sent picks the entries to be stored: not answered yet, and the first of their id.
func (b *batch) sent(which []int) (first []int) {
	seen := map[uuid.UUID]bool{}
	for _, i := range which {
		id := b.entries[i].ID
		if !b.answered(i) && !seen[id] && b.stored[id] == nil {
			seen[id] = true
			first = append(first, i)
		}
	}
	return first
}

// eventsOf are the events of entries. Who joins does so right before the first chat that they send.
func (b *batch) eventsOf(which []int, joins map[uuid.UUID]bool) []roomlog.NewEvent {
	events := make([]roomlog.NewEvent, 0, len(which)+len(joins))
	joined := make(map[uuid.UUID]bool, len(joins))
	for _, n := range which {
		e := b.entries[n]
		if joins[e.UserID] && !joined[e.UserID] {
			joined[e.UserID] = true
			events = append(events, roomlog.NewEvent{
				Kind: roomlog.MemberJoined, Actor: e.UserID, Whom: &access.Caller{ID: e.UserID, Username: e.Username},
			})
		}
		events = append(events, roomlog.NewEvent{Kind: roomlog.ChatSent, Actor: e.UserID, Chat: &e.ID})
	}
	return events
}

// refuse answers entries with an error.
func (b *batch) refuse(which []int, err error) {
	for _, n := range which {
		b.errs[n] = b.entries[n].orUnknown(err)
	}
}

// keep makes a room's new events the chats of entries, and members of those who have joined.
func (b *batch) keep(l *locked, which []int) {
	in, rows := roomlog.RoomOf(l.Room), make([]*ent.Chat, 0, len(which))
	for _, event := range l.Events {
		if event.ChatID == nil {
			b.addMember(l, event)
			continue
		}
		n := which[len(rows)]
		row := b.entries[n].row(event)
		rows = append(rows, row)
		b.chats[n] = roomlog.ChatOf(row, in)
		b.stored[row.ID] = b.chats[n]
		if names := b.entries[n].Names; len(names) > 0 || row.ReplyTo != nil {
			b.naming = append(b.naming, mentions.Written{Chat: row, Names: names, Answered: b.authorOf(row.ReplyTo)})
		}
	}
	b.rows = append(b.rows, rows...)
	b.events = append(b.events, l.Events...)
	b.commits = append(b.commits, l.Commit(rows...))
}
