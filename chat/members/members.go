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
	"parley/rights"
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
	MaxRooms   int             // of a person; a bot has twice as many
	Withheld   rights.Withheld // from everybody but bots and server admins
}

// A Member is a person in a room.
type Member struct {
	ID       uuid.UUID
	Room     *roomlog.Room
	UserID   uuid.UUID
	Username string
	Role     access.Role
	JoinedAt time.Time
	LastRead *int                // the number of the last chat they have read; nil: it is not shown
	Notify   *access.NotifyLevel // what rings for them; nil: it is not shown
}

// MemberOf is a person in a room by their membership, as somebody is shown it, uuid.Nil as everybody is: what they have read is
// shown to themselves, and in direct rooms, unless one of two has blocked the other; what rings for them, to themselves.
func MemberOf(in *roomlog.Room, who access.Caller, as *access.Membership, asker uuid.UUID) *Member {
	m := &Member{ID: as.ID, Room: in, UserID: who.ID, Username: who.Username, Role: as.Role, JoinedAt: as.JoinedAt}
	if blocked := in.As != nil && in.As.Blocked; asker == who.ID || in.Kind == roomlog.Direct && !blocked {
		m.LastRead = &as.LastRead
	}
	if asker == who.ID {
		level := notifyOf(in, as)
		m.Notify = &level
	}
	return m
}

// notifyOf is what rings: as was said, or else what the kind of the room has by default.
func notifyOf(in *roomlog.Room, as *access.Membership) access.NotifyLevel {
	switch {
	case as.Notify != nil:
		return *as.Notify
	case in.Kind == roomlog.Direct:
		return access.NotifyAll
	}
	return access.NotifyMentions
}
