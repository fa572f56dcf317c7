package attempts

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"parley/auth"
	"parley/auth/rows"
	"parley/ent"
	"parley/ent/session"
	"parley/naming/usernames"
)

// Target is whose password is tried, and what a wrong one counts against.
type Target struct {
	Row     *ent.User // nil: nobody has or had the name
	From    auth.Client
	buckets []bucket // of the account and of the network, in order of id: so everybody locks them
}

// ID is the user's, or nobody's.
func (t Target) ID() uuid.UUID {
	if t.Row == nil {
		return uuid.Nil
	}
	return t.Row.ID
}

// Resolve finds whom a sign-in means. A name that does not exist takes the same reads and has buckets
// like one that does.
func (a *Attempts) Resolve(ctx context.Context, username string, from auth.Client) (Target, error) {
	n, reason := usernames.Parse(username)
	t := Target{From: from}
	known := false
	err := a.store.View(ctx, func(c *ent.Client) (err error) {
		if t.Row, err = rows.UserByKey(ctx, c, n.Key); err != nil {
			return err
		}
		known, err = c.Session.Query().Where(session.UserID(t.ID()), session.IPNetwork(from.Network())).Exist(ctx)
		return err
	})
	if err != nil {
		return Target{}, fmt.Errorf("find user: %w", err)
	}
	account := a.bucket(ofUnknown, n.Key, 1)
	switch {
	case reason != "":
		account = a.bucket(ofNoName, username, 1)
	case known: // strangers cannot lock the owner out
		account = a.bucket(ofKnown, n.Key+"\x00"+from.Network(), 1)
	}
	t.buckets = []bucket{account, a.bucket(ofNetwork, from.Network(), networkTimes)}
	slices.SortFunc(t.buckets, func(one, other bucket) int { return strings.Compare(one.id, other.id) })
	return t, nil
}

// ResolveOwn is the password of somebody who is signed in. It is counted by user, so that a stolen
// access token is no way to guess it. auth.ErrSessionRevoked: the account was deleted meanwhile.
func (a *Attempts) ResolveOwn(ctx context.Context, who auth.Identity, from auth.Client) (Target, error) {
	t := Target{
		From:    from,
		buckets: []bucket{a.bucket(ofSignedIn, who.User.ID.String(), 1)},
	}
	err := a.store.View(ctx, func(c *ent.Client) (err error) {
		t.Row, err = c.User.Get(ctx, who.User.ID)
		return err
	})
	if err != nil {
		return Target{}, fmt.Errorf("find user: %w", err)
	}
	if t.Row.DeletedAt != nil { // no password is right any more, and that is no news of this one
		return Target{}, &auth.ReasonError{Err: auth.ErrSessionRevoked, Reason: auth.ReasonAccountDeleted}
	}
	return t, nil
}
