// Package chat holds rooms and what is said in them: who may do what there, sends, changes and pages. It rests on one
// idea: the database is the log (roomlog). A chat is stored under the next place of its room in the transaction that
// advances the room's counters, and every reader is a position that asks for what follows it.
//
//	Send → queue: one transaction a batch → notification
//	                     ↓                      ↓
//	Chats  ←——————— the room's log ————→ Follow: read on from the position
//
// A notification (see Notifier) only says "look again": it may be lost, doubled or come late, and nothing
// is missed, because readers go by place. It does not know how callers prove who they are.
package chat

import (
	"parley/chat/access"
	"parley/chat/arguments"
	"parley/chat/invites"
	"parley/chat/limits"
	"parley/chat/members"
	"parley/chat/pages"
	"parley/chat/queue"
	"parley/chat/roomlog"
	"parley/chat/rooms"
	"parley/chat/texts"
)

// What can be wrong with a call. Every one of them means that nothing was changed.
var (
	ErrNoRoom        = access.ErrNoRoom
	ErrNoChat        = pages.ErrNoChat
	ErrForbidden     = access.ErrForbidden
	ErrNoPerson      = members.ErrNoPerson
	ErrNoMember      = members.ErrNoMember
	ErrNoInvite      = invites.ErrNoInvite
	ErrRoomNameTaken = rooms.ErrNameTaken
	ErrIDTaken       = arguments.ErrIDTaken
	ErrDiverged      = roomlog.ErrDiverged
	ErrBusy          = queue.ErrBusy
	ErrTimeout       = queue.ErrTimeout
	ErrClosing       = queue.ErrClosing
)

// A DivergedError names the rooms of which that is so; none: it is the caller's list of rooms.
type DivergedError = roomlog.DivergedError

// A ForbiddenError says why the caller may not do this in a room that they may know of.
type ForbiddenError = access.ForbiddenError

// ErrUnknown is the one error that leaves it open whether a chat was stored, beside db.ErrUnknownOutcome.
var ErrUnknown = queue.ErrUnknown

// What is wrong with a call before anything is done.
type (
	// InvalidError is an argument that is not acceptable.
	InvalidError = arguments.InvalidError
	// LimitError says that a number of something is at its limit.
	LimitError = limits.LimitError
	// RateError says that somebody is too fast.
	RateError = limits.RateError
)

// MaxText is the default and largest length of a chat, in code points.
const MaxText = texts.MaxChat

type (
	// NewRoom is a room to be made.
	NewRoom = rooms.NewRoom
	// RoomChange is what of a room is to be different.
	RoomChange = rooms.Change
)

// A Caller is whoever calls.
type Caller = access.Caller

// What is read.
type (
	// Page is a stretch of a room's chats.
	Page = pages.Page
	// PageQuery says which.
	PageQuery = pages.PageQuery
	// Edge is a chat in a page.
	Edge = pages.Edge
	// RoomPage is a stretch of the list of rooms.
	RoomPage = pages.RoomPage
	// RoomsQuery says which.
	RoomsQuery = pages.RoomsQuery
	// RoomEdge is a room in a page.
	RoomEdge = pages.RoomEdge
	// RoomScope says from which rooms a list is made.
	RoomScope = pages.RoomScope
)

// The scopes.
const (
	AllRooms    = pages.AllRooms
	JoinedRooms = pages.JoinedRooms
)

// MaxPage is the largest page of any list.
const MaxPage = arguments.MaxPage
