package accounts

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/auth"
	"parley/auth/sessions"
	"parley/db/dbtest"
	"parley/ent"
)

func TestLogoutIsSeenByOtherNodes(t *testing.T) {
	n := start(t)
	in := n.signUp("ada")
	sid := n.session(in.AccessToken).ID
	byQuery, byAge := n.another(), n.another()
	byQuery.wantLive(in.AccessToken)
	byAge.wantLive(in.AccessToken)
	n.clock.pass(time.Second)
	n.logout(auth.LogoutCurrent, in.AccessToken)

	if err := byQuery.lookForEnded(t.Context()); err != nil {
		t.Fatal(err)
	}
	byQuery.wantDead(in.AccessToken, auth.ReasonLogout)
	if !byQuery.wasTold(sid) {
		t.Error("sockets elsewhere were not told")
	}
	told := len(byQuery.told)
	if err := byQuery.lookForEnded(t.Context()); err != nil || len(byQuery.told) != told {
		t.Errorf("told again: %v", err)
	}

	n.clock.pass(time.Second) // 2 s after it was read
	byAge.wantDead(in.AccessToken, auth.ReasonLogout)
}

// A request reads the ended session before the query of the second finds it: its sockets are told
// all the same.
func TestReadOfEndedSessionDoesNotHideTheEnd(t *testing.T) {
	n := start(t)
	in := n.signUp("ada")
	elsewhere := n.another()
	n.logout(auth.LogoutCurrent, in.AccessToken)
	elsewhere.wantDead(in.AccessToken, auth.ReasonLogout)
	if err := elsewhere.lookForEnded(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !elsewhere.wasTold(n.session(in.AccessToken).ID) {
		t.Error("sockets were not told")
	}
}

func TestRunFindsEndedSessions(t *testing.T) {
	n := start(t)
	in := n.signUp("ada")
	sid := n.session(in.AccessToken).ID
	told := make(chan uuid.UUID, 1)
	elsewhere := n.another(func(o *Options) {
		o.OnEnded = func(ids []uuid.UUID) { told <- ids[0] }
	})
	ctx, stop := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- elsewhere.Run(ctx) }()
	n.logout(auth.LogoutCurrent, in.AccessToken)
	select {
	case got := <-told:
		if got != sid {
			t.Errorf("told of %v", got)
		}
	case <-time.After(timeout):
		t.Error("not told")
	}
	stop()
	if err := <-ran; err != nil {
		t.Error(err)
	}
}

func TestLastUseIsWritten(t *testing.T) {
	n := start(t)
	in := n.signUp("ada")
	began := n.store.Now()
	use := func(after time.Duration) time.Time {
		n.clock.pass(after)
		n.wantLive(in.AccessToken)
		if err := n.writeLastUsed(t.Context()); err != nil {
			t.Fatal(err)
		}
		return n.session(in.AccessToken).LastUsedAt
	}
	if got := use(5 * time.Minute); !got.Equal(began) {
		t.Errorf("after 5 min it says %v", got)
	}
	if got := use(3 * time.Second); !got.Equal(n.store.Now()) {
		t.Errorf("after more it says %v", got)
	}
}

func TestCleanUp(t *testing.T) {
	n := start(t, func(o *Options) { o.RefreshTokenLifetime = 2 * time.Hour })
	old, live, ended := n.signUp("old"), n.signUp("live"), n.signUp("ended")
	must(n.refresh(*old.RefreshToken))(t)
	live = must(n.refresh(*live.RefreshToken))(t)
	ended = must(n.refresh(*ended.RefreshToken))(t)
	n.logout(auth.LogoutCurrent, ended.AccessToken)
	clean := func(after time.Duration, wantSessions, wantBlacklisted int) {
		t.Helper()
		n.clock.pass(after)
		if err := n.clean(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, sessions, blacklisted := n.rows(); sessions != wantSessions || blacklisted != wantBlacklisted {
			t.Errorf("%d sessions, %d blacklisted", sessions, blacklisted)
		}
	}
	clean(0, 3, 2) // those of the ended session
	n.clock.pass(time.Hour)
	live = must(n.refresh(*live.RefreshToken))(t)
	must(n.refresh(*live.RefreshToken))(t)
	clean(2*time.Hour, 3, 4)
	clean(6*time.Second, 3, 1) // one hour and the leeway after the others expired
	clean(30*24*time.Hour-3*time.Hour, 2, 0)
	clean(3*time.Hour, 0, 0)
}

// Whoever looks for what to clean reads whole tables. Nobody waits for that: it takes no lock of writers.
func TestCleanUpLooksWithoutTheWriter(t *testing.T) {
	dbtest.SkipOnPostgres(t, "writers there have no lock in common")
	n := start(t)
	must(n.refresh(*n.signUp("ada").RefreshToken))(t)
	conn := must(dbtest.Pool(t, n.dir).Conn(t.Context()))(t)
	if _, err := conn.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	if err := n.clean(t.Context()); err != nil {
		t.Error(err)
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
}

// blacklist puts tokens of a session into the database that expired long ago.
func (n *node) blacklist(sid uuid.UUID, tokens int) {
	n.t.Helper()
	long := n.store.Now().Add(-1000 * time.Hour)
	err := n.store.Store.Write(n.t.Context(), func(tx *ent.Tx) error {
		return tx.BlacklistedToken.MapCreateBulk(make([]struct{}, tokens), func(c *ent.BlacklistedTokenCreate, _ int) {
			c.SetID(uuid.New()).SetSessionID(sid).SetGeneration(0).SetBlacklistedAt(long).SetExpiresAt(long)
		}).Exec(n.t.Context())
	})
	if err != nil {
		n.t.Fatal(err)
	}
}

func TestCleanUpInBatches(t *testing.T) {
	n := start(t)
	in := n.signUp("ada")
	n.blacklist(n.session(in.AccessToken).ID, 1100)
	if err := n.clean(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, _, blacklisted := n.rows(); blacklisted != 0 {
		t.Errorf("%d left", blacklisted)
	}
	must(n.refresh(*in.RefreshToken))(t)
}

func TestPanicInBackgroundIsAnError(t *testing.T) {
	err := recovered(t.Context(), sessions.Task{Name: "a task", Do: func(context.Context) error { panic("boom") }})
	if err == nil {
		t.Error("got nil")
	}
}
