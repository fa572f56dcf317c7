package chat_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"parley/broker"
	"parley/chat"
	"parley/chat/follow"
	"parley/chat/follow/logtest"
	"parley/chat/roomlog"
	"parley/db"
	"parley/db/dbtest"
	"parley/db/dbtest/migrated"
	"parley/ent"
	"parley/ent/user"
)

// world is a service over a real database in a temporary folder.
type world struct {
	*chat.Service
	t     testing.TB
	dir   string
	store *db.Store
	stop  func() // ends Run and waits for it
}

func newWorld(t testing.TB, o chat.Options) *world {
	t.Helper()
	return openWorld(t, t.TempDir(), o)
}

func openWorld(t testing.TB, dir string, o chat.Options) *world {
	t.Helper()
	return traceWorld(t, dir, o, nil)
}

// traceWorld is a world whose statements are told to trace.
func traceWorld(t testing.TB, dir string, o chat.Options, trace func(context.Context, any)) *world {
	t.Helper()
	return worldOn(t, db.Options{Patience: dbtest.Patience, URL: dbtest.URL(t, dir), Dir: dir, Trace: trace}, o)
}

// worldOn is a world on a database. When the test is over, nothing of it may be left running.
func worldOn(t testing.TB, on db.Options, o chat.Options) *world {
	t.Helper()
	before := goleak.IgnoreCurrent()
	store, err := db.Open(t.Context(), on)
	if err != nil {
		t.Fatal(err)
	}
	w := runWorld(t, store, on.Dir, o)
	t.Cleanup(func() {
		w.stop()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
		nothingLeft(t, before)
	})
	return w
}

// runWorld runs a service on a database until stop is called.
func runWorld(t testing.TB, store *db.Store, dir string, o chat.Options) *world {
	if o.Notifier == nil {
		o.Notifier = &broker.Memory{}
	}
	if o.FindPerson == nil {
		o.FindPerson = findPerson(store)
	}
	w := &world{Service: chat.New(store, o), t: t, dir: dir, store: store}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := w.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	w.stop = sync.OnceFunc(func() { cancel(); wg.Wait() })
	return w
}

// nothingLeft waits until no goroutine runs but those of before.
func nothingLeft(t testing.TB, before goleak.Option) {
	t.Helper()
	for end := time.Now().Add(timeout); ; {
		err := goleak.Find(before) // which waits a little itself
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Error(err)
			return
		}
	}
}

// findPerson finds people as auth does, as far as that matters here.
func findPerson(store *db.Store) func(context.Context, string) (chat.Caller, error) {
	return func(ctx context.Context, nameOrID string) (chat.Caller, error) {
		is := user.UsernameKey(strings.ToLower(nameOrID))
		if id, err := uuid.Parse(nameOrID); err == nil {
			is = user.ID(id)
		}
		row, err := store.Read.User.Query().Where(is, user.DeletedAtIsNil()).Only(ctx)
		if ent.IsNotFound(err) {
			return chat.Caller{}, chat.ErrNoPerson
		}
		if err != nil {
			return chat.Caller{}, err
		}
		return chat.Caller{ID: row.ID, Username: row.Username, Bot: row.Bot != nil && *row.Bot}, nil
	}
}

// person makes an account's row; what auth adds to it does not matter here.
func (w *world) person(name string) chat.Caller {
	w.t.Helper()
	p := chat.Caller{ID: uuid.New(), Username: name}
	err := w.store.Write(w.t.Context(), func(tx *ent.Tx) error {
		return tx.User.Create().SetID(p.ID).SetUsername(name).SetUsernameKey(strings.ToLower(name)).SetCreatedAt(time.Now().UTC()).Exec(w.t.Context())
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func (w *world) room(owner chat.Caller, name string) *roomlog.Room {
	w.t.Helper()
	r, err := w.CreateRoom(w.t.Context(), owner, chat.NewRoom{Name: name})
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *world) send(from chat.Caller, room, text string) *roomlog.Chat {
	w.t.Helper()
	c, err := w.Send(w.t.Context(), from, chat.Draft{Room: room, Text: text})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// stream is what somebody follows.
type stream struct {
	t     testing.TB
	chats <-chan *roomlog.Chat
	ended chan error
	stop  func()
}

func (w *world) follow(reader chat.Caller, room string, after *string) *stream {
	w.t.Helper()
	from, err := w.Open(w.t.Context(), reader, room, after)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(w.t.Context())
	chats := make(chan *roomlog.Chat)
	s := &stream{t: w.t, chats: chats, ended: make(chan error, 1), stop: cancel}
	wake, notify := logtest.Wake()
	tail := w.Follow(from, notify) // before anything else can be sent
	go func() {
		defer close(chats)
		defer tail.Leave()
		err := pump(ctx, tail, wake, from.At, func(e *roomlog.Event) bool {
			if e.Kind != roomlog.ChatSent {
				return true
			}
			select {
			case chats <- e.Chat:
				return true
			case <-ctx.Done():
				return false
			}
		})
		if ctx.Err() == nil {
			s.ended <- err
		}
	}()
	w.t.Cleanup(func() {
		cancel()
		s.drain()
	})
	return s
}

// pump shows what follows a position until ctx ends, the log does, or show has enough.
func pump(ctx context.Context, tail *follow.Tail, wake <-chan struct{}, at roomlog.Position, show func(*roomlog.Event) bool) error {
	over := false
	err := logtest.Reader[*roomlog.Event]{
		Next: func(ctx context.Context) ([]*roomlog.Event, error) { return tail.Next(ctx, at) },
		Show: func(e *roomlog.Event) bool {
			more := show(e)
			at, over = e.Position(), e.Kind == roomlog.RoomDeleted
			return more && !over
		},
		Final: func(err error) bool { return errors.Is(err, roomlog.ErrDiverged) },
		Wake:  wake,
	}.Run(ctx)
	if over {
		return chat.ErrNoRoom
	}
	return err
}

// drain takes what comes until the stream is closed.
func (s *stream) drain() {
	s.t.Helper()
	late := time.After(timeout)
	for {
		select {
		case _, open := <-s.chats:
			if !open {
				return
			}
		case <-late:
			s.t.Error("the stream is never closed")
			return
		}
	}
}

// timeout is how long a test waits for what must happen; it never decides what is right.
const timeout = 5 * time.Minute

func (s *stream) next() *roomlog.Chat {
	s.t.Helper()
	select {
	case c, ok := <-s.chats:
		if !ok {
			s.t.Fatal("the stream was closed")
		}
		return c
	case <-time.After(timeout):
		s.t.Fatal("no chat came")
		return nil
	}
}

// end waits for the stream to end for good, and returns why.
func (s *stream) end() error {
	s.t.Helper()
	select {
	case err := <-s.ended:
		return err
	case <-time.After(timeout):
		s.t.Fatal("the stream did not end")
		return nil
	}
}

func wantErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got error %v, want %v", err, want)
	}
}

// wantInvalid wants a bad argument, by field and reason.
func wantInvalid(t *testing.T, err error, field, reason string) {
	t.Helper()
	var bad *chat.InvalidError
	if !errors.As(err, &bad) || bad.Field != field || bad.Reason != reason {
		t.Errorf("got error %v, want %s of %s", err, reason, field)
	}
}

func ptr[T any](v T) *T { return &v }

func TestMain(m *testing.M) { os.Exit(migrated.Main(m)) }

// await waits until something holds that nobody is told of.
func (w *world) await(what string, holds func() bool) {
	w.t.Helper()
	for end := time.Now().Add(timeout); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("in vain waited for: %s", what)
		}
	}
}
