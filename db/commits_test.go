package db

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parley/db/dbtest"
	"parley/db/dbtest/lossyproxy"
	"parley/ent"
)

// isCommit says that a client asks to commit, in the simple protocol of PostgreSQL.
func isCommit(b []byte) bool { return bytes.Contains(b, []byte("commit\x00")) }

// The connection ends during the commit. Whether the rows are there or not, nobody can know, and nobody
// is told that nothing was stored.
func TestLostCommitIsUnknown(t *testing.T) {
	for name, c := range map[string]struct {
		then   lossyproxy.Then
		stored []string
	}{
		"the answer is lost":     {lossyproxy.PassAndCut, []string{"ann", "bob"}},
		"the question is lost":   {lossyproxy.Cut, []string{"bob"}},
		"nobody answers for 10s": {lossyproxy.Swallow, []string{"bob"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, database := newDatabase(t)
			var armed atomic.Bool
			proxy := newProxy(t, server, func(b []byte) lossyproxy.Then {
				if isCommit(b) && armed.CompareAndSwap(true, false) {
					return c.then
				}
				return lossyproxy.Pass
			})
			s := openAt(t, proxy.URL("parley", database), 4)
			armed.Store(true)
			tries, began := 0, time.Now()
			err := s.Write(t.Context(), func(tx *ent.Tx) error { tries++; return addUser(t.Context(), tx, "ann") })
			if !errors.Is(err, ErrUnknownOutcome) || errors.Is(err, ErrDown) || errors.Is(err, ErrBusy) || tries != 1 {
				t.Errorf("got %v in %d tries, want ErrUnknownOutcome in 1", err, tries)
			}
			if took := time.Since(began); c.then == lossyproxy.Swallow && took < s.longestEnd-time.Second {
				t.Errorf("it took %v, want %v", took, s.longestEnd)
			}
			mustAdd(t, s, "bob") // without a restart
			wantUsers(t, server, database, c.stored...)
		})
	}
}

// Whoever goes away during the commit is told how it ended.
func TestCallerWhoGoesDuringTheCommitIsToldTheTruth(t *testing.T) {
	t.Parallel()
	server, database := newDatabase(t)
	leave := make(chan context.CancelFunc, 1)
	proxy := newProxy(t, server, func(b []byte) lossyproxy.Then {
		if isCommit(b) {
			select {
			case cancel := <-leave:
				cancel()
			default:
			}
		}
		return lossyproxy.Pass
	})
	s := openAt(t, proxy.URL("parley", database), 4)
	ctx, cancel := context.WithCancel(t.Context())
	leave <- cancel
	err := s.Write(ctx, func(tx *ent.Tx) error { return addUser(ctx, tx, "ann") })
	if err != nil || ctx.Err() == nil {
		t.Errorf("got %v; the caller's context: %v", err, ctx.Err())
	}
	wantUsers(t, server, database, "ann")
}

// A commit waits for a standby that is gone: statement_timeout does not end it, and the row is on the
// primary's disk.
func TestCommitThatWaitsForAStandbyIsUnknown(t *testing.T) {
	t.Parallel()
	server := dbtest.StartServer(t)
	s := openAt(t, server.URL("postgres"), 4)
	if err := server.SQL(t.Context(), "postgres", "ALTER SYSTEM SET synchronous_standby_names = 'nobody'"); err != nil {
		t.Fatal(err)
	}
	if err := server.SQL(t.Context(), "postgres", "SELECT pg_reload_conf()"); err != nil {
		t.Fatal(err)
	}
	var names []string
	for err := error(nil); err == nil; { // until all of the server has read its settings again
		name := fmt.Sprint("ann", len(names))
		names = append(names, name)
		began := time.Now()
		err = s.Write(t.Context(), func(tx *ent.Tx) error { return addUser(t.Context(), tx, name) })
		if took := time.Since(began); err != nil && (!errors.Is(err, ErrUnknownOutcome) || took < s.longestEnd-time.Second) {
			t.Errorf("got %v after %v, want ErrUnknownOutcome after %v", err, took, s.longestEnd)
		}
	}
	slices.Sort(names)
	for want, got := strings.Join(names, "\n"), ""; got != want; { // once the server has noticed that nobody waits any more
		var err error
		if got, err = server.Ask(t.Context(), "postgres", "SELECT username_key FROM users ORDER BY 1"); err != nil {
			t.Fatal(err)
		}
	}
}

// A full disk stores nothing and says so; with space again all is well, without a restart.
func TestPostgresOnAFullDisk(t *testing.T) {
	t.Parallel()
	server := dbtest.StartServer(t)
	disk := dbtest.SmallDisk(t, "24m")
	defer server.Stop() // before its disk goes
	folder, err := server.Folder(disk)
	if err != nil {
		t.Fatal(err)
	}
	if err := server.SQL(t.Context(), "postgres", "CREATE TABLESPACE small LOCATION '"+folder+"'"); err != nil {
		t.Fatal(err)
	}
	if err := server.Create(t.Context(), "small", "TABLESPACE small"); err != nil {
		t.Fatal(err)
	}
	s := openAt(t, server.URL("small"), 4)
	fill := func(megabytes int) error {
		return s.Write(t.Context(), func(tx *ent.Tx) error {
			if err := addUser(t.Context(), tx, "ann"); err != nil {
				return err
			}
			_, err := tx.ExecContext(t.Context(), "CREATE TABLE ballast AS SELECT repeat('x', 1000) FROM generate_series(1, 1000 * $1::int)", megabytes)
			return err
		})
	}
	if err := fill(30); !errors.Is(err, ErrFull) {
		t.Errorf("got %v, want ErrFull", err)
	}
	wantUsers(t, server, "small")
	if err := fill(1); err != nil { // the failed one has given its space back
		t.Error(err)
	}
	wantUsers(t, server, "small", "ann")
}
