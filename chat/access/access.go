// Package access says who may do what in a room. It rests on one idea: a room's row and what the caller is there are read
// by one statement, and one function judges them, so that nothing is shown of a room that was not judged. It knows rows and
// callers, and neither logs nor chats.
package access

import (
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/ent"
	"parley/ent/room"
)

// ErrNoRoom means that there is no such room, or that the caller may not know of it: the two are never told apart.
var ErrNoRoom = errors.New("no such room")

// ErrForbidden is what every ForbiddenError is.
var ErrForbidden = errors.New("not allowed")

// A ForbiddenError says that the caller may know of the room, but not do this; or not on the server.
type ForbiddenError struct {
	Reason string     // READ_ONLY, LAST_OWNER, BANNED, BLOCKED, NOT_FOR_MEMBERS, NOT_A_BOT; empty: none that helps
	Until  *time.Time // with BANNED: when it ends by itself; nil: it does not
}

func (e *ForbiddenError) Error() string { return ErrForbidden.Error() + " " + e.Reason }

// Unwrap returns ErrForbidden.
func (e *ForbiddenError) Unwrap() error { return ErrForbidden }

// A Caller is whoever calls: an account's id, and the name that is shown with what they do.
type Caller struct {
	ID       uuid.UUID
	Username string
	Bot      bool // it calls more often than people do, and is in more rooms; else it is one of them
}

// MaxRooms is how many rooms somebody may be in where people may be in so many: bots in twice as many.
func MaxRooms(people int, bot bool) int {
	if bot {
		return 2 * people
	}
	return people
}

// A Role is what a member may do, the highest first, as rows have it.
type Role int

// The roles.
const (
	Owner Role = iota
	Admin
	Member
)

var roles = []string{"OWNER", "ADMIN", "MEMBER"}

// String is the role's name in the API.
func (r Role) String() string { return roles[r] }

// ParseRole reads the name of a role in the API.
func ParseRole(name string) (r Role, ok bool) {
	i := slices.Index(roles, name)
	return Role(i), i >= 0
}

// An Action is something that a person can do in a room.
type Action string

// The actions. Those of Actions are shown to clients, in this order.
const (
	Read          Action = "READ"
	ChangeOwnChat Action = "CHANGE_OWN_CHAT"
	DeleteOwnChat Action = "DELETE_OWN_CHAT"
	React         Action = "REACT"
	Hide          Action = "HIDE"
	MarkRead      Action = "MARK_READ" // and what else concerns their own membership alone
	Join          Action = "JOIN"
	Leave         Action = "LEAVE"
	Send          Action = "SEND_CHAT"
	DeleteAnyChat Action = "DELETE_ANY_CHAT"
	Update        Action = "UPDATE_ROOM"
	ManageMembers Action = "MANAGE_MEMBERS"
	SetRoles      Action = "SET_ROLES"
	Delete        Action = "DELETE_ROOM"
)

// A Membership is a person's place in a room.
type Membership struct {
	ID          uuid.UUID
	Role        Role
	JoinedAt    time.Time
	JoinedPlace int64

	JoinedVersion int64 // of their list of rooms, since they joined

	LastRead int          // the number of the last chat they have read
	Notify   *NotifyLevel // what rings; nil: what the room's kind has by default
}

// A NotifyLevel says which chats of a room ring for a member, as rows have it. It counts for nothing else.
type NotifyLevel int

// The levels.
const (
	NotifyAll NotifyLevel = iota
	NotifyMentions
	NotifyNone
)

// A Standing is what somebody is in a room.
type Standing struct {
	Member    *Membership // nil: they are not in it
	LastOwner bool        // a member, and nobody else is an owner
	Gone      bool        // they have no account, or none any more
	Disabled  bool        // they are let in nowhere
	Admin     bool        // of the server, who acts as an owner in public rooms
	Banned    bool
	Until     *time.Time // when the ban ends; nil: it does not end by itself
	Blocked   bool       // in a direct room of two, of whom one has blocked the other
}

// A Room is a room's row with the caller's standing there, which one statement has read.
type Room struct {
	*ent.Room
	As Standing
}

// May says whether somebody of a standing may do something in a room; nothing else decides that. ErrNoRoom: it does not exist
// any more, or they may not know of it. *ForbiddenError: they see it, but may not do this.
func (r Room) May(do Action) error {
	switch {
	case r.DeletedAt != nil, r.As.Member == nil && r.Kind != room.KindPUBLIC:
		return ErrNoRoom
	case r.As.Gone, r.As.Disabled:
		return &ForbiddenError{}
	case r.isBarred(do):
		return &ForbiddenError{Reason: "BANNED", Until: r.As.Until}
	case do == Leave && r.As.LastOwner && r.Kind != room.KindDIRECT:
		return &ForbiddenError{Reason: "LAST_OWNER"}
	case r.As.Blocked && says(do):
		return errBlocked
	case do == Send && r.role() > Role(r.SendRole):
		return &ForbiddenError{Reason: "READ_ONLY"}
	case !r.suits(do) || r.role() > lowest(do):
		return &ForbiddenError{}
	}
	return nil
}

// asServerAdmin says whether they may do more in a room than they are there: server admins act as owners in public rooms. It lets nobody
// read, so nothing that is read ends with it.
func (r Room) asServerAdmin() bool { return r.As.Admin && r.Kind == room.KindPUBLIC }

// role is what they may do as: whoever is in a public room without being a member may do there what a member may, as far
// as it does not need one.
func (r Room) role() Role {
	switch {
	case r.asServerAdmin():
		return Owner
	case r.As.Member == nil:
		return Member
	}
	return r.As.Member.Role
}

// IsLasting says whether all that they may do in the room is what the room's own access says, and not the server's.
func (r Room) IsLasting() bool { return r.As.Member != nil && !r.asServerAdmin() }

// suits says whether something can be done in a room of this kind by somebody who is, or is not, in it.
func (r Room) suits(do Action) bool {
	in, direct := r.As.Member != nil, r.Kind == room.KindDIRECT
	switch do {
	case Join:
		return !in && !direct
	case Leave:
		return in && !direct
	case DeleteAnyChat, Update, ManageMembers, SetRoles, Delete:
		return (in || r.asServerAdmin()) && !direct
	case Hide:
		return in && direct
	case MarkRead:
		return in
	}
	return true
}

// says tells whether something is said to the others in the room by it.
func says(do Action) bool { return do == Send || do == ChangeOwnChat || do == React }

// lowest is the lowest role that may do something.
func lowest(do Action) Role {
	switch do {
	case SetRoles, Delete:
		return Owner
	case DeleteAnyChat, Update, ManageMembers:
		return Admin
	}
	return Member
}

// isBarred says whether a ban keeps them from something. It does not keep server admins from looking after a public room.
func (r Room) isBarred(do Action) bool {
	if r.asServerAdmin() && manages(do) {
		return false
	}
	return r.As.Member == nil && r.As.Banned
}

// manages tells whether a room is looked after by it without anything in it being read.
func manages(do Action) bool { return do != DeleteAnyChat && lowest(do) < Member }

// MayManage says the same of removing or banning somebody of a role: nil of whoever is not a member.
func (r Room) MayManage(whom *Membership) error {
	if err := r.May(ManageMembers); err != nil {
		return err
	}
	if whom != nil && whom.Role <= Admin && r.role() != Owner {
		return &ForbiddenError{}
	}
	return nil
}

var shown = []Action{Join, Leave, Send, DeleteAnyChat, Update, ManageMembers, SetRoles, Delete}

// Actions are what they may do now.
func (r Room) Actions() []Action {
	may := []Action{}
	for _, do := range shown {
		if r.May(do) == nil {
			may = append(may, do)
		}
	}
	return may
}
