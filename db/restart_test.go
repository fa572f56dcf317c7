package db

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"parley/db/dbtest"
	"parley/db/dbtest/lossyproxy"
	"parley/ent"
)

// warm leaves all connections of both pools idle, used just now: the driver does not look at those before
// it uses them again.
func warm(t *testing.T, s *Store) {
	t.Helper()
	var all, wg sync.WaitGroup
	meet := func() { all.Done(); all.Wait() }
	reads, writes := s.pools.read.Stats().MaxOpenConnections, s.pools.write.Stats().MaxOpenConnections
	for range 2 { // what is new is looked at once
		all.Add(reads + writes)
		for range writes {
			wg.Go(func() { _ = s.Write(t.Context(), func(*ent.Tx) error { meet(); return nil }) })
		}
		for range reads {
			wg.Go(func() { _ = s.View(t.Context(), func(*ent.Client) error { meet(); return nil }) })
		}
		wg.Wait()
	}
	if idle := s.pools.read.Stats().Idle + s.pools.write.Stats().Idle; idle != reads+writes {
		t.Fatalf("%d idle connections, want %d", idle, reads+writes)
	}
}

// After a restart every pooled connection is dead. Nobody notices.
func TestRestartOfPostgresIsNotNoticed(t *testing.T) {
	t.Parallel()
	server := dbtest.StartServer(t)
	s := openAt(t, server.URL("postgres"), 12)
	mustAdd(t, s, "ann")
	end := func() {
		if err := server.SQL(t.Context(), "postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'parley'"); err != nil {
			t.Fatal(err)
		}
	}
	restart := func() {
		server.Kill()
		if err := server.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for name, kill := range map[string]func(){"connections end": end, "server killed": restart} {
		for call, first := range map[string]func() error{
			"read": func() error { return s.Ping(t.Context()) },
			"view": func() error {
				return s.View(t.Context(), func(c *ent.Client) error { _, err := c.User.Query().Count(t.Context()); return err })
			},
			"write": func() error {
				return s.Write(t.Context(), func(tx *ent.Tx) error { return tx.User.Update().SetUsername("x").Exec(t.Context()) })
			},
		} {
			warm(t, s)
			kill()
			var wg sync.WaitGroup
			for range 24 {
				wg.Go(func() {
					if err := first(); err != nil {
						t.Errorf("%s, %s: %v", name, call, err)
					}
				})
			}
			wg.Wait()
		}
	}
}

// The server is killed before the commit: nothing is stored, the caller is told, and when it is back the
// same call succeeds.
func TestPostgresKilledBeforeTheCommit(t *testing.T) {
	t.Parallel()
	server := dbtest.StartServer(t)
	s := openAt(t, server.URL("postgres"), 4)
	err := s.Write(t.Context(), func(tx *ent.Tx) error {
		err := addUser(t.Context(), tx, "ann")
		server.Kill()
		return err
	})
	if !errors.Is(err, ErrUnknownOutcome) { // it dies between the last statement and the commit
		t.Errorf("got %v, want ErrUnknownOutcome", err)
	}
	if err := addTo(s, "bob"); !errors.Is(err, ErrDown) {
		t.Errorf("while it is down: got %v, want ErrDown", err)
	}
	if err := s.Ping(t.Context()); !errors.Is(err, ErrDown) {
		t.Errorf("a read while it is down: got %v, want ErrDown", err)
	}
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantUsers(t, server, "postgres")
	tries := 0
	err = s.Write(t.Context(), func(tx *ent.Tx) error {
		if tries++; tries == 1 {
			server.Kill()
		}
		return addUser(t.Context(), tx, "ann")
	})
	if !errors.Is(err, ErrDown) || errors.Is(err, ErrUnknownOutcome) {
		t.Errorf("killed before the last statement: got %v, want ErrDown", err)
	}
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	mustAdd(t, s, "bob")
	wantUsers(t, server, "postgres", "bob")
}

// A connection that is ended in a statement, by an operator, has stored nothing, and another does it.
func TestEndedConnectionIsReplaced(t *testing.T) {
	t.Parallel()
	server, database := newDatabase(t)
	s := openAt(t, server.URL(database), 4)
	for times, want := range map[int]error{1: nil, 2: nil, 3: ErrDown} {
		tries := 0
		err := s.Write(t.Context(), func(tx *ent.Tx) error {
			err := addUser(t.Context(), tx, "ann")
			if tries++; tries <= times {
				_, err = tx.ExecContext(t.Context(), "SELECT pg_terminate_backend(pg_backend_pid())")
			}
			return errors.Join(err, tx.User.Update().SetUsernameKey(map[int]string{1: "a", 2: "b"}[times]).Exec(t.Context()))
		})
		if !errors.Is(err, want) || tries != min(times+1, 3) {
			t.Errorf("ended %d times: got %v in %d tries, want %v", times, err, tries, want)
		}
		if err := server.SQL(t.Context(), database, "DELETE FROM users"); err != nil {
			t.Fatal(err)
		}
	}
}

// Calls to a server that sends nothing any more end: a read after five seconds, a write whose caller has no deadline
// after ten.
func TestUnresponsivePostgres(t *testing.T) {
	t.Parallel()
	server, database := newDatabase(t)
	var silent atomic.Bool
	proxy := newProxy(t, server, func(b []byte) lossyproxy.Then {
		if silent.Load() && !bytes.Contains(b, []byte("begin\x00")) {
			return lossyproxy.Swallow
		}
		return lossyproxy.Pass
	})
	s := openAt(t, proxy.URL("parley", database), 4)
	mustAdd(t, s, "ann")
	silent.Store(true)
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.Ping(context.Background()); !errors.Is(err, ErrBusy) {
			t.Errorf("a read: got %v, want ErrBusy", err)
		}
	})
	wg.Go(func() {
		if err := addTo(s, "bob"); !errors.Is(err, ErrDown) {
			t.Errorf("a write: got %v, want ErrDown", err)
		}
	})
	wg.Wait()
	silent.Store(false)
	if err := errors.Join(s.Ping(t.Context()), addTo(s, "cleo")); err != nil {
		t.Error(err)
	}
	wantUsers(t, server, database, "ann", "cleo")
}

// The name of the primary leads to a replica after a while. It is not read: it may show an older state.
func TestReplicaIsNotRead(t *testing.T) {
	t.Parallel()
	primary := dbtest.StartServer(t)
	replica, err := primary.Replica(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(replica.Remove)
	proxy := newProxy(t, primary, nil)
	s := openAt(t, proxy.URL("parley", "postgres"), 4)
	mustAdd(t, s, "ann")
	proxy.Lead(replica)
	primary.Stop()
	if err := s.Ping(t.Context()); !errors.Is(err, ErrDown) {
		t.Errorf("a read: got %v, want ErrDown", err)
	}
	if err := addTo(s, "bob"); !errors.Is(err, ErrDown) {
		t.Errorf("a write: got %v, want ErrDown", err)
	}
	if err := replica.SQL(t.Context(), "postgres", "SELECT pg_promote()"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "an answer of the promoted replica", func() bool { return s.Ping(t.Context()) == nil })
	mustAdd(t, s, "bob")
	wantUsers(t, replica, "postgres", "ann", "bob")
}
