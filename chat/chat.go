// Package chat holds rooms and what is said in them. It rests on one idea: the database is the
// log. A chat is stored under the next place of its room in the transaction that raises the
// room's counter, and every reader is a position that asks for what follows it.
//
//	Send → queue → writer: one transaction a batch → bell
//	                              ↓                    ↓
//	Chats  ←——————————————— the room's log ————→ Follow: read on from the position
//
// The bell (see Broker) only says "look again": it may be lost, doubled or come late, and nothing
// is missed, because readers go by place.
package chat

import (
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// What can be wrong with a call. Every one of them means that nothing was changed.
var (
	ErrNoRoom        = errors.New("no such room")
	ErrNoChat        = errors.New("no such chat")
	ErrForbidden     = errors.New("not allowed")
	ErrRoomNameTaken = errors.New("room name taken")
	ErrIDTaken       = errors.New("chat id taken")
	ErrDiverged      = errors.New("the history behind the cursor is another one")
	ErrBusy          = errors.New("too many sends are waiting")
	ErrTimeout       = errors.New("took too long and was withdrawn")
	ErrClosing       = errors.New("going down")
)

// A LimitError says that a number of something is at its limit.
type LimitError struct{ Reason string } // ROOMS

func (e *LimitError) Error() string { return "limit reached: " + e.Reason }

// ErrUnknown means that the chat may have been stored, and sending it again could store it twice, because it
// has no id of the client's. With one, the same doubt is db.ErrUnknownOutcome.
var ErrUnknown = errors.New("it is not known whether the chat was stored")

// An InvalidError is an argument that is not acceptable.
type InvalidError struct {
	Field  string // the argument's name in the API
	Reason string // TOO_SHORT, TOO_LONG, OUT_OF_RANGE, BAD_CHARACTER, MIXED_SCRIPTS, LOOKS_LIKE_ID, CURSOR_INVALID, ID_INVALID
	Detail string // a sentence for people; never repeats the input
}

func (e *InvalidError) Error() string { return e.Field + ": " + e.Detail }

// A RateError says that somebody is too fast, and when the same call will pass.
type RateError struct{ RetryAfter time.Duration }

func (e *RateError) Error() string { return fmt.Sprintf("too fast; again in %v", e.RetryAfter) }

// A Caller is whoever calls: an account's id, and the name that is shown with what they send.
type Caller struct {
	ID       uuid.UUID
	Username string
}

// A Room is a place where people chat.
type Room struct {
	ID        uuid.UUID
	Name      string
	Topic     *string
	CreatedAt time.Time

	lastNumber int
}

// A Chat is what somebody said in a room.
type Chat struct {
	ID        uuid.UUID
	Room      *Room
	Number    int    // 1 for the first chat of the room, then 2, 3, … without holes
	Username  string // the author's, as displayed when it was sent
	UserID    uuid.UUID
	Text      *string // nil once deleted
	CreatedAt time.Time
	EditedAt  *time.Time // when the text was last changed; nil: never
	DeletedAt *time.Time // nil: it is not

	position position
}

// Cursor is the chat's place in its room's log.
func (c *Chat) Cursor() string { return c.position.cursor(c.Room.ID) }

// An EventKind says what happened.
type EventKind string

// The kinds of events. All but the last are entries of a room's log.
const (
	ChatSent    EventKind = "CHAT_SENT"
	ChatEdited  EventKind = "CHAT_EDITED"
	ChatDeleted EventKind = "CHAT_DELETED"
	RoomDeleted EventKind = "ROOM_DELETED" // the last of its room
	CaughtUp    EventKind = "CAUGHT_UP"    // everything older has been delivered
)

// MaxCursors is how many cursors an Event has at most.
const MaxCursors = maxFollowed

// An Event is something that happened in a room. It shows what it is about as that is when it is
// read, so whoever was away sees the last state and none in between.
type Event struct {
	Kind    EventKind
	At      time.Time
	ActorID uuid.UUID // who did it; zero with CaughtUp
	Room    *Room     // nil with CaughtUp
	Chat    *Chat     // with the three that are about one
	Cursors []string  // with CaughtUp: where to go on, for each room

	position position
}

// Cursor is the event's place in its room's log; nil for what is not stored.
func (e *Event) Cursor() *string {
	if e.Room == nil {
		return nil
	}
	cursor := e.position.cursor(e.Room.ID)
	return &cursor
}

// Position is the event's place in its room's log.
func (e *Event) Position() Position { return e.position.known() }

// A Page is a stretch of a room's chats, oldest first.
type Page struct {
	Nodes    []*Chat
	PageInfo PageInfo
	// SyncCursor is where the log stood when the page was read; nil when newer chats exist than
	// the page shows.
	SyncCursor *string
}

// PageInfo says where a page lies in its list. The cursors are nil when the page is empty.
type PageInfo struct {
	StartCursor, EndCursor       *string
	HasPreviousPage, HasNextPage bool
}

// An Edge is a chat in a page.
type Edge struct {
	Cursor string
	Node   *Chat
}

// Edges are the chats of the page with their cursors.
func (p *Page) Edges() []Edge {
	edges := make([]Edge, len(p.Nodes))
	for i, c := range p.Nodes {
		edges[i] = Edge{Cursor: c.Cursor(), Node: c}
	}
	return edges
}

// A RoomPage is a stretch of the list of rooms, the most recently active first.
type RoomPage struct {
	Edges    []RoomEdge
	PageInfo PageInfo
}

// A RoomEdge is a room in a page.
type RoomEdge struct {
	Cursor string
	Node   *Room
}

// Nodes are the rooms of the page without their cursors.
func (p *RoomPage) Nodes() []*Room {
	rooms := make([]*Room, len(p.Edges))
	for i, e := range p.Edges {
		rooms[i] = e.Node
	}
	return rooms
}
