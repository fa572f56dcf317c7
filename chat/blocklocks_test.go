package chat_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/chat"
	"parley/chat/roomlog"
	"parley/db/dbtest"
	"parley/ent"
)

// interrupted is a world in which something can be done right before somebody is locked.
type interrupted struct {
	*world
	before atomic.Pointer[func()]
	locks  atomic.Int32 // of people, that were asked for
}

// newInterrupted needs a database that has several transactions at once.
func newInterrupted(t *testing.T) *interrupted {
	t.Helper()
	if !dbtest.OnPostgres() {
		t.Skip("only on Postgres: SQLite has one transaction at a time")
	}
	w := &interrupted{}
	w.world = traceWorld(t, t.TempDir(), chat.Options{}, func(_ context.Context, s any) {
		if text, _ := dbtest.TextOf(s); strings.HasPrefix(text, `UPDATE "users"`) {
			w.locks.Add(1)
			if do := w.before.Swap(nil); do != nil {
				(*do)()
			}
		}
	})
	return w
}

// beforeLock does something before a person is locked the next time.
func (w *interrupted) beforeLock(do func()) {
	w.locks.Store(0)
	w.before.Store(&do)
}

// awaitLock waits until a transaction waits for another.
func (w *interrupted) awaitLock() {
	pool := dbtest.Pool(w.t, w.dir)
	for end := time.Now().Add(timeout); ; time.Sleep(time.Millisecond) {
		var waiting int
		err := pool.QueryRowContext(w.t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting)
		if waiting > 0 || err != nil || time.Now().After(end) {
			if waiting == 0 {
				w.t.Errorf("nobody waits: %v", err)
			}
			return
		}
	}
}

// Whoever is blocked while they add somebody to a room has not added them. (It was asked before that person was locked: she was
// in the room after her block had been answered.)
func TestBlockDuringAddMember(t *testing.T) {
	w := newInterrupted(t)
	ann, bob := w.person("ann"), w.person("bob")
	in := w.private(bob, "of bob")
	w.beforeLock(func() { w.block(ann, bob, true) })
	_, err := w.AddMember(t.Context(), bob, in.ID.String(), "ann", nil)
	wantBlocked(t, "bob adds ann", err)
	if m := w.membership(in, ann); m != nil || w.before.Load() != nil || w.roomsVersion(ann) != 0 {
		t.Errorf("ann is in it as %v", m)
	}
}

// A direct room that is opened while one of two is about to block the other is not sent to behind that, by what was granted.
func TestDirectRoomIsOpenedDuringABlock(t *testing.T) {
	w := newInterrupted(t)
	ann, bob := w.person("ann"), w.person("bob")
	var room string
	w.beforeLock(func() {
		opened, err := w.OpenDirectRoom(t.Context(), bob, []string{"ann"})
		if err != nil {
			t.Error(err)
			return
		}
		room = opened.ID.String()
		for range 2 { // is judged, and is remembered
			w.send(bob, room, "x")
		}
	})
	w.block(ann, bob, true)
	_, err := w.Send(t.Context(), bob, chat.Draft{Room: room, Text: "y"})
	wantBlocked(t, "behind the block", err)
}

// A block and a batch that stores chats in the direct room of the two, and makes one of them a member elsewhere, take turns.
// (The block held people when it came to the room: the database had to end one of them, after a second.)
func TestBlockBesideABatch(t *testing.T) {
	w := newInterrupted(t)
	ann, bob := w.person("ann"), w.person("bob")
	opened, err := w.OpenDirectRoom(t.Context(), ann, []string{"bob"})
	if err != nil {
		t.Fatal(err)
	}
	sameLane := func(name string) *roomlog.Room { // they have the end of the id in common
		id := uuid.New()
		id[15] = opened.ID[15]
		made, err := w.CreateRoom(t.Context(), bob, chat.NewRoom{Name: name, ID: ptr(id.String())})
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	held, joined := sameLane("held"), sameLane("joined")
	sent, blocked := make(chan error, 3), make(chan error, 1)
	send := func(who chat.Caller, to *roomlog.Room) {
		go func() {
			_, err := w.Send(t.Context(), who, chat.Draft{Room: to.ID.String(), Text: "x"})
			sent <- err
		}()
	}
	w.write(func(tx *ent.Tx) error { // so long the lane waits, and the two sends come into one batch
		if err := tx.Room.UpdateOneID(held.ID).AddLastPlace(0).Exec(t.Context()); err != nil {
			return err
		}
		send(bob, held)
		w.awaitLock()
		send(bob, opened)
		send(ann, joined)
		w.await("the sends wait", func() bool { return w.Stats().Queue.Queued >= 2 })
		w.beforeLock(func() {
			go func() {
				_, err := w.BlockUser(t.Context(), ann, "bob", true)
				blocked <- err
			}()
			w.awaitLock()
		})
		return nil
	})
	for range 3 {
		if err := <-sent; err != nil {
			t.Error(err)
		}
	}
	if err := <-blocked; err != nil {
		t.Error(err)
	}
	if n := w.locks.Load(); n != 3 || w.membership(joined, ann) == nil { // ann's by the batch, those of both by the block
		t.Errorf("people were locked %d times: a transaction was repeated", n)
	}
}
