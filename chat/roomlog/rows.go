package roomlog

import (
	"fmt"

	"github.com/google/uuid"

	"parley/chat/access"
	"parley/ent"
	"parley/ent/roomevent"
)

// Rows are entries of a log and what they show, all of one state: as one statement has read them, or one transaction has
// written them.
type Rows struct {
	Log   []*ent.RoomEvent
	Chats map[uuid.UUID]*ent.Chat // that the log is about, and if they were read, the newest up to the first place
	Room  *ent.Room               // with the columns at least that are paged
	More  bool                    // the log goes on

	// Members are the memberships that the log shows, by whose they are; nil: it has ended.
	Members map[uuid.UUID]*access.Membership
}

// showsMember says whether an entry shows the membership of whom it is about.
func showsMember(e *ent.RoomEvent) bool {
	return e.UserID != nil && (e.Kind == roomevent.KindMEMBER_JOINED || e.Kind == roomevent.KindMEMBER_CHANGED)
}

// Whole says whether the rows have all memberships that the events behind a position show.
func (p Rows) Whole(at Position) bool {
	for _, e := range p.Log {
		if showsMember(e) && e.Place > at.Place {
			if _, known := p.Members[*e.UserID]; !known {
				return false
			}
		}
	}
	return true
}

// know keeps what was read of the membership that an entry shows.
func (p *Rows) know(e *ent.RoomEvent, m *ent.Member) {
	if !showsMember(e) {
		return
	}
	if p.Members == nil {
		p.Members = map[uuid.UUID]*access.Membership{}
	}
	p.Members[*e.UserID] = nil
	if m.ID != uuid.Nil {
		p.Members[*e.UserID] = &access.Membership{ID: m.ID, Role: access.Role(m.Role), JoinedAt: m.JoinedAt.UTC(), JoinedPlace: m.JoinedPlace}
	}
}

// After returns the events behind a position, which the rows begin at, and whether there is more. ErrDiverged: the log
// has another event at that position, or none.
func (p Rows) After(room *Room, at Position) (events []*Event, more bool, err error) {
	more = p.More
	if p.Log, err = follows(p.Log, at); err != nil || len(p.Log) == 0 {
		return nil, false, err
	}
	events, err = p.Events(room)
	return events, more, err
}

// Events are the entries, at least one, with the chats they are about, as these are now. All of them are in one room: as
// they leave it, with its newest chat if that is there. room is the room as it was known before.
func (p Rows) Events(room *Room) ([]*Event, error) {
	room = room.asOf(p.Log, p.Room)
	made := make(map[uuid.UUID]*Chat, len(p.Chats))
	for id, c := range p.Chats {
		made[id] = ChatOf(c, room)
		if c.Number == room.LastNumber {
			room.Newest = made[id]
		}
	}
	events := make([]*Event, len(p.Log))
	for i, row := range p.Log {
		events[i] = eventOf(row, room)
		if showsMember(row) {
			events[i].Member = p.Members[*row.UserID]
		}
		if row.ChatID == nil {
			continue
		}
		if events[i].Chat = made[*row.ChatID]; events[i].Chat == nil {
			return nil, fmt.Errorf("log of room %s names a chat that is not there at place %d", row.RoomID, row.Place)
		}
	}
	return events, nil
}

// At is the room as the log leaves it, if the rows begin and end at a position. ErrMoved: they do not.
func (p Rows) At(room *Room, at Position) (*Room, error) {
	if at == (Position{}) && len(p.Log) == 0 { // nothing has happened there since it was made
		now := *room
		now.As = nil
		return &now, nil
	}
	if len(p.Log) != 1 || p.More || (Position{p.Log[0].Place, p.Log[0].Tag}) != at || p.Log[0].Kind == roomevent.KindROOM_DELETED {
		return nil, ErrMoved
	}
	now := room.asOf(p.Log, p.Room)
	for _, c := range p.Chats {
		if c.Number == now.LastNumber {
			now.Newest = ChatOf(c, now)
		}
	}
	return now, nil
}

// follows checks that rows begin at a position and go on without a hole, and takes it off.
func follows(rows []*ent.RoomEvent, at Position) ([]*ent.RoomEvent, error) {
	if n := len(rows); n > 0 && rows[n-1].Kind == roomevent.KindROOM_DELETED && rows[n-1].Place > at.Place {
		return rows[n-1:], nil // the log was cleared; who was behind goes straight to the end
	}
	if at.Place > 0 {
		if len(rows) == 0 || rows[0].Place != at.Place || rows[0].Tag != at.Tag {
			return nil, ErrDiverged
		}
		rows = rows[1:]
	}
	for i, row := range rows {
		if want := at.Place + 1 + int64(i); row.Place != want {
			return nil, fmt.Errorf("%w: of room %s at place %d", ErrHole, row.RoomID, want)
		}
	}
	return rows, nil
}
