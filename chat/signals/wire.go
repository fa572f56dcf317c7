package signals

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"parley/chat/access"
	"parley/chat/follow"
	"parley/chat/roomlog"
	"parley/chat/texts"
)

// A signal is one as it travels, in JSON. Other releases may have fields and kinds that this one does not know.
type signal struct {
	Kind   roomlog.EventKind `json:"kind"`
	Room   uuid.UUID         `json:"room"`
	Head   int64             `json:"head"` // the last place of the room's log when the sender was judged
	At     time.Time         `json:"at"`
	User   uuid.UUID         `json:"user"`
	Name   string            `json:"name"`
	ToAll  bool              `json:"direct,omitempty"` // it is told to all in the room, a direct one
	Member *member           `json:"member,omitempty"`

	// Preview is what a bot has written so far, in base64, which is as long for one text as for another; nil: it says nothing of
	// that. Releases without it show that somebody is typing.
	Preview []byte `json:"preview,omitzero"`

	until time.Time // where it has come to: when it is told no more
}

// A member is a membership as a signal shows it.
type member struct {
	ID       uuid.UUID `json:"id"`
	Role     string    `json:"role"`
	JoinedAt time.Time `json:"joinedAt"`
	LastRead int       `json:"lastRead"`
}

// A slot holds the newest signal of a kind by a person in a room.
type slot struct {
	room, user uuid.UUID
	kind       roomlog.EventKind
}

func (s signal) slot() slot { return slot{s.Room, s.User, s.Kind} }

// isAfter tells whether a signal says more than another of its slot, which comes later: reading goes on, never back, and what a
// bot has written by one node may come behind what it has written by another since.
func (s signal) isAfter(later signal) bool {
	if s.Kind == roomlog.Typing {
		return s.At.After(later.At)
	}
	return s.Member != nil && later.Member != nil && s.Member.LastRead > later.Member.LastRead
}

// read reads a signal. ok: it is one that this release knows.
func read(content []byte) (s signal, ok bool) {
	if json.Unmarshal(content, &s) != nil || s.Room == uuid.Nil || s.User == uuid.Nil {
		return s, false
	}
	switch s.Kind {
	case roomlog.Typing:
		return s, s.Member == nil && texts.CheckPreview(string(s.Preview)) == nil
	case roomlog.MemberRead:
		if s.Member == nil {
			return s, false
		}
		_, ok = access.ParseRole(s.Member.Role)
		return s, ok
	}
	return s, false
}

// in is the signal for those who follow the room.
func (s signal) in(now follow.Now) follow.Signal {
	told := follow.Signal{
		Event: &roomlog.Event{Kind: s.Kind, At: s.At.UTC(), ActorID: s.User, Room: now.Room}, Head: now.Head, Until: s.until,
	}
	if s.Kind == roomlog.Typing {
		told.Except = s.User
		if s.Preview != nil {
			text := string(s.Preview)
			told.Preview = &text
		}
		return told
	}
	role, _ := access.ParseRole(s.Member.Role)
	told.UserID, told.Username = &s.User, &s.Name
	told.Member = &access.Membership{ID: s.Member.ID, Role: role, JoinedAt: s.Member.JoinedAt.UTC(), LastRead: s.Member.LastRead}
	if !s.ToAll {
		told.Only = s.User
	}
	return told
}
