package readers_test

import (
	"context"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/broker"
	"parley/chat"
	"parley/chat/access"
	"parley/chat/members"
	"parley/chat/roomlog"
	"parley/db"
	"parley/db/dbtest"
	"parley/ent"
	"parley/ent/member"
)

// world is a service over a real database, and a log of its own, by which people come and go.
type world struct {
	*chat.Service
	t      testing.TB
	store  *db.Store
	log    *roomlog.Log
	notify func(...uuid.UUID)
	counts atomic.Bool
	reads  atomic.Int32 // statements that read, while counts
}

func newWorld(t testing.TB, notifier chat.Notifier, interval time.Duration) *world {
	t.Helper()
	w, dir := &world{t: t}, t.TempDir()
	var err error
	w.store, err = db.Open(t.Context(), db.Options{URL: dbtest.URL(t, dir), Dir: dir, Trace: func(_ context.Context, s any) {
		if text, _ := s.(string); w.counts.Load() && strings.Contains(text, "SELECT") {
			w.reads.Add(1)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.store.Close(); err != nil {
			t.Error(err)
		}
	})
	w.log, w.notify = roomlog.New(w.store), notifier.Notify
	t.Cleanup(w.start(notifier, interval))
	return w
}

// start has a service run until stop is called.
func (w *world) start(notifier chat.Notifier, interval time.Duration) (stop func()) {
	w.Service = chat.New(w.store, chat.Options{Notifier: notifier, HeadsInterval: interval, OnError: func(err error) { w.t.Error(err) }})
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.t.Context()))
	var wg sync.WaitGroup
	service := w.Service
	wg.Go(func() {
		if err := service.Run(ctx); err != nil {
			w.t.Errorf("Run: %v", err)
		}
	})
	return sync.OnceFunc(func() { cancel(); wg.Wait() })
}

// counted returns how many statements of what is done read.
func (w *world) counted(do func()) int {
	w.reads.Store(0)
	w.counts.Store(true)
	do()
	w.counts.Store(false)
	return int(w.reads.Load())
}

func (w *world) write(do func(ctx context.Context, tx *ent.Tx) error) {
	w.t.Helper()
	if err := w.store.Write(w.t.Context(), func(tx *ent.Tx) error { return do(w.t.Context(), tx) }); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) person(name string) chat.Caller {
	p := chat.Caller{ID: uuid.New(), Username: name}
	w.write(func(ctx context.Context, tx *ent.Tx) error {
		return tx.User.Create().SetID(p.ID).SetUsername(name).SetUsernameKey(name).SetCreatedAt(time.Now().UTC()).Exec(ctx)
	})
	return p
}

func (w *world) room(owner chat.Caller, name string) uuid.UUID {
	w.t.Helper()
	r, err := w.CreateRoom(w.t.Context(), owner, chat.NewRoom{Name: name})
	if err != nil {
		w.t.Fatal(err)
	}
	return r.ID
}

// hidden is a room that only its members may know of.
func (w *world) hidden(owner chat.Caller, name string) uuid.UUID {
	w.t.Helper()
	id := w.room(owner, name)
	w.exec("UPDATE rooms SET kind = 'PRIVATE' WHERE id = '" + id.String() + "'")
	return id
}

func (w *world) exec(statement string) {
	w.t.Helper()
	w.write(func(ctx context.Context, tx *ent.Tx) error {
		_, err := tx.ExecContext(ctx, statement)
		return err
	})
}

func (w *world) send(from chat.Caller, room uuid.UUID, text string) *roomlog.Chat {
	w.t.Helper()
	c, err := w.Send(w.t.Context(), from, chat.Draft{Room: room.String(), Text: text})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// change appends an event about somebody to a room's log, with what belongs to it, and tells of it.
func (w *world) change(room uuid.UUID, who chat.Caller, kind roomlog.EventKind, with func(context.Context, *ent.Tx, *roomlog.Reservation) error) {
	w.t.Helper()
	var done roomlog.Commit
	w.write(func(ctx context.Context, tx *ent.Tx) error {
		row, err := tx.Room.Get(ctx, room)
		if err != nil {
			return err
		}
		r, err := w.log.Append(ctx, tx, roomlog.Addition{Room: room, Now: time.Now().UTC().Truncate(time.Millisecond), Events: []roomlog.NewEvent{
			{Kind: kind, Actor: who.ID, Whom: &who, Name: &row.Name},
		}})
		if err != nil {
			return err
		}
		done = r.Commit()
		return with(ctx, tx, r)
	})
	w.notify(append(done.People, done.Room)...)
}

// join makes somebody a member.
func (w *world) join(room uuid.UUID, who chat.Caller) {
	w.t.Helper()
	w.change(room, who, roomlog.MemberJoined, func(ctx context.Context, tx *ent.Tx, r *roomlog.Reservation) error {
		_, err := members.Enter(ctx, tx, room, who.ID, access.Member, r.Room.LastPlace-1, r.Room.LastAt, 1000)
		return err
	})
}

// remove ends it.
func (w *world) remove(room uuid.UUID, who chat.Caller) {
	w.t.Helper()
	w.change(room, who, roomlog.MemberRemoved, func(ctx context.Context, tx *ent.Tx, r *roomlog.Reservation) error {
		if err := tx.Room.UpdateOneID(room).SetRevokedPlace(r.Room.LastPlace).AddAccessVersion(1).Exec(ctx); err != nil {
			return err
		}
		if err := tx.User.UpdateOneID(who.ID).AddRoomsVersion(1).Exec(ctx); err != nil {
			return err
		}
		_, err := tx.Member.Delete().Where(member.RoomID(room), member.UserID(who.ID)).Exec(ctx)
		return err
	})
}

// rename gives a room another name.
func (w *world) rename(room uuid.UUID, name string) {
	w.t.Helper()
	w.change(room, chat.Caller{}, roomlog.RoomUpdated, func(ctx context.Context, tx *ent.Tx, _ *roomlog.Reservation) error {
		return tx.Room.UpdateOneID(room).SetName(name).SetNameKey(name).Exec(ctx)
	})
}

func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }

var _ chat.Notifier = (*broker.Memory)(nil)
