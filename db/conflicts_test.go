package db

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/db/failure"
	"parley/ent"
	"parley/ent/user"
)

// Two transactions lock two rows crosswise: PostgreSQL ends one, or on a busy machine both, which are repeated.
func TestCrossedTransactionsBothSucceed(t *testing.T) {
	t.Parallel()
	s := openPostgresStore(t, 6)
	ctx := t.Context()
	mustAdd(t, s, "ann", "bob")
	var tries atomic.Int64
	var both, wg sync.WaitGroup
	both.Add(2)
	for _, order := range [][]string{{"ann", "bob"}, {"bob", "ann"}} {
		meet := sync.OnceFunc(func() { both.Done(); both.Wait() })
		wg.Go(func() {
			err := s.Write(ctx, func(tx *ent.Tx) error {
				tries.Add(1)
				defer func() { order = []string{"ann", "bob"} }() // they cross once: a busy server may end both
				for _, name := range order {
					if _, err := tx.ExecContext(ctx, "UPDATE users SET username = username || '!' WHERE username_key = $1", name); err != nil {
						return err
					}
					meet()
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n, err := s.Read.User.Query().Where(user.UsernameHasSuffix("!!")).Count(ctx); err != nil || n != 2 || tries.Load() < 3 {
		t.Errorf("%d of 2 users were changed twice in %d tries, %v; want at least 3", n, tries.Load(), err)
	}
}

// What the server says decides what is repeated and what the caller is told.
func TestPostgresErrorsHaveTheirClass(t *testing.T) {
	t.Parallel()
	s := openPostgresStore(t, 4)
	ctx := t.Context()
	own := errors.New("own")
	mustAdd(t, s, "ann")
	raise := func(code string) func(*ent.Tx) error {
		return func(tx *ent.Tx) error {
			_, err := tx.ExecContext(ctx, "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '"+code+"'; END $$")
			return err
		}
	}
	again := func(tx *ent.Tx) error { return addUser(ctx, tx, "ann") }
	for name, c := range map[string]struct {
		fn    func(*ent.Tx) error
		class error
		tries int
	}{
		"serialization failure": {raise("40001"), ErrBusy, 3},
		"deadlock":              {raise("40P01"), ErrBusy, 3},
		"lock timeout":          {raise("55P03"), ErrBusy, 1},
		"cancelled":             {raise("57014"), ErrBusy, 1},
		"too many connections":  {raise("53300"), ErrBusy, 1},
		"disk full":             {raise("53100"), ErrFull, 1},
		"I/O error":             {raise("58030"), ErrDown, 3},
		"read-only":             {raise("25006"), ErrDown, 3},
		"conflict":              {again, failure.ErrConflict, 3},
		"conflict, mapped":      {func(tx *ent.Tx) error { _ = again(tx); return own }, own, 1},
		"conflict, swallowed":   {func(tx *ent.Tx) error { _ = again(tx); return nil }, nil, 1}, // the commit rolls back
		"own":                   {func(tx *ent.Tx) error { return errors.Join(addUser(ctx, tx, "bob"), own) }, own, 1},
	} {
		tries := 0
		err := s.Write(ctx, func(tx *ent.Tx) error { tries++; return c.fn(tx) })
		if err == nil || c.class != nil && !errors.Is(err, c.class) || errors.Is(err, ErrUnknownOutcome) || tries != c.tries {
			t.Errorf("%s: got %v in %d tries, want %v in %d", name, err, tries, c.class, c.tries)
		}
		if name == "conflict" && !ent.IsConstraintError(err) {
			t.Errorf("a caller cannot see that it is a conflict: %v", err)
		}
	}
	if n, err := s.Read.User.Query().Count(ctx); err != nil || n != 1 {
		t.Errorf("%d users, %v; want 1", n, err)
	}
}

// A conflict with a row that another has just stored is over when the caller looks again.
func TestConflictIsRepeated(t *testing.T) {
	t.Parallel()
	s := openPostgresStore(t, 6)
	ctx := t.Context()
	tries := 0
	err := s.Write(ctx, func(tx *ent.Tx) error {
		tries++
		there, err := tx.User.Query().Where(user.UsernameKey("ann")).Exist(ctx)
		if err != nil || there {
			return err
		}
		mustAdd(t, s, "ann") // another is faster
		return addUser(ctx, tx, "ann")
	})
	if err != nil || tries != 2 {
		t.Errorf("%v in %d tries, want 2", err, tries)
	}
}

// The server ends what takes too long, and the caller may come again.
func TestPostgresWaitingIsBounded(t *testing.T) {
	t.Parallel()
	s := openPostgresStore(t, 12)
	ctx := t.Context()
	mustAdd(t, s, "ann")
	locked, let := make(chan struct{}), make(chan struct{})
	var holder, wg sync.WaitGroup
	holder.Go(func() {
		_ = s.Write(ctx, func(tx *ent.Tx) error {
			err := tx.User.Update().SetUsername("x").Exec(ctx)
			close(locked)
			<-let
			return err
		})
	})
	<-locked
	for name, c := range map[string]struct {
		longest time.Duration
		call    func() error
	}{
		"lock": {2 * time.Second, func() error {
			return s.Write(ctx, func(tx *ent.Tx) error { return tx.User.Update().SetUsername("y").Exec(ctx) })
		}},
		"statement": {5 * time.Second, func() error {
			return s.Write(ctx, func(tx *ent.Tx) error { _, err := tx.ExecContext(ctx, "SELECT pg_sleep(9)"); return err })
		}},
		"read": {5 * time.Second, func() error { _, err := s.Read.User.Query().Where(slow(9)).Count(ctx); return err }},
		"view": {5 * time.Second, func() error {
			return s.View(ctx, func(c *ent.Client) error { _, err := c.User.Query().Where(slow(9)).Count(ctx); return err })
		}},
	} {
		wg.Go(func() {
			began := time.Now()
			err := c.call()
			if took := time.Since(began); !errors.Is(err, ErrBusy) || took < c.longest-100*time.Millisecond {
				t.Errorf("%s: got %v after %v, want ErrBusy after %v", name, err, took, c.longest)
			}
		})
	}
	wg.Wait()
	close(let)
	holder.Wait()
	if err := s.Ping(ctx); err != nil {
		t.Error(err)
	}
}

// A commit that the server refuses has stored nothing, and says so.
func TestRefusedCommitStoredNothing(t *testing.T) {
	t.Parallel()
	server, name := newDatabase(t)
	s := openAt(t, server.URL(name), 4)
	if err := server.SQL(t.Context(), name, "CREATE TABLE late (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)"); err != nil {
		t.Fatal(err)
	}
	err := s.Write(t.Context(), func(tx *ent.Tx) error {
		_, err := tx.ExecContext(t.Context(), "INSERT INTO late VALUES (1), (1)")
		return errors.Join(err, addUser(t.Context(), tx, "ann"))
	})
	if err == nil || errors.Is(err, ErrUnknownOutcome) || errors.Is(err, ErrDown) {
		t.Errorf("got %v", err)
	}
	wantUsers(t, server, name)
}

// A caller whose time is over is told so, whatever the driver makes of it, and nothing is stored.
func TestPostgresCallerGoesAway(t *testing.T) {
	t.Parallel()
	server, name := newDatabase(t)
	s := openAt(t, server.URL(name), 4)
	gone := errors.New("gone")
	for where, fn := range map[string]func(context.Context, func(), *ent.Tx) error{
		"in a statement": func(ctx context.Context, leave func(), tx *ent.Tx) error {
			time.AfterFunc(50*time.Millisecond, leave)
			_, err := tx.ExecContext(ctx, "SELECT pg_sleep(4)")
			return err
		},
		"between statements": func(ctx context.Context, leave func(), tx *ent.Tx) error {
			leave()
			return addUser(context.WithoutCancel(ctx), tx, uuid.NewString())
		},
		"before the commit": func(ctx context.Context, leave func(), tx *ent.Tx) error { leave(); return nil },
	} {
		for range 10 {
			ctx, leave := context.WithCancelCause(t.Context())
			err := s.Write(ctx, func(tx *ent.Tx) error { // with names of its own: the server may end the one before it late
				return errors.Join(addUser(ctx, tx, uuid.NewString()), fn(ctx, func() { leave(gone) }, tx))
			})
			if !errors.Is(err, gone) || errors.Is(err, ErrDown) {
				t.Errorf("%s: got %v, want its own end", where, err)
			}
		}
	}
	let := make(chan struct{})
	var wg, inside sync.WaitGroup
	for range 2 {
		inside.Add(1)
		wg.Go(func() { _ = s.Write(t.Context(), func(*ent.Tx) error { inside.Done(); <-let; return nil }) })
	}
	inside.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s.Write(ctx, func(*ent.Tx) error { return nil }); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrDown) {
		t.Errorf("while it waits for a connection: got %v", err)
	}
	close(let)
	wg.Wait()
	wantUsers(t, server, name)
}

// Rows go in by columns; none is lost and none becomes another's.
func TestBulkInsertOnPostgres(t *testing.T) {
	t.Parallel()
	s := openPostgresStore(t, 4)
	insert := s.BulkInsert("users", "id", "username", "username_key", "created_at")
	find := s.BulkFind("users", "username_key")
	var args, names []any
	for i := range 100 {
		name := fmt.Sprint("u", i)
		args, names = append(args, uuid.New(), name, name, time.UnixMilli(int64(i)).UTC()), append(names, name)
	}
	err := s.Write(t.Context(), func(tx *ent.Tx) error {
		if _, err := insert.Run(t.Context(), tx, args); err != nil {
			return err
		}
		n, err := find.Run(t.Context(), tx, append(names, "nobody"))
		if n != 100 {
			t.Errorf("found %d", n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	users, err := s.Read.User.Query().All(t.Context())
	for _, u := range users {
		if u.UsernameKey != fmt.Sprint("u", u.CreatedAt.UnixMilli()) || u.Username != u.UsernameKey {
			t.Errorf("%s came at %v", u.UsernameKey, u.CreatedAt)
		}
	}
	if err != nil || len(users) != 100 {
		t.Errorf("%d users, %v", len(users), err)
	}
}
