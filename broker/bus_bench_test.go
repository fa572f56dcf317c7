package broker_test

import (
	"context"
	"database/sql"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/broker"
	"parley/broker/natstest"
	"parley/chat"
	"parley/db"
	"parley/db/dbtest"
)

// From Notify on one node to the subscriber on another, one notification after the other; the median is reported.
func BenchmarkNotify(b *testing.B) {
	b.Run("nats", func(b *testing.B) {
		s := natstest.New(b)
		var nodes [2]*broker.NATS
		for i := range nodes {
			n, err := broker.NewNATS(broker.NATSOptions{URL: s.URL()})
			if err != nil {
				b.Fatal(err)
			}
			defer n.Close(context.Background())
			nodes[i] = n
		}
		crossings(b, nodes[0], nodes[1])
	})
	b.Run("postgres", func(b *testing.B) {
		s, err := dbtest.NewServer(b.Context(), dbtest.OnDisk)
		if err != nil {
			b.Fatal(err)
		}
		defer s.Remove()
		var nodes [2]*broker.Postgres
		for i := range nodes {
			store, err := db.Open(b.Context(), db.Options{URL: s.URL("postgres"), Dir: b.TempDir(), Connections: 4})
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = store.Close() }()
			nodes[i] = broker.NewPostgres(store, nil)
			defer nodes[i].Close(context.Background())
		}
		crossings(b, nodes[0], nodes[1])
	})
}

func crossings(b *testing.B, from, to chat.Notifier) {
	received := make(chan uuid.UUID, 1)
	ctx, stop := context.WithCancel(b.Context())
	defer stop()
	go func() {
		_ = to.Subscribe(ctx, func(rooms ...uuid.UUID) {
			for _, room := range rooms {
				received <- room
			}
		})
	}()
	cross := func() time.Duration {
		room, began := uuid.New(), time.Now()
		from.Notify(room)
		for {
			select {
			case got := <-received:
				if got == room {
					return time.Since(began)
				}
			case <-time.After(100 * time.Millisecond): // not connected yet
				from.Notify(room)
			}
		}
	}
	cross()
	var took []time.Duration
	for b.Loop() {
		took = append(took, cross())
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "µs-median")
}

// What commits cost the one writer of a node while each notifies, beside commits that do not.
func BenchmarkCommits(b *testing.B) {
	s, err := dbtest.NewServer(b.Context(), dbtest.OnDisk)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Remove()
	store, err := db.Open(b.Context(), db.Options{URL: s.URL("postgres"), Dir: b.TempDir(), Connections: 6})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	notification := broker.NewPostgres(store, nil)
	defer notification.Close(context.Background())
	pool, err := sql.Open("pgx", s.URL("postgres"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = pool.Close() }()
	if _, err := pool.ExecContext(b.Context(), "CREATE TABLE bench (n int)"); err != nil {
		b.Fatal(err)
	}
	room := uuid.New()
	for name, notify := range map[string]func(){"silent": func() {}, "notifies": func() { notification.Notify(room) }} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := pool.ExecContext(b.Context(), "INSERT INTO bench VALUES (1)"); err != nil {
					b.Fatal(err)
				}
				notify()
			}
		})
	}
}
