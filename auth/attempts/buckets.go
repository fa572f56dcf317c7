package attempts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"parley/auth/rows"
	"parley/ent"
	"parley/ent/loginlimit"
	"parley/limit"
)

// bucket counts wrong passwords of one kind. A wrong one takes a token, and one comes back every
// so often: nobody is locked out for good.
type bucket struct {
	id string // a secret hash, because people type passwords into name fields
	limit.Bucket
}

// Kinds of buckets, as they are hashed.
const (
	ofUnknown  = "account\x00"  // a username key
	ofNoName   = "no name\x00"  // what was typed and can be no username
	ofKnown    = "known\x00"    // a username key, NUL, a network that has a session of it
	ofNetwork  = "network\x00"  // a network; empty: all whose address is not known
	ofSignedIn = "password\x00" // a user id
)

func (a *Attempts) bucket(kind, value string, times int) bucket {
	mac := hmac.New(sha256.New, a.o.Secret)
	_, _ = mac.Write([]byte(kind + value)) // never fails, see hash.Hash
	b := a.o.Wrong.Times(times).Bucket(1)
	b.Step = max(time.Millisecond, b.Step.Truncate(time.Millisecond)) // rows know nothing finer
	return bucket{id: hex.EncodeToString(mac.Sum(nil)), Bucket: b}
}

// takeOne takes a token of one bucket; wait > 0: there is none for so long.
func (a *Attempts) takeOne(ctx context.Context, tx *ent.Tx, b bucket) (wait time.Duration, err error) {
	row, err := a.lock(ctx, tx, b)
	if err != nil {
		return 0, err
	}
	next, wait := b.Take(row.FullAt, a.store.Now())
	if wait > 0 {
		return wait, nil
	}
	return 0, tx.LoginLimit.Update().Where(loginlimit.ID(b.id)).SetFullAt(next.UTC()).Exec(ctx)
}

// lock takes the row of a bucket, which it makes if need be, and reads what the transaction
// before left. The one statement is both an insert and, where there is a row, an update that
// changes nothing: a lock in both dialects.
func (a *Attempts) lock(ctx context.Context, tx *ent.Tx, b bucket) (*ent.LoginLimit, error) {
	err := tx.LoginLimit.Create().SetID(b.id).SetFullAt(a.store.Now()).OnConflictColumns(loginlimit.FieldID).Ignore().Exec(ctx)
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
func (a *Attempts) shorten(ctx context.Context, b bucket, full time.Time) error {
	err := a.store.Write(ctx, func(ctx context.Context, tx *ent.Tx) error {
		return tx.LoginLimit.Update().Where(loginlimit.ID(b.id), loginlimit.FullAtGT(full)).SetFullAt(full).Exec(ctx)
	})
	if err != nil {
		return fmt.Errorf("shorten limit: %w", err)
	}
	return nil
}

// CheckBucket says whether a text may be the id of a bucket.
func CheckBucket(id string) error {
	if sum, err := hex.DecodeString(id); err != nil || hex.EncodeToString(sum) != id || len(sum) != sha256.Size {
		return errors.New("login_limits.bucket: want 64 digits in lower-case hex")
	}
	return nil
}

// CleanUp removes the buckets that say nothing: those that are full, and those that a clock that was wrong has filled
// far ahead.
func (a *Attempts) CleanUp(ctx context.Context) error {
	now := a.store.Now()
	moot := loginlimit.Or(loginlimit.FullAtLT(now), loginlimit.FullAtGT(now.Add(a.o.Wrong.Per+limit.ClocksDiffer)))
	err := a.store.CleanUp(ctx, func(ctx context.Context, c *ent.Client) (int, rows.Remove, error) {
		ids, err := c.LoginLimit.Query().Where(moot).Order(loginlimit.ByID()).Limit(rows.Batch).IDs(ctx)
		return len(ids), func(ctx context.Context, tx *ent.Tx) error {
			for _, id := range ids { // one by one: so they are locked in the order in which sign-ins lock them
				if _, err := tx.LoginLimit.Delete().Where(loginlimit.ID(id), moot).Exec(ctx); err != nil {
					return err
				}
			}
			return nil
		}, err
	})
	if err != nil {
		return fmt.Errorf("clean up limits: %w", err)
	}
	return nil
}
