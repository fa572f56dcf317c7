package db

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/ent"
)

func open(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(t.Context(), Options{URL: "sqlite:parley.db", Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // some tests close it themselves
	return s
}

func addUser(ctx context.Context, tx *ent.Tx, name string) error {
	return tx.User.Create().SetID(uuid.New()).SetUsername(name).SetUsernameKey(name).SetCreatedAt(time.Now().UTC()).Exec(ctx)
}

// A database that a later release has migrated is refused, and not a byte of it changes.
func TestNewerDatabaseIsRefusedUntouched(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "parley.db")
	if err := open(t, dir).Close(); err != nil {
		t.Fatal(err)
	}
	pool, err := sql.Open("sqlite3", file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99990101000000, 1)"); err != nil {
		t.Fatal(err)
	}
	if err := pool.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), Options{URL: "sqlite:" + file}); !errors.Is(err, ErrNewer) {
		t.Errorf("got %v, want ErrNewer", err)
	}
	after, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file was touched (%v)", err)
	}
}

// goose locks nothing: without a lock of ours all but one of these fail or run a migration twice.
func TestManyStartsMigrateOnce(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			s, err := Open(t.Context(), Options{URL: "sqlite:parley.db", Dir: dir})
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Ping(t.Context()); err != nil {
				t.Error(err)
			}
			_ = s.Close()
		})
	}
	wg.Wait()
}

func TestWriteIsAllOrNothing(t *testing.T) {
	s := open(t, t.TempDir())
	ctx := t.Context()
	boom := errors.New("boom")
	if err := s.Write(ctx, func(tx *ent.Tx) error { return errors.Join(addUser(ctx, tx, "ann"), boom) }); !errors.Is(err, boom) {
		t.Errorf("got %v, want boom", err)
	}
	func() {
		defer func() { _ = recover() }()
		_ = s.Write(ctx, func(tx *ent.Tx) error { _ = addUser(ctx, tx, "bob"); panic("boom") })
	}()
	if n, err := s.Read.User.Query().Count(ctx); err != nil || n != 0 {
		t.Errorf("%d users, %v; want none", n, err)
	}
	if err := s.Write(ctx, func(tx *ent.Tx) error { return addUser(ctx, tx, "cleo") }); err != nil {
		t.Errorf("the writer did not survive: %v", err)
	}
	if n, err := s.Read.User.Query().Count(ctx); err != nil || n != 1 {
		t.Errorf("%d users, %v; want one", n, err)
	}
}

func TestReadersCannotWrite(t *testing.T) {
	s := open(t, t.TempDir())
	err := s.Read.User.Create().SetID(uuid.New()).SetUsername("ann").SetUsernameKey("ann").SetCreatedAt(time.Now()).Exec(t.Context())
	if err == nil {
		t.Error("a reader wrote")
	}
}

// View sees one state, whatever is committed meanwhile.
func TestViewIsOneState(t *testing.T) {
	s := open(t, t.TempDir())
	ctx := t.Context()
	err := s.View(ctx, func(c *ent.Client) error {
		if n, err := c.User.Query().Count(ctx); err != nil || n != 0 {
			t.Errorf("%d users, %v", n, err)
		}
		if err := s.Write(ctx, func(tx *ent.Tx) error { return addUser(ctx, tx, "ann") }); err != nil {
			return err
		}
		n, err := c.User.Query().Count(ctx)
		if n != 0 {
			t.Error("the view saw a later commit")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if n, _ := s.Read.User.Query().Count(ctx); n != 1 {
		t.Error("the commit is not there after the view")
	}
}

func TestForeignKeysHold(t *testing.T) {
	s := open(t, t.TempDir())
	ctx := t.Context()
	err := s.Write(ctx, func(tx *ent.Tx) error {
		return tx.Room.Create().SetID(uuid.New()).SetCreatedBy(uuid.New()).SetName("x").SetNameKey("x").
			SetCreatedAt(time.Now()).SetLastAt(time.Now()).Exec(ctx)
	})
	if !ent.IsConstraintError(err) {
		t.Errorf("a room without an owner: got %v, want a constraint error", err)
	}
}

func TestUnknownURLIsRefused(t *testing.T) {
	for _, url := range []string{"", "parley.db", "sqlite:", "mysql://x"} {
		if _, err := Open(t.Context(), Options{URL: url, Dir: t.TempDir()}); err == nil {
			t.Errorf("%q was opened", url)
		}
	}
}
