package server

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
)

// A page of one node and a stream of another that begins at the page's syncCursor make one whole, a thousand
// times while everybody sends: nothing is missing between them, and nothing comes twice.
func TestPageAndStreamOfTwoNodesMeet(t *testing.T) {
	const walkers = 8
	c := newCluster(t, newLoopback(t), nil)
	rest := c.load()
	c.moving(patience)
	each := clusterRounds(t, 1000) / walkers
	var walks sync.WaitGroup
	lives := make([]*reader, walkers)
	for i := range lives {
		r := &reader{torture: c.torture, n: 100 + i, token: c.tokens[i%len(c.tokens)], room: c.rooms[i%tortureRooms]}
		lives[i] = r
		walks.Go(func() {
			for n := range each {
				if err := r.handOver(t.Context(), c.at[n%clusterNodes], c.at[(n+1)%clusterNodes]); err != nil {
					t.Errorf("handover %d of reader %d: %v", n, r.n, err)
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
		for _, l := range r.lives {
			for _, wrong := range l.check(j.room(r.room)) {
				t.Error(wrong)
			}
			if len(l.seen) > 20+1 {
				behind++
			}
		}
	}
	if behind < walkers*each/2 {
		t.Errorf("only %d streams began with several chats", behind)
	}
}

// handOver reads a page at one node, and behind it a few chats of a stream at another.
func (r *reader) handOver(ctx context.Context, from, to string) error {
	const first, more = 20, 3
	p, err := r.page(ctx, from, map[string]any{"last": first})
	if err != nil {
		return err
	}
	if len(p.Nodes) == 0 || p.SyncCursor == nil {
		return fmt.Errorf("the page at the end of a room is %+v", p)
	}
	r.begin(p.Nodes[0].Number, "")
	r.take(p)
	conn, err := r.connect(ctx, to)
	if conn != nil {
		defer func() { _ = conn.CloseNow() }()
	}
	if err != nil {
		return err
	}
	for got := 0; got < more; {
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
			err = r.subscribe(ctx, conn)
		case "next":
			err = r.event(m.Payload)
			got++
		default:
			err = fmt.Errorf("got %s", text)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// room is what a room holds.
func (j *journal) room(room [16]byte) (rows []seen) {
	for _, r := range j.rows {
		if r.room == room {
			rows = append(rows, r)
		}
	}
	return rows
}
