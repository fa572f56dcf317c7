package accounts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/auth"
	"parley/auth/passwords"
	"parley/ent"
	"parley/ent/loginlimit"
	"parley/limit"
)

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
	if err := s.signIns.look(t.id(), t.from, s.store.Clock()); err != nil {
		return nil, err
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
	stored := "" // which takes a hash too
	if g.row != nil && g.row.DeletedAt == nil && g.row.PasswordHash != nil {
		stored = *g.row.PasswordHash
	}
	// Nobody waits for a place with a slot in hand: who holds the place may need the slot.
	err = g.insist(ctx, func(ctx context.Context) (err error) {
		r := passwords.Request{Network: g.from.Network(), Wanted: func() error { return g.take(ctx) }}
		g.right, g.newer, err = g.service.passwords.Verify(ctx, stored, password, r)
		return err
	})
	switch {
	case err != nil:
		return fmt.Errorf("verify password: %w", err)
	case !g.right:
		return auth.ErrInvalidCredentials
	}
	return nil
}

// close ends a guess. A wrong one leaves its places taken; a right one that came to nothing, perhaps
// because the client left, gives them back here.
func (g *guess) close(ctx context.Context) {
	if g.holding {
		if g.right && !g.returned {
			err := g.service.store.Write(context.WithoutCancel(ctx), g.giveBack)
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
			return &limit.RateError{RetryAfter: none.wait}
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
		found, err := c.LoginLimit.Query().Where(loginlimit.IDIn(ids...)).All(ctx)
		for _, row := range found {
			full[row.ID] = row.FullAt
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("look at limits: %w", err)
	}
	var none noPlace
	for _, b := range g.buckets {
		next, wait := b.Take(full[b.id], g.service.store.Now())
		none.longer(b, wait)
		if next.Before(full[b.id]) {
			if err := g.service.shorten(ctx, b, next); err != nil {
				return err
			}
		}
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
	err := g.service.store.Write(ctx, func(ctx context.Context, tx *ent.Tx) error {
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

// giveBack gives the places of a right password back, in the transaction that it is for; set
// returned once that has committed.
func (g *guess) giveBack(ctx context.Context, tx *ent.Tx) error {
	for _, b := range g.buckets {
		row, err := g.service.lockLimit(ctx, tx, b)
		if err != nil {
			return err
		}
		back := row.FullAt.Add(-b.Step).UTC()
		if err := tx.LoginLimit.Update().Where(loginlimit.ID(b.id)).SetFullAt(back).Exec(ctx); err != nil {
			return fmt.Errorf("give place back: %w", err)
		}
	}
	return nil
}
