package cluster

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"

	"parley/e2e/harness/load"
	"parley/e2e/harness/network"
)

// A thousand subscribers on three nodes cost one read of the log a node and chat, as Postgres counts its
// statements: what they read grows with nodes and not with subscribers.
func TestClusterReadsOnceANode(t *testing.T) {
	const subscribers, chats = 1000, 100
	l := newLoopback(t)
	c := newCluster(t, l, startNATS(t, l), "--heads-interval", "1m")
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	var got atomic.Int64
	var all sync.WaitGroup
	var page struct{ Chats load.TailPage }
	c.Must(&page, c.at[0], c.Tokens[0], `{ chats(room: "room 0") { syncCursor } }`)
	for i := range subscribers {
		r := &load.Reader{Torture: c.Torture, N: i, Token: c.Tokens[i%len(c.Tokens)], Room: c.Rooms[0], Cursor: *page.Chats.SyncCursor}
		all.Go(func() {
			if err := count(ctx, r, c.at[i%network.ClusterNodes], &got); ctx.Err() == nil {
				t.Errorf("subscriber %d: %v", i, err)
			}
		})
	}
	say := func(n int) {
		var sent struct{ SendChat load.Called }
		c.Must(&sent, c.at[n%network.ClusterNodes], c.Tokens[0], fmt.Sprintf(`mutation { sendChat(room: "room 0", text: "chat %d") { id } }`, n))
	}
	hears := func(n int64) {
		c.until(fmt.Sprintf("chat %d at each of them", n), func() bool { return got.Load() == n*subscribers || t.Failed() })
		if t.Failed() { // a subscriber that is gone gets none of the others
			t.FailNow()
		}
	}
	say(0)
	hears(1)
	before := c.logReads()
	for n := range int64(chats) {
		say(int(n))
		hears(n + 2)
	}
	reads := c.logReads() - before
	t.Logf("%d subscribers on %d nodes read %d chats by %d statements", subscribers, network.ClusterNodes, chats, reads)
	if reads > network.ClusterNodes*chats || reads < network.ClusterNodes*chats/2 {
		t.Errorf("%d chats cost %d reads of the log, and %d nodes have to read each once", chats, reads, network.ClusterNodes)
	}
	leave()
	all.Wait()
}

// count adds up what a subscriber gets at one node, behind its cursor. A thousand at once are many: whoever is told to try
// again later before anything came does so.
func count(ctx context.Context, r *load.Reader, at string, got *atomic.Int64) error {
	for {
		came, err := countOnce(ctx, r, at, got)
		if came > 0 || websocket.CloseStatus(err) != websocket.StatusTryAgainLater {
			return fmt.Errorf("after %d chats: %w", came, err)
		}
	}
}

func countOnce(ctx context.Context, r *load.Reader, at string, got *atomic.Int64) (came int, err error) {
	conn, err := r.Connect(ctx, at)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.CloseNow() }()
	for {
		m, err := load.Next(ctx, conn)
		if err != nil {
			return came, err
		}
		switch m.Type {
		case "connection_ack":
			if err := r.Subscribe(ctx, conn); err != nil {
				return came, err
			}
		case "next":
			came++
			got.Add(1)
		case "ping":
		default:
			return came, fmt.Errorf("got %+v", m)
		}
	}
}

// logReads counts the statements that have read the log of a room.
func (c *cluster) logReads() (n int) {
	c.T.Helper()
	pool := c.Open()
	defer func() { _ = pool.Close() }()
	const count = `SELECT coalesce(sum(calls), 0) FROM pg_stat_statements WHERE query ILIKE 'SELECT%' AND query LIKE '%room_events%'`
	if err := pool.QueryRowContext(c.T.Context(), count).Scan(&n); err != nil {
		c.T.Fatal(err)
	}
	return n
}
