package sessions

import (
	"os"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/audit"
	"parley/auth"
	"parley/auth/keys"
	"parley/auth/rows"
	"parley/auth/sessions/recent"
	"parley/db"
	"parley/db/dbtest"
	"parley/db/dbtest/migrated"
)

// An end is remembered as long as a read can have begun before it, and then leaves the memory.
func TestOldEndsLeaveTheCache(t *testing.T) {
	dir := t.TempDir()
	store, err := db.Open(t.Context(), db.Options{Patience: dbtest.Patience, URL: dbtest.URL(t, dir), Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	ring, err := keys.Parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	s := New(&rows.Store{Store: store, Clock: func() time.Time { return now }}, ring, audit.New(nil, nil, audit.OfSignIn), Defaults())
	s.Ended(t.Context(), Ending{ids: []uuid.UUID{uuid.New(), uuid.New()}, reason: auth.ReasonLogout})
	for _, c := range []struct {
		after time.Duration
		left  int
	}{{recent.EndedStays - 1, 2}, {1, 0}} {
		now = now.Add(c.after)
		if err := s.lookForEnded(t.Context()); err != nil || s.recent.Ends() != c.left {
			t.Errorf("after %v more %d ends are in memory, want %d: %v", c.after, s.recent.Ends(), c.left, err)
		}
	}
}

// Ends are looked for each second, so that one acts on other nodes two seconds later at the latest.
func TestEndsAreLookedForEachSecond(t *testing.T) {
	look := (&Sessions{}).Tasks()[0]
	if look.Name != "look for ended sessions" || look.First > time.Second || look.Every > time.Second {
		t.Errorf("%s: after %v, then every %v", look.Name, look.First, look.Every)
	}
}

func TestMain(m *testing.M) { os.Exit(migrated.Main(m)) }
