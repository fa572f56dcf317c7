package cluster

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"parley/e2e/harness/load"
	"parley/e2e/harness/network"
	"parley/rounds"
)

// A page of one node and a stream of another that begins at the page's syncCursor make one whole, many
// times while everybody sends: nothing is missing between them, and nothing comes twice.
func TestPageAndStreamOfTwoNodesMeet(t *testing.T) {
	const walkers = 8
	c := newCluster(t, newLoopback(t), nil)
	rest := c.Load()
	c.awaitProgress()
	each := rounds.Of(t, 200, 1000) / walkers
	var walks sync.WaitGroup
	lives := make([]*load.Reader, walkers)
	for i := range lives {
		r := &load.Reader{Torture: c.Torture, N: 100 + i, Token: c.Tokens[i%len(c.Tokens)], Room: c.Rooms[i%load.TortureRooms]}
		lives[i] = r
		walks.Go(func() {
			for n := range each {
				if err := handOver(t.Context(), r, c.at[n%network.ClusterNodes], c.at[(n+1)%network.ClusterNodes]); err != nil {
					t.Errorf("handover %d of reader %d: %v", n, r.N, err)
					return
				}
			}
		})
	}
	walks.Wait()
	j := c.finish(rest)
	c.show(j)
	behind := 0
	for _, r := range lives {
		for _, l := range r.Lives {
			for _, wrong := range l.Check(room(j, r.Room)) {
				t.Error(wrong)
			}
			if len(l.Seen) > 20+1 {
				behind++
			}
		}
	}
	if behind < walkers*each/2 {
		t.Errorf("only %d streams began with several chats", behind)
	}
}

// handOver reads a page at one node, and behind it a few chats of a stream at another.
func handOver(ctx context.Context, r *load.Reader, from, to string) error {
	const first, more = 20, 3
	p, err := r.Page(ctx, from, map[string]any{"last": first})
	if err != nil {
		return err
	}
	if len(p.Nodes) == 0 || p.SyncCursor == nil {
		return fmt.Errorf("the page at the end of a room is %+v", p)
	}
	r.Begin(p.Nodes[0].Number, "")
	r.Take(p)
	conn, err := r.Connect(ctx, to)
	if conn != nil {
		defer func() { _ = conn.CloseNow() }()
	}
	if err != nil {
		return err
	}
	for got := 0; got < more; {
		m, err := load.Next(ctx, conn)
		if err != nil {
			return err
		}
		switch m.Type {
		case "connection_ack":
			err = r.Subscribe(ctx, conn)
		case "next":
			err = r.Event(m.Payload)
			got++
		default:
			err = fmt.Errorf("got %+v", m)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// room is what a room holds.
func room(j *load.Journal, room [16]byte) (rows []load.Seen) {
	for _, r := range j.Rows {
		if r.Room == room {
			rows = append(rows, r)
		}
	}
	return rows
}
