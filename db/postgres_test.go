package db

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"go.uber.org/goleak"

	"parley/db/dbtest"
	"parley/db/dbtest/lossyproxy"
	"parley/ent"
	"parley/ent/user"
)

// common is a server that no test stops or changes.
var common = sync.OnceValues(func() (*dbtest.Server, error) {
	return dbtest.NewServer(context.Background(), dbtest.InMemory, "max_connections=300")
})

func TestMain(m *testing.M) {
	status := dbtest.Main(m)
	if s, err := common(); err == nil {
		s.Remove()
	}
	os.Exit(status)
}

// newDatabase makes an empty database on the common server.
func newDatabase(t *testing.T) (s *dbtest.Server, name string) {
	t.Helper()
	s, err := common()
	dbtest.Started(t, err)
	name = "t" + strings.ReplaceAll(uuid.NewString(), "-", "")
	if err := s.Create(t.Context(), name, ""); err != nil {
		t.Fatal(err)
	}
	return s, name
}

func openAt(t *testing.T, url string, connections int) *Store {
	t.Helper()
	s, err := Open(t.Context(), Options{URL: url, Connections: connections})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // some tests close it themselves
	return s
}

// openPostgresStore opens an empty database of the common server.
func openPostgresStore(t *testing.T, connections int) *Store {
	t.Helper()
	server, name := newDatabase(t)
	return openAt(t, server.URL(name), connections)
}

// newProxy stands in front of a server.
func newProxy(t *testing.T, s *dbtest.Server, asked func([]byte) lossyproxy.Then) *lossyproxy.Proxy {
	t.Helper()
	p, err := lossyproxy.New(s)
	if err != nil {
		t.Fatal(err)
	}
	if asked != nil {
		p.Asked = asked
	}
	p.Serve()
	t.Cleanup(p.Close)
	return p
}

func addTo(s *Store, name string) error {
	return s.Write(context.Background(), func(tx *ent.Tx) error { return addUser(context.Background(), tx, name) })
}

func mustAdd(t *testing.T, s *Store, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := addTo(s, name); err != nil {
			t.Fatal(err)
		}
	}
}

// wantUsers wants a server to hold just these, whatever a Store says.
func wantUsers(t *testing.T, s *dbtest.Server, database string, names ...string) {
	t.Helper()
	got, err := s.Ask(context.Background(), database, "SELECT username_key FROM users ORDER BY 1")
	if want := strings.Join(names, "\n"); err != nil || got != want {
		t.Errorf("users: got %q, %v; want %q", got, err, want)
	}
}

// slow reads for some seconds if there is one user.
func slow(seconds int) func(*entsql.Selector) {
	return func(s *entsql.Selector) { s.Where(entsql.ExprP(fmt.Sprintf("pg_sleep(%d) IS NOT NULL", seconds))) }
}

func TestPostgresWriteIsAllOrNothing(t *testing.T) {
	s := openPostgresStore(t, 4)
	ctx := t.Context()
	boom := errors.New("boom")
	for range 3 * s.pools.write.Stats().MaxOpenConnections { // none keeps its connection
		if err := s.Write(ctx, func(tx *ent.Tx) error { return errors.Join(addUser(ctx, tx, "ann"), boom) }); !errors.Is(err, boom) {
			t.Fatalf("got %v, want boom", err)
		}
		func() {
			defer func() { _ = recover() }()
			_ = s.Write(ctx, func(tx *ent.Tx) error { _ = addUser(ctx, tx, "bob"); panic("boom") })
			t.Error("the panic was swallowed")
		}()
	}
	mustAdd(t, s, "cleo")
	if names, err := s.Read.User.Query().Select(user.FieldUsername).Strings(ctx); err != nil || !slices.Equal(names, []string{"cleo"}) {
		t.Errorf("users %v, %v", names, err)
	}
}

// View sees one state, whatever is committed meanwhile, and the pool that reads does not write.
func TestPostgresViewIsOneStateAndCannotWrite(t *testing.T) {
	s := openPostgresStore(t, 4)
	ctx := t.Context()
	count := func(c *ent.Client) int {
		n, err := c.User.Query().Count(ctx)
		if err != nil {
			t.Error(err)
		}
		return n
	}
	err := s.View(ctx, func(c *ent.Client) error {
		before := count(c)
		mustAdd(t, s, "ann")
		if after := count(c); before != 0 || after != 0 {
			t.Errorf("one view saw %d users, then %d", before, after)
		}
		if err := c.User.Update().SetUsername("x").Exec(ctx); err == nil {
			t.Error("a view wrote")
		}
		return nil
	})
	if err != nil || count(s.Read) != 1 {
		t.Errorf("%v; afterwards %d users, want 1", err, count(s.Read))
	}
	if err := s.Read.User.Update().SetUsername("x").Exec(ctx); err == nil {
		t.Error("a reader wrote")
	}
}

// Times come back as they were stored, in UTC, also on a connection that knows another zone.
func TestPostgresTimesAreUTC(t *testing.T) {
	server, name := newDatabase(t)
	if err := server.SQL(t.Context(), name, "ALTER DATABASE "+name+" SET timezone = 'Asia/Kathmandu'"); err != nil {
		t.Fatal(err)
	}
	s := openAt(t, server.URL(name), 4)
	for _, at := range []time.Time{
		time.Date(2024, 2, 29, 23, 59, 59, 999e6, time.UTC), time.Date(1969, 12, 31, 23, 59, 59, 1e6, time.UTC), time.UnixMilli(0).UTC(),
	} {
		var id uuid.UUID
		err := s.Write(t.Context(), func(tx *ent.Tx) error {
			id = uuid.New()
			return tx.User.Create().SetID(id).SetUsername(id.String()).SetUsernameKey(id.String()).SetCreatedAt(at.In(time.FixedZone("", 3600))).Exec(t.Context())
		})
		if err != nil {
			t.Fatal(err)
		}
		u, err := s.Read.User.Get(t.Context(), id)
		if err != nil || u.CreatedAt != at {
			t.Errorf("stored %v, got %v, %v", at, u.CreatedAt, err)
		}
	}
}

// PostgreSQL stores no U+0000, and the edge refuses it; here it is an error and nothing else suffers.
func TestPostgresRefusesNUL(t *testing.T) {
	s := openPostgresStore(t, 4)
	if err := addTo(s, "a\x00b"); err == nil || errors.Is(err, ErrDown) || errors.Is(err, ErrUnknownOutcome) {
		t.Errorf("got %v", err)
	}
	mustAdd(t, s, "ann")
}

// A hundred at once find four connections enough, and the server never sees a fifth. Nothing is left at the end.
func TestPostgresConnectionsAreBounded(t *testing.T) {
	server, name := newDatabase(t)
	before := goleak.IgnoreCurrent()
	s := openAt(t, server.URL(name), 4)
	var seen atomic.Int64
	query := "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'parley'"
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			err := s.Write(t.Context(), func(tx *ent.Tx) error {
				rows, err := tx.QueryContext(t.Context(), query)
				if err != nil {
					return err
				}
				defer func() { _ = rows.Close() }()
				for rows.Next() {
					var n int64
					if err := rows.Scan(&n); err != nil {
						return err
					}
					seen.Store(max(n, seen.Load()))
				}
				return addUser(t.Context(), tx, fmt.Sprint("u", i))
			})
			if err != nil {
				t.Error(err)
			}
			if err := s.Ping(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n, err := s.Read.User.Query().Count(t.Context()); err != nil || n != 100 {
		t.Errorf("%d users, %v", n, err)
	}
	if n := seen.Load(); n < 2 || n > 4 {
		t.Errorf("the server saw %d connections, want 2 to 4", n)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	goleak.VerifyNone(t, before)
}
