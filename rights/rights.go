// Package rights names what people may do on the server beside what they may in rooms, for accounts and rooms alike. It rests on one
// idea: everybody may all of it, but for what whoever runs the server has left to bots and server admins. It knows neither of these:
// who asks is judged where it is done.
package rights

import "slices"

// An Action is something that somebody can do on the server.
type Action string

// The actions.
const (
	ListPeople  Action = "LIST_PEOPLE"  // see who has an account without knowing of them; not to look up one person
	OpenDirect  Action = "OPEN_DIRECT"  // make direct rooms; not to use those there are
	CreateRooms Action = "CREATE_ROOMS" // make public and private rooms
)

// Actions returns all, in the order in which they are shown.
func Actions() []Action { return []Action{ListPeople, OpenDirect, CreateRooms} }

// NotForMembers is the reason why somebody may not do what is withheld.
const NotForMembers = "NOT_FOR_MEMBERS"

// Withheld is what is left to bots and server admins; nil: nothing is.
type Withheld []Action

// Has says whether something is.
func (w Withheld) Has(do Action) bool { return slices.Contains(w, do) }

// MembersMay returns what everybody may.
func (w Withheld) MembersMay() []Action { return slices.DeleteFunc(Actions(), w.Has) }
