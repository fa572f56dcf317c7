package invites_test

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/auth"
	"parley/auth/invites"
	"parley/db"
	"parley/db/dbtest"
	"parley/db/dbtest/migrated"
	"parley/ent"
)

func TestMain(m *testing.M) { os.Exit(migrated.Main(m)) }

// world is a database with a clock that stands still until it is told.
type world struct {
	t     *testing.T
	store *db.Store
	now   time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	dir := t.TempDir()
	store, err := db.Open(t.Context(), db.Options{Patience: dbtest.Patience, URL: dbtest.URL(t, dir), Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return &world{t: t, store: store, now: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}
}

func (w *world) write(fn func(context.Context, *ent.Tx) error) error {
	return w.store.Write(w.t.Context(), func(tx *ent.Tx) error { return fn(w.t.Context(), tx) })
}

// admin is the id of a new server admin.
func (w *world) admin(name string) uuid.UUID {
	w.t.Helper()
	id := uuid.New()
	err := w.write(func(ctx context.Context, tx *ent.Tx) error {
		return tx.User.Create().SetID(id).SetUsername(name).SetUsernameKey(name).SetPasswordHash("x").SetCreatedAt(w.now).SetAdmin(true).Exec(ctx)
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// become changes what somebody is, and nothing else.
func (w *world) become(who uuid.UUID, change func(*ent.UserUpdateOne)) {
	w.t.Helper()
	err := w.write(func(ctx context.Context, tx *ent.Tx) error {
		row := tx.User.UpdateOneID(who)
		change(row)
		return row.Exec(ctx)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// wish stores the invite that is wished for; by uuid.Nil: the shell.
func (w *world) wish(by uuid.UUID, wish invites.Wish) (made *auth.Invite, err error) {
	w.t.Helper()
	wanted, err := invites.New(wish, by, w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	err = w.write(func(ctx context.Context, tx *ent.Tx) error {
		made, err = invites.Store(ctx, tx, wanted)
		return err
	})
	return made, err
}

// invite does that where it must be.
func (w *world) invite(by uuid.UUID, wish invites.Wish) *auth.Invite {
	w.t.Helper()
	made, err := w.wish(by, wish)
	if err != nil {
		w.t.Fatal(err)
	}
	return made
}

// use counts a use of an invite, by its code.
func (w *world) use(i *auth.Invite) error {
	return w.write(func(ctx context.Context, tx *ent.Tx) error {
		id, err := invites.Use(ctx, tx, i.Code, w.now)
		if err == nil && id != i.ID {
			w.t.Errorf("the code of %v used %v", i.ID, id)
		}
		return err
	})
}

// live are the ids of the invites that are listed.
func (w *world) live() (ids []uuid.UUID) {
	w.t.Helper()
	list, err := invites.List(w.t.Context(), w.store.Read, w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, i := range list {
		ids = append(ids, i.ID)
	}
	return ids
}

// wantOpen wants a code to let somebody in, or to let nobody in, by all that can be asked of it. It uses nothing.
func (w *world) wantOpen(what string, i *auth.Invite, open bool) {
	w.t.Helper()
	listed := len(w.live()) == 1
	found := invites.Find(w.t.Context(), w.store.Read, i.Code, w.now)
	undone := errors.New("undone")
	used := w.write(func(ctx context.Context, tx *ent.Tx) error {
		if _, err := invites.Use(ctx, tx, i.Code, w.now); err != nil {
			return err
		}
		return undone
	})
	if open && (!listed || found != nil || !errors.Is(used, undone)) {
		w.t.Errorf("%s: listed: %v; found: %v; used: %v", what, listed, found, used)
	}
	if !open && (listed || !errors.Is(found, invites.ErrClosed) || !errors.Is(used, invites.ErrClosed)) {
		w.t.Errorf("%s: listed: %v; found: %v; used: %v", what, listed, found, used)
	}
}

// Fifty at once with a code for so many: so many are in, and no use is lost or counted twice.
func TestUsesAreCountedAtOnce(t *testing.T) {
	w := newWorld(t)
	for _, uses := range []int{1, 7} {
		i := w.invite(uuid.Nil, invites.Wish{Uses: &uses})
		var all sync.WaitGroup
		var mu sync.Mutex
		in := 0
		for range 50 {
			all.Go(func() {
				err := w.use(i)
				if err != nil && !errors.Is(err, invites.ErrClosed) {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					in++
				}
			})
		}
		all.Wait()
		row, err := w.store.Read.ServerInvite.Get(t.Context(), i.ID)
		if err != nil || in != uses || *row.UsesLeft != 0 || *row.Uses != uses {
			t.Errorf("%d are in with a code for %d; %v, %v", in, uses, row, err)
		}
		w.wantOpen("used up", i, false)
	}
}

// An invite ends by itself, and with what its maker is; what a maker is again, it is again. The shell's has no maker.
func TestInvitesEnd(t *testing.T) {
	w := newWorld(t)
	root := w.admin("root")
	i := w.invite(root, invites.Wish{Uses: new(2), Until: new(w.now.Add(time.Hour))})
	w.wantOpen("at first", i, true)
	for _, c := range []struct {
		what      string
		end, undo func(*ent.UserUpdateOne)
	}{
		{"an admin no more", func(row *ent.UserUpdateOne) { row.ClearAdmin() }, func(row *ent.UserUpdateOne) { row.SetAdmin(true) }},
		{"disabled", func(row *ent.UserUpdateOne) { row.SetDisabledAt(w.now) }, func(row *ent.UserUpdateOne) { row.ClearDisabledAt() }},
		{"deleted", func(row *ent.UserUpdateOne) { row.SetDeletedAt(w.now) }, func(row *ent.UserUpdateOne) { row.ClearDeletedAt() }},
	} {
		w.become(root, c.end)
		w.wantOpen(c.what, i, false)
		w.become(root, c.undo)
		w.wantOpen("not "+c.what, i, true)
	}
	if err := w.use(i); err != nil {
		t.Error(err)
	}
	w.wantOpen("once used", i, true)
	w.now = w.now.Add(time.Hour - time.Millisecond)
	w.wantOpen("just before its end", i, true)
	w.now = w.now.Add(time.Millisecond)
	w.wantOpen("at its end", i, false)

	free := w.invite(uuid.Nil, invites.Wish{Uses: new(0)})
	for range 3 {
		if err := w.use(free); err != nil {
			t.Error(err)
		}
	}
	w.now = w.now.AddDate(1000, 0, 0)
	w.wantOpen("the shell's", free, true)
	if err := w.write(func(ctx context.Context, tx *ent.Tx) error { return invites.Delete(ctx, tx, free.ID) }); err != nil {
		t.Error(err)
	}
	w.wantOpen("deleted", free, false)
	if err := w.write(func(ctx context.Context, tx *ent.Tx) error { return invites.Delete(ctx, tx, free.ID) }); !errors.Is(err, auth.ErrNoInvite) {
		t.Errorf("deleted again: %v", err)
	}
}
