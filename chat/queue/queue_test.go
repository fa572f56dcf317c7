package queue_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/chat/members"
	"parley/chat/queue"
	"parley/chat/roomlog"
	"parley/db"
	"parley/db/dbtest"
	"parley/db/dbtest/migrated"
	"parley/ent"
	entchat "parley/ent/chat"
	"parley/ent/roomevent"
)

func TestMain(m *testing.M) { os.Exit(migrated.Main(m)) }

var errRefused = errors.New("refused")

// fixture is a queue over a real database with a room and two people.
type fixture struct {
	*queue.Queue
	t        *testing.T
	store    *db.Store
	room     uuid.UUID
	ann, bob uuid.UUID
	made     time.Time // the room
	start    func()
}

func newFixture(t *testing.T, o queue.Options) *fixture {
	t.Helper()
	dir := t.TempDir()
	store, err := db.Open(t.Context(), db.Options{Patience: dbtest.Patience, URL: dbtest.URL(t, dir), Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{t: t, store: store, room: uuid.New(), ann: uuid.New(), bob: uuid.New(), made: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}
	err = store.Write(t.Context(), func(tx *ent.Tx) error {
		for name, id := range map[string]uuid.UUID{"ann": f.ann, "bob": f.bob} {
			if err := tx.User.Create().SetID(id).SetUsername(name).SetUsernameKey(name).SetCreatedAt(f.made).Exec(t.Context()); err != nil {
				return err
			}
		}
		return tx.Room.Create().SetID(f.room).SetCreatedBy(f.ann).SetName("general").SetNameKey("general").SetCreatedAt(f.made).SetLastAt(f.made).Exec(t.Context())
	})
	if err != nil {
		t.Fatal(err)
	}
	o.Entries, o.BatchEntries, o.Committed = 1000, 1000, func(...roomlog.Commit) {}
	o.Tell = func(context.Context, ...members.Record) {}
	o.Now = func() time.Time { return f.made.Add(time.Hour) }
	f.Queue = queue.New(store, roomlog.New(store), o)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var running sync.WaitGroup
	f.start = sync.OnceFunc(func() { running.Go(func() { f.Run(ctx) }) })
	t.Cleanup(func() {
		stop()
		running.Wait()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// together stores sends in one transaction, in this order, and returns what each came to.
func (f *fixture) together(sends ...queue.Send) (chats []*roomlog.Chat, errs []error) {
	f.t.Helper()
	chats, errs = make([]*roomlog.Chat, len(sends)), make([]error, len(sends))
	var all sync.WaitGroup
	for i := range sends {
		all.Go(func() { chats[i], errs[i] = f.Store(f.t.Context(), &sends[i]) })
		for end := time.Now().Add(2 * time.Minute); f.Stats().Queued <= i; {
			if time.Now().After(end) {
				f.t.Fatalf("only %d sends wait", f.Stats().Queued)
			}
		}
	}
	f.start()
	all.Wait()
	return chats, errs
}

func (f *fixture) send(from uuid.UUID) queue.Send {
	return queue.Send{ID: uuid.New(), Room: f.room, UserID: from, Username: "x", Text: "hi"}
}

// wantLog wants the room's counters, its log and its chats to say the same.
func (f *fixture) wantLog(chats int) {
	f.t.Helper()
	room, err := f.store.Read.Room.Get(f.t.Context(), f.room)
	if err != nil {
		f.t.Fatal(err)
	}
	log, err := f.store.Read.RoomEvent.Query().Where(roomevent.RoomID(f.room)).Order(ent.Asc(roomevent.FieldPlace)).All(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	rows, err := f.store.Read.Chat.Query().Where(entchat.RoomID(f.room)).All(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	authors := map[uuid.UUID]uuid.UUID{}
	for _, c := range rows {
		authors[c.ID] = c.UserID
	}
	stored := len(rows)
	var tag int64
	at := f.made
	for i, e := range log {
		if e.Place != int64(i+1) || e.Number != i+1 {
			f.t.Errorf("event %d has place %d and number %d", i+1, e.Place, e.Number)
		}
		if e.ChatID == nil || authors[*e.ChatID] != e.ActorID {
			f.t.Errorf("event %d is of somebody else than its chat", i+1)
		}
		tag, at = e.Tag, e.At
	}
	if len(log) != chats || stored != chats || room.LastPlace != int64(chats) || room.LastNumber != chats || room.LastTag != tag || !room.LastAt.Equal(at) {
		f.t.Errorf("%d events, %d chats, room %v; want %d", len(log), stored, room, chats)
	}
}

// judge asks about one send after the other.
func judge(may func(*queue.Send) error) queue.Judge {
	return func(_ context.Context, _ *ent.Tx, _ *ent.Room, sends []*queue.Send) ([]queue.Verdict, error) {
		verdicts := make([]queue.Verdict, len(sends))
		for i, s := range sends {
			verdicts[i].Refused = may(s)
		}
		return verdicts, nil
	}
}

// Who may not send is refused in the transaction that stores the others, and leaves no hole in the log.
func TestRefusedSendsLeaveNoHole(t *testing.T) {
	var f *fixture
	f = newFixture(t, queue.Options{MaySend: judge(func(s *queue.Send) error {
		if s.UserID == f.bob {
			return errRefused
		}
		return nil
	})})
	var sends []queue.Send
	for i := range 30 {
		sends = append(sends, f.send([]uuid.UUID{f.bob, f.ann, f.bob}[i%3]))
	}
	sends[1].ID = sends[0].ID // of two who use one id, who is refused does not have it
	chats, errs := f.together(sends...)
	for i := range sends {
		if mine := i%3 == 1; mine && (errs[i] != nil || chats[i].Number != i/3+1) || !mine && !errors.Is(errs[i], errRefused) {
			t.Errorf("send %d: %v, %v", i, chats[i], errs[i])
		}
	}
	if b := f.Stats().BatchSize; b.Sum != 30 || slices.Max(b.Counts) != 1 {
		t.Errorf("batches %+v, want one of 30", b)
	}
	f.wantLog(10)
}

// Of two who use one id the second is stored when the first is refused, in the log too: there were as many events as had
// been reserved, so those of the first stayed.
func TestOneIDRefusedOnce(t *testing.T) {
	var f *fixture
	f = newFixture(t, queue.Options{MaySend: judge(func(s *queue.Send) error {
		if s.UserID == f.bob {
			return errRefused
		}
		return nil
	})})
	first, second := f.send(f.bob), f.send(f.ann)
	second.ID = first.ID
	if chats, errs := f.together(first, second); !errors.Is(errs[0], errRefused) || errs[1] != nil || chats[1].UserID != f.ann {
		t.Errorf("%v, %v", chats, errs)
	}
	f.wantLog(1)
}

// Where all are refused the log ends where it ended, also at its start.
func TestRefusedTogetherChangeNothing(t *testing.T) {
	refuse := true
	f := newFixture(t, queue.Options{MaySend: judge(func(*queue.Send) error {
		if refuse {
			return errRefused
		}
		return nil
	})})
	_, errs := f.together(f.send(f.ann), f.send(f.bob))
	if slices.ContainsFunc(errs, func(err error) bool { return !errors.Is(err, errRefused) }) {
		t.Error(errs)
	}
	f.wantLog(0)
	refuse = false
	one := f.send(f.ann)
	if _, err := f.Store(t.Context(), &one); err != nil {
		t.Fatal(err)
	}
	refuse = true
	two := f.send(f.ann)
	if _, err := f.Store(t.Context(), &two); !errors.Is(err, errRefused) {
		t.Error(err)
	}
	f.wantLog(1)
}

// A known id is answered with its chat only to its sender, and only while they may read the room.
func TestKnownIDIsJudged(t *testing.T) {
	hidden := false
	f := newFixture(t, queue.Options{
		MaySend: judge(func(*queue.Send) error { return nil }),
		MayRead: judge(func(*queue.Send) error {
			if hidden {
				return errRefused
			}
			return nil
		}),
	})
	f.start()
	one := f.send(f.ann)
	one.Chosen = true
	for _, hide := range []bool{false, false, true} {
		hidden = hide
		c, err := f.Store(t.Context(), &one)
		if hide && !errors.Is(err, errRefused) || !hide && (err != nil || c.Number != 1) {
			t.Errorf("hidden %v: %v, %v", hide, c, err)
		}
	}
	other := one
	other.UserID = f.bob
	if _, err := f.Store(t.Context(), &other); !errors.Is(err, queue.ErrIDTaken) {
		t.Error(err)
	}
	f.wantLog(1)
}
