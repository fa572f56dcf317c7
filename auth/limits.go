package auth

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/ent"
	"parley/ent/loginlimit"
	"parley/ent/session"
)

// addressTimes is how many times as many wrong passwords one network may send for all accounts
// together as for one.
const addressTimes = 5

// bucket counts wrong passwords of one kind. A wrong one takes a place, and one comes back every
// so often: nobody is locked out for good.
type bucket struct {
	id   string // a secret hash, because people type passwords into name fields
	rate Rate
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
	mac := hmac.New(sha256.New, s.keys.signer().limits)
	_, _ = mac.Write([]byte(kind + value)) // never fails, see hash.Hash
	return bucket{id: hex.EncodeToString(mac.Sum(nil)), rate: s.o.LoginAttempts.times(times)}
}

// target is whose password is tried, and what a wrong one counts against.
type target struct {
	row     *ent.User // nil: nobody has or had the name
	from    Client
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
func (s *Service) aim(ctx context.Context, username string, from Client) (target, error) {
	n, reason := parseName(username)
	t := target{from: from}
	known := false
	err := s.store.View(ctx, func(c *ent.Client) (err error) {
		if t.row, err = rowByKey(ctx, c, n.key); err != nil {
			return err
		}
		known, err = c.Session.Query().Where(session.UserID(t.id()), session.IPNetwork(from.network())).Exist(ctx)
		return err
	})
	if err != nil {
		return target{}, fmt.Errorf("find user: %w", err)
	}
	account := s.bucket(ofStrangers, n.key, 1)
	switch {
	case reason != "":
		account = s.bucket(ofNoName, username, 1)
	case known: // strangers cannot lock the owner out
		account = s.bucket(ofKnown, n.key+"\x00"+from.network(), 1)
	}
	t.buckets = []bucket{account, s.bucket(ofNetwork, from.network(), addressTimes)}
	slices.SortFunc(t.buckets, func(a, b bucket) int { return strings.Compare(a.id, b.id) })
	return t, nil
}

// ownTarget is the password of somebody who is signed in. It is counted by user, so that a stolen
// access token is no way to guess it. ErrSessionRevoked: the account was deleted meanwhile.
func (s *Service) ownTarget(ctx context.Context, who Identity) (target, error) {
	t := target{
		from:    CallerFrom(ctx).Client(),
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
		return target{}, &ReasonError{Err: ErrSessionRevoked, Reason: ReasonAccountDeleted}
	}
	return t, nil
}

// guess is one password on its way to be tried. Its places are taken before the hash; close it when
// all is over.
type guess struct {
	target
	service  *Service
	holding  bool
	right    bool
	newer    string // the hash to store instead; empty: the old one is as good
	returned bool   // its places were given back
}

// approach begins a guess. *RateError: a read says that there is no place, so no slot is taken.
func (s *Service) approach(ctx context.Context, t target) (*guess, error) {
	if s.o.LoginAttempts.Calls == 0 {
		t.buckets = nil
	}
	g := &guess{target: t, service: s}
	s.attempts.join(g.buckets)
	if err := g.insist(ctx, g.look); err != nil {
		g.close(ctx)
		return nil, err
	}
	return g, nil
}

// verify tries the password. Names that do not exist take a hash too. ErrInvalidCredentials,
// *RateError, ErrBusy.
func (g *guess) verify(ctx context.Context, password string) (err error) {
	stored := g.service.passwords.dummy
	exists := g.row != nil && g.row.DeletedAt == nil && g.row.PasswordHash != nil
	if exists {
		stored = *g.row.PasswordHash
	}
	var right bool
	// Nobody waits for a place with a slot in hand: who holds the place may need the slot.
	err = g.insist(ctx, func(ctx context.Context) (err error) {
		t := turn{g.from.network(), func() error { return g.take(ctx) }}
		right, g.newer, err = g.service.passwords.verify(ctx, stored, password, t)
		return err
	})
	g.right = right && exists
	switch {
	case err != nil:
		return fmt.Errorf("verify password: %w", err)
	case !g.right:
		return ErrInvalidCredentials
	}
	return nil
}

// close ends a guess. A wrong one leaves its places taken; a right one that came to nothing, perhaps
// because the client left, gives them back here.
func (g *guess) close(ctx context.Context) {
	if g.holding {
		if g.right && !g.returned {
			err := g.service.write(context.WithoutCancel(ctx), g.giveBack)
			if err != nil {
				g.service.o.OnError(fmt.Errorf("login limits: %w", err))
			}
			g.returned = err == nil
		}
		g.service.attempts.release(g.buckets, g.returned)
	}
	g.service.attempts.leave(g.buckets)
}

// noPlace says which bucket has none, and for how long.
type noPlace struct {
	id   string
	wait time.Duration
}

func (e *noPlace) Error() string { return "no place" }

// longer makes it the bucket that is to be waited for the longest.
func (e *noPlace) longer(b bucket, wait time.Duration) {
	if wait > e.wait {
		*e = noPlace{id: b.id, wait: wait}
	}
}

// asError is nil where nobody has to wait.
func (e *noPlace) asError() error {
	if e.wait == 0 {
		return nil
	}
	return e
}

// insist asks for places until it gets them or nobody is left who might give one back.
func (g *guess) insist(ctx context.Context, ask func(context.Context) error) error {
	for {
		seen := g.service.attempts.seen(g.buckets)
		err := ask(ctx)
		var none *noPlace
		if !errors.As(err, &none) {
			return err
		}
		again, err := g.service.attempts.await(ctx, none.id, seen[none.id])
		if err != nil {
			return err
		}
		if !again {
			return &RateError{RetryAfter: none.wait}
		}
	}
}

// look reads whether there are places; *noPlace of the bucket to wait for the longest.
func (g *guess) look(ctx context.Context) error {
	if len(g.buckets) == 0 {
		return nil
	}
	ids := make([]string, len(g.buckets))
	for i, b := range g.buckets {
		ids[i] = b.id
	}
	full := map[string]time.Time{}
	err := g.service.store.View(ctx, func(c *ent.Client) error {
		rows, err := c.LoginLimit.Query().Where(loginlimit.IDIn(ids...)).All(ctx)
		for _, row := range rows {
			full[row.ID] = row.FullAt
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("look at limits: %w", err)
	}
	var none noPlace
	for _, b := range g.buckets {
		_, wait := b.rate.take(full[b.id], g.service.now())
		none.longer(b, wait)
	}
	return none.asError()
}

// take takes the places, with a hash slot in hand. *noPlace: there is none, and the slot is to be
// given to somebody else.
func (g *guess) take(ctx context.Context) error {
	if len(g.buckets) == 0 {
		return nil
	}
	g.service.attempts.hold(g.buckets)
	err := g.service.write(ctx, func(ctx context.Context, tx *ent.Tx) error {
		var none noPlace
		for _, b := range g.buckets {
			wait, err := g.service.takeOne(ctx, tx, b)
			if err != nil {
				return err
			}
			none.longer(b, wait)
		}
		return none.asError()
	})
	if err != nil {
		g.service.attempts.release(g.buckets, false)
		return err
	}
	g.holding = true
	return nil
}

// takeOne takes a place of one bucket; wait > 0: there is none for so long.
func (s *Service) takeOne(ctx context.Context, tx *ent.Tx, b bucket) (wait time.Duration, err error) {
	row, err := s.lockLimit(ctx, tx, b)
	if err != nil {
		return 0, err
	}
	next, wait := b.rate.take(row.FullAt, s.now())
	if wait > 0 {
		return wait, nil
	}
	return 0, tx.LoginLimit.Update().Where(loginlimit.ID(b.id)).SetFullAt(next.UTC()).Exec(ctx)
}

// giveBack gives the places of a right password back, in the transaction that it is for; set
// returned once that has committed.
func (g *guess) giveBack(ctx context.Context, tx *ent.Tx) error {
	for _, b := range g.buckets {
		row, err := g.service.lockLimit(ctx, tx, b)
		if err != nil {
			return err
		}
		back := row.FullAt.Add(-b.rate.step()).UTC()
		if err := tx.LoginLimit.Update().Where(loginlimit.ID(b.id)).SetFullAt(back).Exec(ctx); err != nil {
			return fmt.Errorf("give place back: %w", err)
		}
	}
	return nil
}

// lockLimit takes the row of a bucket, which it makes if need be, and reads what the transaction
// before left. The one statement is both an insert and, where there is a row, an update that
// changes nothing: a lock in both dialects.
func (s *Service) lockLimit(ctx context.Context, tx *ent.Tx, b bucket) (*ent.LoginLimit, error) {
	err := tx.LoginLimit.Create().SetID(b.id).SetFullAt(s.now()).OnConflictColumns(loginlimit.FieldID).Ignore().Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("lock limit: %w", err)
	}
	row, err := tx.LoginLimit.Query().Where(loginlimit.ID(b.id)).Only(ctx)
	if err != nil {
		return nil, fmt.Errorf("read limit: %w", err)
	}
	return row, nil
}
