package members

import (
	"context"
	"errors"

	"parley/chat/access"
)

// ErrNoMember means that somebody is not in the room.
var ErrNoMember = errors.New("no such member")

// Roster is who is in the rooms of a database, and as what. It is safe for concurrent use.
type Roster struct {
	Shared
	purge func() // starts to take away what a deleted room leaves
}

// New makes a Roster. purge is called whenever a room has been deleted.
func New(shared Shared, purge func()) *Roster { return &Roster{shared, purge} }

// find takes the caller's rate and reads a room for something they want to do there.
func (r *Roster) find(ctx context.Context, caller access.Caller, do access.Action, nameOrID string) (access.Room, error) {
	if err := r.Changes.Take(caller.ID); err != nil {
		return access.Room{}, err
	}
	return access.Find(ctx, r.Store.Read, caller, do, nameOrID, r.Now())
}

// findBoth does the same where it is about somebody else.
func (r *Roster) findBoth(ctx context.Context, caller access.Caller, do access.Action, nameOrID, user string) (about, error) {
	in, err := r.find(ctx, caller, do, nameOrID)
	if err != nil {
		return about{}, err
	}
	whom, err := r.FindPerson(ctx, user)
	return about{in.ID, caller, whom}, err
}
