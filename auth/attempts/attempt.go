package attempts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"parley/auth"
	"parley/auth/passwords"
	"parley/ent"
	"parley/ent/loginlimit"
)

// Attempt is one password on its way to be tried. Its tokens are taken before the hash.
type Attempt struct {
	Target
	Newer string // the hash to store instead; empty: the old one is as good

	of        *Attempts
	holding   bool
	right     bool
	givenBack bool
}

// Try tries a password and calls right when it is the one of the target. It is where wrong and right ones are counted.
// auth.ErrInvalidCredentials, *auth.RateError, auth.ErrBusy; else the error of right. Names that do not exist take as long.
func (a *Attempts) Try(ctx context.Context, t Target, password string, right func(*Attempt) error) error {
	at, err := a.begin(ctx, t)
	if err != nil {
		return err
	}
	defer at.close(ctx)
	if err := at.verify(ctx, password); err != nil {
		return err
	}
	return a.Right(t.ID(), t.From, func() error { return right(at) })
}

// Right calls do for somebody who has shown who they are, and counts that. *auth.RateError: they have shown it too often, and do was not
// called; else the error of do.
func (a *Attempts) Right(who uuid.UUID, from auth.Client, do func() error) error {
	if err := a.rates.take(who, from, a.store.Clock()); err != nil {
		return err
	}
	err := do()
	a.rates.giveBack(who, from, err)
	return err
}

// begin begins an attempt. *auth.RateError: a read says that there is no token, so no slot is taken.
func (a *Attempts) begin(ctx context.Context, t Target) (*Attempt, error) {
	if a.o.Wrong.Calls == 0 {
		t.buckets = nil
	}
	if err := a.rates.look(t.ID(), t.From, a.store.Clock()); err != nil {
		return nil, err
	}
	at := &Attempt{Target: t, of: a}
	a.inFlight.join(at.buckets)
	if err := at.retry(ctx, at.look); err != nil {
		at.close(ctx)
		return nil, err
	}
	return at, nil
}

// verify tries the password. auth.ErrInvalidCredentials, *auth.RateError, auth.ErrBusy.
func (at *Attempt) verify(ctx context.Context, password string) (err error) {
	stored := "" // which takes a hash too
	if at.Row != nil && at.Row.DeletedAt == nil && at.Row.PasswordHash != nil {
		stored = *at.Row.PasswordHash
	}
	// Nobody waits for a token with a slot in hand: who holds the token may need the slot.
	err = at.retry(ctx, func(ctx context.Context) (err error) {
		r := passwords.Request{Network: at.From.Network(), Wanted: func() error { return at.take(ctx) }}
		at.right, at.Newer, err = at.of.passwords.Verify(ctx, stored, password, r)
		return err
	})
	switch {
	case err != nil:
		return fmt.Errorf("verify password: %w", err)
	case !at.right:
		return auth.ErrInvalidCredentials
	}
	return nil
}

// close ends an attempt. A wrong one leaves its tokens taken; a right one that came to nothing, perhaps
// because the client left, gives them back here.
func (at *Attempt) close(ctx context.Context) {
	if at.holding {
		if at.right && !at.givenBack {
			err := at.of.store.Write(context.WithoutCancel(ctx), at.GiveBack)
			if err != nil {
				at.of.o.OnError(fmt.Errorf("login limits: %w", err))
			}
			at.givenBack = err == nil
		}
		at.of.inFlight.release(at.buckets, at.givenBack)
	}
	at.of.inFlight.leave(at.buckets)
}

// noToken says which bucket has none, and for how long.
type noToken struct {
	id   string
	wait time.Duration
}

func (e *noToken) Error() string { return "no token" }

// longer makes it the bucket that is to be waited for the longest.
func (e *noToken) longer(b bucket, wait time.Duration) {
	if wait > e.wait {
		*e = noToken{id: b.id, wait: wait}
	}
}

// asError is nil where nobody has to wait.
func (e *noToken) asError() error {
	if e.wait == 0 {
		return nil
	}
	return e
}

// retry asks for tokens until it gets them or nobody is left who might give one back.
func (at *Attempt) retry(ctx context.Context, ask func(context.Context) error) error {
	for {
		seen := at.of.inFlight.seen(at.buckets)
		err := ask(ctx)
		var none *noToken
		if !errors.As(err, &none) {
			return err
		}
		again, err := at.of.inFlight.await(ctx, none.id, seen[none.id])
		if err != nil {
			return err
		}
		if !again {
			return auth.TooFast(none.wait)
		}
	}
}

// look reads whether there are tokens; *noToken of the bucket to wait for the longest.
func (at *Attempt) look(ctx context.Context) error {
	if len(at.buckets) == 0 {
		return nil
	}
	ids := make([]string, len(at.buckets))
	for i, b := range at.buckets {
		ids[i] = b.id
	}
	full := map[string]time.Time{}
	err := at.of.store.View(ctx, func(c *ent.Client) error {
		found, err := c.LoginLimit.Query().Where(loginlimit.IDIn(ids...)).All(ctx)
		for _, row := range found {
			full[row.ID] = row.FullAt
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("look at limits: %w", err)
	}
	var none noToken
	for _, b := range at.buckets {
		next, wait := b.Take(full[b.id], at.of.store.Now())
		none.longer(b, wait)
		if next.Before(full[b.id]) {
			if err := at.of.shorten(ctx, b, next); err != nil {
				return err
			}
		}
	}
	return none.asError()
}

// take takes the tokens, with a hash slot in hand. *noToken: there is none, and the slot is to be
// given to somebody else.
func (at *Attempt) take(ctx context.Context) error {
	if len(at.buckets) == 0 {
		return nil
	}
	at.of.inFlight.hold(at.buckets)
	err := at.of.store.Write(ctx, func(ctx context.Context, tx *ent.Tx) error {
		var none noToken
		for _, b := range at.buckets {
			wait, err := at.of.takeOne(ctx, tx, b)
			if err != nil {
				return err
			}
			none.longer(b, wait)
		}
		return none.asError()
	})
	if err != nil {
		at.of.inFlight.release(at.buckets, false)
		return err
	}
	at.holding = true
	return nil
}

// GiveBack gives the tokens of a right password back, in the transaction that it is for.
func (at *Attempt) GiveBack(ctx context.Context, tx *ent.Tx) error {
	for _, b := range at.buckets {
		row, err := at.of.lock(ctx, tx, b)
		if err != nil {
			return err
		}
		back := row.FullAt.Add(-b.Step).UTC()
		if err := tx.LoginLimit.Update().Where(loginlimit.ID(b.id)).SetFullAt(back).Exec(ctx); err != nil {
			return fmt.Errorf("give token back: %w", err)
		}
	}
	return nil
}

// Committed says that the transaction of GiveBack has committed.
func (at *Attempt) Committed() { at.givenBack = true }
