package attempts

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parley/auth"
	"parley/auth/passwords"
	"parley/auth/rows"
	"parley/db"
	"parley/db/dbtest"
	"parley/db/dbtest/migrated"
	"parley/limit"
)

func TestAwaitOfTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, all := newInFlight(2*time.Second), []bucket{{id: "x"}}
		f.join(all)
		defer f.leave(all)
		wait := func(ctx context.Context, seen int, want bool, failing error, after time.Duration) {
			t.Helper()
			from := time.Now()
			again, err := f.await(ctx, "x", seen)
			if again != want || !errors.Is(err, failing) || time.Since(from) != after {
				t.Errorf("got %v, %v after %v", again, err, time.Since(from))
			}
		}
		wait(t.Context(), 0, false, nil, 0) // nobody holds a token
		f.hold(all)
		wait(t.Context(), 0, false, auth.ErrBusy, 2*time.Second)
		client, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		wait(client, 0, false, context.DeadlineExceeded, time.Second)
		time.AfterFunc(time.Second, func() { f.release(all, true) })
		wait(t.Context(), 0, true, nil, time.Second)
		wait(t.Context(), 0, true, nil, 0) // given back since it was asked
		f.hold(all)
		time.AfterFunc(time.Second, func() { f.release(all, false) })
		wait(t.Context(), 1, false, nil, time.Second)
	})
}

// However attempts end, nothing of them stays in memory, and of many wrong ones at once only as many are hashed as
// there are tokens.
func TestNothingOfAttemptsStays(t *testing.T) {
	dir := t.TempDir()
	store, err := db.Open(t.Context(), db.Options{Patience: dbtest.Patience, URL: dbtest.URL(t, dir), Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	hasher := passwords.New(passwords.Options{Parallel: 1, Queue: 100, MaxWait: time.Hour, Cost: passwords.Cost{Memory: 8, Passes: 1, Threads: 1}})
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	a := New(&rows.Store{Store: store, Clock: func() time.Time { return now }}, hasher, Options{
		Wrong: limit.Rate{Calls: 3, Per: time.Hour}, MaxWait: time.Hour, Secret: []byte(strings.Repeat("s", 32)), OnError: func(err error) { t.Error(err) },
	})
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			target, err := a.Resolve(t.Context(), "nobody", auth.Client{})
			if err != nil {
				t.Error(err)
				return
			}
			err = a.Try(t.Context(), target, "wrong horse battery", func(*Attempt) error { t.Error("it was right"); return nil })
			if fast := (*auth.RateError)(nil); !errors.Is(err, auth.ErrInvalidCredentials) && !errors.As(err, &fast) {
				t.Errorf("got %v", err)
			}
		})
	}
	all.Wait()
	if made := hasher.Stats().Made; made != 3 || len(a.inFlight.at) != 0 {
		t.Errorf("%d were hashed, and %d entries are left", made, len(a.inFlight.at))
	}
}

func TestMain(m *testing.M) { os.Exit(migrated.Main(m)) }
