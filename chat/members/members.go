package members

import (
	"errors"
	"time"

	"github.com/google/uuid"

	"parley/audit"
	"parley/chat/access"
	"parley/chat/limits"
	"parley/chat/roomlog"
	"parley/db"
)

var (
	// ErrNoPerson means that there is no such account, or none any more.
	ErrNoPerson = errors.New("no such person")
	// ErrManyRooms means that somebody is in as many rooms as they may be.
	ErrManyRooms error = &limits.LimitError{Reason: "ROOMS"}
	// ErrManyMembers means that a room is full.
	ErrManyMembers error = &limits.LimitError{Reason: "MEMBERS"}
)

// Shared is what all that changes rooms and who is in them works with.
type Shared struct {
	Store      *db.Store
	Log        *roomlog.Log
	Committed  func(...roomlog.Commit) // told of what has been added to logs
	Now        func() time.Time        // UTC, in whole milliseconds
	FindPerson FindPerson
	Audit      *audit.Log
	Changes    *limits.Limiter // of one person
	Creations  *limits.Limiter // likewise, of rooms
	MaxMembers int             // of a room
	MaxRooms   int             // of a person
}

// A Member is a person in a room.
type Member struct {
	ID       uuid.UUID
	Room     *roomlog.Room
	UserID   uuid.UUID
	Username string
	Role     access.Role
	JoinedAt time.Time
}

// MemberOf is a person in a room by their membership.
func MemberOf(in *roomlog.Room, who access.Caller, as *access.Membership) *Member {
	return &Member{ID: as.ID, Room: in, UserID: who.ID, Username: who.Username, Role: as.Role, JoinedAt: as.JoinedAt}
}
