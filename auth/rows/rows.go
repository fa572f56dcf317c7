// Package rows is how the rooms of sign-ins read and write their rows. It rests on one idea: what was begun is carried
// out, also for a client who hangs up and on a disk that is almost full; and a time in a row is UTC in milliseconds. It
// knows what a user's row and a client's columns say, and no rule about them.
package rows

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/db"
	"parley/ent"
	"parley/ent/user"
)

// Store is a database with the clock that is written into it. Safe for concurrent use.
type Store struct {
	*db.Store
	// Clock is what is measured and not stored: its monotonic part survives a clock that is set back.
	Clock func() time.Time
}

// Now is the clock as rows keep it: UTC, in milliseconds.
func (s *Store) Now() time.Time { return s.Clock().UTC().Truncate(time.Millisecond) }

// writeTimeout bounds one transaction, waiting for the writer included, of a caller who has no deadline.
const writeTimeout = 10 * time.Second

// Write runs fn in one transaction that a client who hangs up does not tear off: an alarm raised
// or a logout begun is carried out, also on a disk that is almost full. It has no more time than the caller. fn may run
// twice and changes nothing but rows. db.ErrBusy: it took too long, and nothing was stored.
func (s *Store) Write(ctx context.Context, fn func(context.Context, *ent.Tx) error) error {
	return write(ctx, s.WriteUrgent, fn)
}

// WriteUnlessFull is Write for what can wait until a disk that is almost full has space again.
func (s *Store) WriteUnlessFull(ctx context.Context, fn func(context.Context, *ent.Tx) error) error {
	return write(ctx, s.Store.Write, fn)
}

func write(ctx context.Context, store func(context.Context, func(*ent.Tx) error) error, fn func(context.Context, *ent.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	late, ok := ctx.Deadline()
	if !ok {
		late = time.Now().Add(writeTimeout)
	}
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), late)
	defer cancel()
	err := store(ctx, func(tx *ent.Tx) error { return fn(ctx, tx) })
	if errors.Is(err, context.DeadlineExceeded) {
		// database/sql rolls back what has not begun to commit by then: nothing was stored.
		return fmt.Errorf("%w: %w", db.ErrBusy, err)
	}
	return err
}

// lookTimeout bounds a read for a caller whose write has failed already.
const lookTimeout = 2 * time.Second

// Look reads for what must be known although a write failed, also for a client who has left.
func (s *Store) Look(ctx context.Context, fn func(context.Context, *ent.Client) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTimeout)
	defer cancel()
	return s.View(ctx, func(c *ent.Client) error { return fn(ctx, c) })
}

// UserByKey returns the row that holds the key of a name, deleted or not; nil when the name is free.
func UserByKey(ctx context.Context, c *ent.Client, key string) (*ent.User, error) {
	rows, err := c.User.Query().Where(user.UsernameKey(key)).Limit(1).All(ctx)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0], nil
}
