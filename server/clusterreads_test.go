package server

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
)

// A thousand subscribers on three nodes cost one read of the log a node and chat, as Postgres counts its
// statements: what they read grows with nodes and not with subscribers.
func TestClusterReadsOnceANode(t *testing.T) {
	const subscribers, chats = 1000, 100
	l := newLoopback(t)
	c := newCluster(t, l, newBus(t, l), "--heads-interval", "1m")
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	var got atomic.Int64
	var all sync.WaitGroup
	var page struct{ Chats tailPage }
	c.must(&page, c.at[0], c.tokens[0], `{ chats(room: "room 0") { syncCursor } }`)
	for i := range subscribers {
		r := &reader{torture: c.torture, n: i, token: c.tokens[i%len(c.tokens)], room: c.rooms[0], cursor: *page.Chats.SyncCursor}
		all.Go(func() {
			if err := r.count(ctx, c.at[i%clusterNodes], &got); ctx.Err() == nil {
				t.Errorf("subscriber %d: %v", i, err)
			}
		})
	}
	say := func(n int) {
		var sent struct{ SendChat called }
		c.must(&sent, c.at[n%clusterNodes], c.tokens[0], fmt.Sprintf(`mutation { sendChat(room: "room 0", text: "chat %d") { id } }`, n))
	}
	hears := func(n int64) {
		c.until(fmt.Sprintf("chat %d at each of them", n), patience, func() bool { return got.Load() == n*subscribers })
	}
	say(0)
	hears(1)
	before := c.logReads()
	for n := range int64(chats) {
		say(int(n))
		hears(n + 2)
	}
	reads := c.logReads() - before
	t.Logf("%d subscribers on %d nodes read %d chats by %d statements", subscribers, clusterNodes, chats, reads)
	if reads > clusterNodes*chats || reads < clusterNodes*chats/2 {
		t.Errorf("%d chats cost %d reads of the log, and %d nodes have to read each once", chats, reads, clusterNodes)
	}
	leave()
	all.Wait()
}

// count adds up what a subscriber gets at one node, behind its cursor.
func (r *reader) count(ctx context.Context, at string, got *atomic.Int64) error {
	conn, err := r.connect(ctx, at)
	if err != nil {
		return err
	}
	defer func() { _ = conn.CloseNow() }()
	for {
		_, text, err := conn.Read(ctx)
		if err != nil {
			return err
		}
		var m message
		if err := json.Unmarshal(text, &m); err != nil {
			return err
		}
		switch m.Type {
		case "connection_ack":
			if err := r.subscribe(ctx, conn); err != nil {
				return err
			}
		case "next":
			got.Add(1)
		case "ping":
		default:
			return fmt.Errorf("got %s", text)
		}
	}
}

// logReads counts the statements that have read the log of a room.
func (c *cluster) logReads() (n int) {
	c.t.Helper()
	pool := c.open()
	defer func() { _ = pool.Close() }()
	const count = `SELECT coalesce(sum(calls), 0) FROM pg_stat_statements WHERE query ILIKE 'SELECT%' AND query LIKE '%room_events%'`
	if err := pool.QueryRowContext(c.t.Context(), count).Scan(&n); err != nil {
		c.t.Fatal(err)
	}
	return n
}
