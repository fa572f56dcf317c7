package roomlog

import (
	"time"

	"github.com/google/uuid"

	"parley/chat/access"
	"parley/ent"
	"parley/ent/roomevent"
)

// A Room is where people chat.
type Room struct {
	ID          uuid.UUID
	Name        string
	Topic       *string
	Data        *string // JSON of an app's own; nil: none
	CreatedAt   time.Time
	Kind        RoomKind
	SendRole    access.Role // the lowest that may send
	MemberCount int
	LastNumber  int              // of its newest chat, when it was read; 0: there was none
	Newest      *Chat            // that one, if the room was read with a page of its log; else nil
	As          *access.Standing // what whoever asked is there; nil: it was read for everybody
	Revoked     int64            // the place of the newest event that ends somebody's reading, when it was read

	head Position
}

// RoomOf is a room as its row has it, read for everybody.
func RoomOf(r *ent.Room) *Room {
	return &Room{
		ID: r.ID, Name: r.Name, Topic: r.Topic, Data: r.Data, CreatedAt: r.CreatedAt, Kind: RoomKind(r.Kind), SendRole: access.Role(r.SendRole),
		MemberCount: r.MemberCount, LastNumber: r.LastNumber, Revoked: r.RevokedPlace, head: HeadOf(r),
	}
}

// RoomFor is a room as it was read for somebody.
func RoomFor(r access.Room) *Room {
	shown := RoomOf(r.Room)
	shown.As = &r.As
	return shown
}

// SyncCursor is where the room's log stood when this was read.
func (r *Room) SyncCursor() string { return r.head.Cursor(r.ID) }

// asOf is the room as these entries of its log leave it, and as its row is, which was read with them. Of a deleted room
// the row has no more than its id.
func (r *Room) asOf(rows []*ent.RoomEvent, row *ent.Room) *Room {
	now, last := *r, rows[len(rows)-1]
	if last.Kind == roomevent.KindROOM_DELETED {
		return r.lost(last)
	}
	now.As, now.LastNumber, now.SendRole, now.MemberCount = nil, last.Number, access.Role(row.SendRole), row.MemberCount
	now.head, now.Revoked = Position{last.Place, last.Tag}, row.RevokedPlace
	if now.Name != row.Name { // else what is known takes no memory once more
		now.Name = row.Name
	}
	if now.Topic == nil || row.Topic == nil || *now.Topic != *row.Topic {
		now.Topic = row.Topic
	}
	if now.Data == nil || row.Data == nil || *now.Data != *row.Data {
		now.Data = row.Data
	}
	return &now
}

// lost is the room as it is shown to those whose reading an event ends: what it was called then, and nothing else that can
// change.
func (r *Room) lost(by *ent.RoomEvent) *Room {
	shown := &Room{ID: r.ID, Name: r.Name, CreatedAt: r.CreatedAt, Kind: r.Kind, SendRole: access.Member, Revoked: by.Place}
	if by.Name != nil { // else it was stored by an older release
		shown.Name = *by.Name
	}
	return shown
}

// A Chat is what somebody said in a room.
type Chat struct {
	ID        uuid.UUID
	Room      *Room
	Number    int    // 1 for the first chat of the room, then 2, 3, … without holes
	Username  string // the author's, as displayed when it was sent
	UserID    uuid.UUID
	Text      *string // nil once deleted
	Data      *string // JSON of an app's own; nil: none, or deleted
	CreatedAt time.Time
	EditedAt  *time.Time // when the text or the data was last changed; nil: never
	DeletedAt *time.Time // nil: it is not
	ReplyTo   *uuid.UUID // the chat of the same room that it answers; nil: none
	Answered  bool       // a chat answers it, or did: events about others show it

	// Named are whom the text mentions, as the transaction has stored it that wrote the text; nil: they are to be read.
	Named []uuid.UUID

	position Position
}

// ChatOf is a chat as its row has it.
func ChatOf(c *ent.Chat, in *Room) *Chat {
	made := &Chat{
		ID: c.ID, Room: in, Number: c.Number, UserID: c.UserID, Username: c.Username, Text: &c.Text, Data: c.Data, CreatedAt: c.CreatedAt,
		EditedAt: c.EditedAt, DeletedAt: c.DeletedAt, ReplyTo: c.ReplyTo, Answered: c.Answered != nil && *c.Answered,
		position: Position{c.Place, c.Tag},
	}
	if c.DeletedAt != nil {
		made.Text, made.Data = nil, nil
	}
	return made
}

// Position is the chat's place in its room's log.
func (c *Chat) Position() Position { return c.position }

// Cursor is the same as a cursor.
func (c *Chat) Cursor() string { return c.position.Cursor(c.Room.ID) }

// An EventKind says what happened.
type EventKind string

// The kinds of events. All but the last three are entries of a room's log.
const (
	ChatSent    EventKind = "CHAT_SENT"
	ChatEdited  EventKind = "CHAT_EDITED"
	ChatDeleted EventKind = "CHAT_DELETED"

	ChatReacted   EventKind = "CHAT_REACTED"   // somebody has put an emoji on a chat
	ChatUnreacted EventKind = "CHAT_UNREACTED" // or taken it off

	MemberJoined  EventKind = "MEMBER_JOINED"
	MemberLeft    EventKind = "MEMBER_LEFT"    // ends the reading of whom it is about
	MemberRemoved EventKind = "MEMBER_REMOVED" // likewise
	MemberChanged EventKind = "MEMBER_CHANGED" // has another role
	RoomUpdated   EventKind = "ROOM_UPDATED"

	RoomDeleted EventKind = "ROOM_DELETED" // the last of its room
	CaughtUp    EventKind = "CAUGHT_UP"    // everything older has been delivered

	Typing     EventKind = "TYPING"      // a signal
	MemberRead EventKind = "MEMBER_READ" // likewise
)

// An Event is something that happened in a room. It shows what it is about as that is when it is
// read, so whoever was away sees the last state and none in between.
type Event struct {
	Kind     EventKind
	At       time.Time
	ActorID  uuid.UUID          // who did it; zero: nobody, as with CaughtUp
	Room     *Room              // nil with CaughtUp
	Chat     *Chat              // with the five that are about one
	UserID   *uuid.UUID         // whom it is about, with those of members
	Username *string            // theirs, as displayed; stays when the account is gone
	Member   *access.Membership // theirs, with MemberJoined, MemberChanged and MemberRead; nil: it has ended
	Emoji    *string            // with ChatReacted and ChatUnreacted
	Preview  *string            // with Typing, of a bot: what it has written so far; nil: it says nothing of that
	Cursors  []string           // with CaughtUp: where to go on, for each room

	position Position
}

// eventOf is an entry of a log, without the chat that it is about.
func eventOf(e *ent.RoomEvent, in *Room) *Event {
	return &Event{
		Kind: EventKind(e.Kind), At: e.At, ActorID: e.ActorID, Room: in, UserID: e.UserID, Username: e.Username,
		Emoji: e.Emoji, position: Position{e.Place, e.Tag},
	}
}

// Lost is an event that ends somebody's reading, as it is shown to them alone.
func Lost(e *ent.RoomEvent, of *ent.Room) *Event { return eventOf(e, RoomOf(of).lost(e)) }

// Gone is what somebody is told of a room that they may not know of: the same whether or not there is one.
func Gone(id uuid.UUID, at time.Time) *Event {
	return &Event{Kind: RoomDeleted, At: at, Room: &Room{ID: id, Kind: Public, SendRole: access.Member}}
}

// Cursor is the event's place in its room's log; nil for what is not stored.
func (e *Event) Cursor() *string {
	if e.position.Place == 0 {
		return nil
	}
	cursor := e.position.Cursor(e.Room.ID)
	return &cursor
}

// Position is the event's place in its room's log.
func (e *Event) Position() Position { return e.position }
