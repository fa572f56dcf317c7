package broker_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"parley/broker"
	"parley/db"
	"parley/db/dbtest"
)

func postgresNode(t *testing.T, server *dbtest.Server, database string) (*broker.Postgres, *db.Store) {
	t.Helper()
	store := openStore(t, server.URL(database))
	p := broker.NewPostgres(store, nil)
	t.Cleanup(func() {
		p.Close(context.Background())
		_ = store.Close()
	})
	connected(t, p)
	return p, store
}

// As many rooms as fit are named, one more is all; what is no payload of ours is all; and a database beside
// this one on the same server has notifications of its own.
func TestPostgresPayloads(t *testing.T) {
	server := newServer(t)
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := server.Create(t.Context(), "other", ""); err != nil {
		t.Fatal(err)
	}
	one, store := postgresNode(t, server, "postgres")
	two, _ := postgresNode(t, server, "postgres")
	elsewhere, _ := postgresNode(t, server, "other")
	received := subscribe(t, two)
	const most = 373 // rooms in base64, behind the node
	rooms := make([]uuid.UUID, most+1)
	for i := range rooms {
		rooms[i] = uuid.New()
	}
	one.Notify(rooms[:most]...)
	received.await(t, func(got []uuid.UUID) bool { return len(got) == most && names(rooms[most-1])(got) })
	before := two.Stats().Received
	elsewhere.Notify(uuid.New())
	one.Notify(rooms...)
	received.await(t, allRooms)
	for _, payload := range []string{"*", "", "!", "AAAA"} {
		if err := store.Notify(t.Context(), "parley_bell", payload); err != nil {
			t.Fatal(err)
		}
		received.await(t, allRooms)
	}
	if n := two.Stats().Received - before; n != 5 {
		t.Errorf("received %d notifications, want 5", n)
	}
	if e := one.Stats().Errors + two.Stats().Errors; e != 0 {
		t.Errorf("%d errors", e)
	}
}
