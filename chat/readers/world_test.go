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
	"parley/chat/roomlog"
	"parley/db"
	"parley/db/dbtest"
	"parley/db/dbtest/migrated"
	"parley/ent"
	entroom "parley/ent/room"
	"parley/ent/user"
)

// world is a service over a real database.
type world struct {
	*chat.Service
	t     testing.TB
	store *db.Store
	stop  func()                 // ends the background work
	reads atomic.Pointer[func()] // called before each statement that reads; nil: nobody is told
}

func newWorld(t testing.TB, notifier chat.Notifier, interval time.Duration) *world {
	t.Helper()
	w, dir := &world{t: t}, t.TempDir()
	var err error
	w.store, err = db.Open(t.Context(), db.Options{Patience: dbtest.Patience, URL: dbtest.URL(t, dir), Dir: dir, Trace: func(_ context.Context, s any) {
		text, _ := s.(string)
		if told := w.reads.Load(); told != nil && strings.Contains(text, "SELECT") {
			(*told)()
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
	w.stop = w.start(notifier, interval)
	t.Cleanup(w.stop)
	return w
}

// start has a service run until stop is called.
func (w *world) start(notifier chat.Notifier, interval time.Duration) (stop func()) {
	w.Service = chat.New(w.store, chat.Options{
		Notifier: notifier, HeadsInterval: interval, FindPerson: w.find, OnError: func(err error) { w.t.Error(err) },
	})
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
	var n atomic.Int32
	count := func() { n.Add(1) }
	w.reads.Store(&count)
	do()
	w.reads.Store(nil)
	return int(n.Load())
}

// between does something once so many statements of what else is done have read. It returns whether there was one more.
func (w *world) between(reads int, meanwhile, do func()) (was bool) {
	var n atomic.Int32
	told := func() {
		if int(n.Add(1)) == reads+1 {
			w.reads.Store(nil)
			was = true
			meanwhile()
		}
	}
	w.reads.Store(&told)
	do()
	w.reads.Store(nil)
	return was
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

// owner is who has made a room.
func (w *world) owner(room uuid.UUID) chat.Caller {
	w.t.Helper()
	made, err := w.store.Read.User.Query().Where(user.HasRoomsWith(entroom.ID(room))).Only(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return chat.Caller{ID: made.ID, Username: made.Username}
}

// join has a room's owner make somebody a member.
func (w *world) join(room uuid.UUID, who chat.Caller) {
	w.t.Helper()
	if _, err := w.AddMember(w.t.Context(), w.owner(room), room.String(), who.Username, nil); err != nil {
		w.t.Fatal(err)
	}
}

// remove has them end it.
func (w *world) remove(room uuid.UUID, who chat.Caller) {
	w.t.Helper()
	if _, err := w.RemoveMember(w.t.Context(), w.owner(room), room.String(), who.Username); err != nil {
		w.t.Fatal(err)
	}
}

// rename has them give the room another name.
func (w *world) rename(room uuid.UUID, name string) {
	w.t.Helper()
	if _, err := w.UpdateRoom(w.t.Context(), w.owner(room), room.String(), chat.RoomChange{Name: &name}); err != nil {
		w.t.Fatal(err)
	}
}

// find finds people by their names.
func (w *world) find(ctx context.Context, name string) (chat.Caller, error) {
	row, err := w.store.Read.User.Query().Where(user.Username(name)).Only(ctx)
	if err != nil {
		return chat.Caller{}, err
	}
	return chat.Caller{ID: row.ID, Username: row.Username}, nil
}

func TestMain(m *testing.M) { os.Exit(migrated.Main(m)) }

var _ chat.Notifier = (*broker.Memory)(nil)
