package accounts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/auth"
	"parley/auth/keys"
	"parley/auth/rows"
	"parley/auth/usernames"
	"parley/ent"
	"parley/ent/loginlimit"
	"parley/ent/session"
	"parley/limit"
)

// networkTimes is how many times as many passwords one network may send for all accounts together as
// for one, wrong and right ones each.
const networkTimes = 5

// bucket counts wrong passwords of one kind. A wrong one takes a place, and one comes back every
// so often: nobody is locked out for good.
type bucket struct {
	id string // a secret hash, because people type passwords into name fields
	limit.Bucket
}

// Kinds of buckets, as they are hashed.
const (
	ofStrangers = "account\x00"  // a username key
	ofNoName    = "no name\x00"  // what was typed and can be no username
	ofKnown     = "known\x00"    // a username key, NUL, a network that has a session of it
	ofNetwork   = "network\x00"  // a network; empty: all whose address is not known
	ofSignedIn  = "password\x00" // a user id
)

func (s *Service) bucket(kind, value string, times int) bucket {
	mac := hmac.New(sha256.New, s.keys.Signer().Secret(keys.SignInLimits))
	_, _ = mac.Write([]byte(kind + value)) // never fails, see hash.Hash
	b := s.o.LoginAttempts.Times(times).Bucket(1)
	b.Step = max(time.Millisecond, b.Step.Truncate(time.Millisecond)) // rows know nothing finer
	return bucket{id: hex.EncodeToString(mac.Sum(nil)), Bucket: b}
}

// target is whose password is tried, and what a wrong one counts against.
type target struct {
	row     *ent.User // nil: nobody has or had the name
	from    auth.Client
	buckets []bucket // of the account and of the network, in order of id: so everybody locks them
}

// id is the user's, or nobody's.
func (t target) id() uuid.UUID {
	if t.row == nil {
		return uuid.Nil
	}
	return t.row.ID
}

// aim finds whom a sign-in means. A name that does not exist takes the same reads and has buckets
// like one that does.
func (s *Service) aim(ctx context.Context, username string, from auth.Client) (target, error) {
	n, reason := usernames.Parse(username)
	t := target{from: from}
	known := false
	err := s.store.View(ctx, func(c *ent.Client) (err error) {
		if t.row, err = rows.UserByKey(ctx, c, n.Key); err != nil {
			return err
		}
		known, err = c.Session.Query().Where(session.UserID(t.id()), session.IPNetwork(from.Network())).Exist(ctx)
		return err
	})
	if err != nil {
		return target{}, fmt.Errorf("find user: %w", err)
	}
	account := s.bucket(ofStrangers, n.Key, 1)
	switch {
	case reason != "":
		account = s.bucket(ofNoName, username, 1)
	case known: // strangers cannot lock the owner out
		account = s.bucket(ofKnown, n.Key+"\x00"+from.Network(), 1)
	}
	t.buckets = []bucket{account, s.bucket(ofNetwork, from.Network(), networkTimes)}
	slices.SortFunc(t.buckets, func(a, b bucket) int { return strings.Compare(a.id, b.id) })
	return t, nil
}

// ownTarget is the password of somebody who is signed in. It is counted by user, so that a stolen
// access token is no way to guess it. ErrSessionRevoked: the account was deleted meanwhile.
func (s *Service) ownTarget(ctx context.Context, who auth.Identity) (target, error) {
	t := target{
		from:    auth.CallerFrom(ctx).Client(),
		buckets: []bucket{s.bucket(ofSignedIn, who.User.ID.String(), 1)},
	}
	err := s.store.View(ctx, func(c *ent.Client) (err error) {
		t.row, err = c.User.Get(ctx, who.User.ID)
		return err
	})
	if err != nil {
		return target{}, fmt.Errorf("find user: %w", err)
	}
	if t.row.DeletedAt != nil { // no password is right any more, and that is no news of this one
		return target{}, &auth.ReasonError{Err: auth.ErrSessionRevoked, Reason: auth.ReasonAccountDeleted}
	}
	return t, nil
}

// takeOne takes a place of one bucket; wait > 0: there is none for so long.
func (s *Service) takeOne(ctx context.Context, tx *ent.Tx, b bucket) (wait time.Duration, err error) {
	row, err := s.lockLimit(ctx, tx, b)
	if err != nil {
		return 0, err
	}
	next, wait := b.Take(row.FullAt, s.store.Now())
	if wait > 0 {
		return wait, nil
	}
	return 0, tx.LoginLimit.Update().Where(loginlimit.ID(b.id)).SetFullAt(next.UTC()).Exec(ctx)
}

// lockLimit takes the row of a bucket, which it makes if need be, and reads what the transaction
// before left. The one statement is both an insert and, where there is a row, an update that
// changes nothing: a lock in both dialects.
func (s *Service) lockLimit(ctx context.Context, tx *ent.Tx, b bucket) (*ent.LoginLimit, error) {
	err := tx.LoginLimit.Create().SetID(b.id).SetFullAt(s.store.Now()).OnConflictColumns(loginlimit.FieldID).Ignore().Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("lock limit: %w", err)
	}
	row, err := tx.LoginLimit.Query().Where(loginlimit.ID(b.id)).Only(ctx)
	if err != nil {
		return nil, fmt.Errorf("read limit: %w", err)
	}
	return row, nil
}

// shorten corrects a row that a clock that was a little ahead has written.
func (s *Service) shorten(ctx context.Context, b bucket, full time.Time) error {
	err := s.store.Write(ctx, func(ctx context.Context, tx *ent.Tx) error {
		return tx.LoginLimit.Update().Where(loginlimit.ID(b.id), loginlimit.FullAtGT(full)).SetFullAt(full).Exec(ctx)
	})
	if err != nil {
		return fmt.Errorf("shorten limit: %w", err)
	}
	return nil
}
