package bots

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/auth"
	"parley/auth/rows"
	"parley/auth/sessions/recent"
	"parley/db"
	"parley/db/dbtest"
	"parley/ent"
)

// world is the bots of a database, with a clock that stands still.
type world struct {
	*Bots
	t          *testing.T
	now        time.Time
	told       []uuid.UUID
	statements atomic.Int64
	delay      atomic.Pointer[func()] // before each statement
}

func start(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}
	dir := t.TempDir()
	store, err := db.Open(t.Context(), db.Options{Patience: dbtest.Patience, URL: dbtest.URL(t, dir), Dir: dir, Trace: func(context.Context, any) {
		w.statements.Add(1)
		if wait := w.delay.Load(); wait != nil {
			(*wait)()
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	w.Bots = New(&rows.Store{Store: store, Clock: func() time.Time { return w.now }}, func(ids []uuid.UUID) { w.told = append(w.told, ids...) })
	return w
}

// make stores a bot as another node does, and returns its token.
func (w *world) make(username string) (id uuid.UUID, token string) {
	w.t.Helper()
	wanted, err := Wish{Username: username}.Read(w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	made := w.write(func(ctx context.Context, tx *ent.Tx) (auth.BotToken, error) { return Store(ctx, tx, wanted, 10) })
	return made.Bot.ID, *made.Token
}

func (w *world) renew(id uuid.UUID) (token string) {
	w.t.Helper()
	return *w.write(func(ctx context.Context, tx *ent.Tx) (auth.BotToken, error) { return Renew(ctx, tx, id) }).Token
}

func (w *world) write(do func(context.Context, *ent.Tx) (auth.BotToken, error)) (made auth.BotToken) {
	w.t.Helper()
	err := w.store.Write(w.t.Context(), func(ctx context.Context, tx *ent.Tx) (err error) {
		made, err = do(ctx, tx)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return made
}

// rows are all bots as a look finds them.
func (w *world) rows() []*ent.User {
	w.t.Helper()
	found, err := w.query(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

func (w *world) want(token string, want error) auth.Identity {
	w.t.Helper()
	who, err := w.Identify(w.t.Context(), auth.Secret(token))
	if !errors.Is(err, want) {
		w.t.Fatalf("got %v, want %v", err, want)
	}
	return who
}

func TestTokensAreAllDifferent(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		token, sum := newToken()
		if seen[token] || !IsToken(token) || len(token) != len(prefix)+43 || len(sum) != 32 {
			t.Fatalf("%d characters, %d bytes", len(token), len(sum))
		}
		seen[token] = true
	}
	for _, text := range []string{"", "parley_bot", "Parley_bot_x", " parley_bot_x", "eyJhbGciOiJIUzI1NiJ9.e30.x"} {
		if IsToken(text) {
			t.Errorf("%q is taken for one", text)
		}
	}
}

// All who ask at once wait for one query, also when whoever began it has hung up.
func TestOneQueryForAll(t *testing.T) {
	w := start(t)
	_, token := w.make("robot")
	entered, leave := make(chan struct{}), make(chan struct{})
	var once sync.Once
	wait := func() { once.Do(func() { close(entered) }); <-leave }
	w.delay.Store(&wait)
	before := w.statements.Load()
	ctx, hangUp := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = w.Identify(ctx, auth.Secret(token)) })
	<-entered
	hangUp()
	for range 20 {
		wg.Go(func() {
			if _, err := w.Identify(t.Context(), auth.Secret(token)); err != nil {
				t.Errorf("got %v", err)
			}
		})
	}
	close(leave)
	wg.Wait()
	w.delay.Store(nil)
	queries := w.statements.Load() - before
	w.now = w.now.Add(recent.Trust)
	before = w.statements.Load()
	w.want(token, nil)
	if one := w.statements.Load() - before; queries != one {
		t.Errorf("%d statements for all, and %d for one", queries, one)
	}
}

// What was read of a bot while this node changed it is not believed, whichever of both was first.
func TestReadsThatAreOvertaken(t *testing.T) {
	w := start(t)
	id, token := w.make("robot")
	old := w.want(token, nil)
	before, changes := w.rows(), w.changes
	fresh := w.renew(id)
	w.Changed(id)
	if ended := w.take(before, w.now, changes); ended != nil {
		t.Errorf("it has ended %v", ended)
	}
	w.want(token, auth.ErrUnauthenticated)
	who := w.want(fresh, nil)
	if !slices.Equal(w.told, []uuid.UUID{old.SessionID}) {
		t.Errorf("%v have ended, want %v", w.told, old.SessionID)
	}
	w.Changed(id) // it may have been: nobody knows what became of it
	if again := w.want(fresh, nil); again.SessionID == who.SessionID || !slices.Contains(w.told, who.SessionID) {
		t.Errorf("its session goes on, and %v have ended", w.told)
	}
	w.want(token, auth.ErrUnauthenticated)
}

// What other nodes have ended is found however many bots this one changes meanwhile. It was not while each look took longer than the time
// between two changes.
func TestChangesHereHideNoEndElsewhere(t *testing.T) {
	w := start(t)
	id, token := w.make("robot")
	other, others := w.make("other")
	gone := w.want(token, nil)
	w.want(others, nil)
	renewed := w.renew(id)
	change := func() { w.Changed(other) }
	w.delay.Store(&change) // with each statement of each look
	if err := w.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(w.told, gone.SessionID) {
		t.Fatal("the end of the other token was not found")
	}
	w.want(token, auth.ErrUnauthenticated)
	w.want("parley_bot_junk", auth.ErrUnauthenticated)
	w.want(renewed, nil)
	w.delay.Store(nil)
	w.want(others, nil)
}

// A look ends what another node has ended, and nothing else.
func TestLookEndsWhatIsGone(t *testing.T) {
	w := start(t)
	id, token := w.make("robot")
	_, stays := w.make("other")
	old, kept := w.want(token, nil), w.want(stays, nil)
	w.renew(id)
	for range 3 {
		if err := w.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(w.told, []uuid.UUID{old.SessionID}) {
		t.Errorf("%v have ended, want %v", w.told, old.SessionID)
	}
	if again := w.want(stays, nil); again.SessionID != kept.SessionID {
		t.Error("the other bot has another session")
	}
	w.want(strings.ToUpper(stays), auth.ErrUnauthenticated)
}
