package broker_test

import (
	"context"
	"os"
	"sync"
	"testing"

	"parley/broker"
	"parley/broker/brokertest"
	"parley/db"
	"parley/db/dbtest"
)

func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }

func TestPostgresIsANotifier(t *testing.T) {
	server := newServer(t)
	brokertest.RunBus(t, func(t *testing.T) brokertest.Pair {
		if err := server.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		stores := []*db.Store{openStore(t, server.URL("postgres")), openStore(t, server.URL("postgres"))}
		one, two := broker.NewPostgres(stores[0], nil), broker.NewPostgres(stores[1], nil)
		restore := func() {
			if err := server.Start(context.WithoutCancel(t.Context())); err != nil {
				t.Error(err)
			}
		}
		return brokertest.Pair{One: one, Two: two, Cut: server.Stop, Restore: restore, Connected: func() bool { return one.Stats().Connected }, Close: sync.OnceFunc(func() {
			one.Close(t.Context())
			two.Close(t.Context())
			for _, store := range stores {
				_ = store.Close()
			}
			server.Stop()
		})}
	})
}

// newServer makes a server of Postgres that does not run yet.
func newServer(t *testing.T) *dbtest.Server {
	t.Helper()
	server, err := dbtest.NewServer(t.Context(), dbtest.InMemory)
	dbtest.Started(t, err)
	server.Stop()
	t.Cleanup(server.Remove)
	return server
}

func openStore(t *testing.T, url string) *db.Store {
	t.Helper()
	store, err := db.Open(t.Context(), db.Options{URL: url, Dir: t.TempDir(), Connections: 4})
	if err != nil {
		t.Fatal(err)
	}
	return store
}
