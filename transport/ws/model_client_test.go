package ws

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"time"

	"github.com/gobwas/ws"
)

// A modelClient follows the first log, or both, over sockets that it leaves again and again unless it stays.
type modelClient struct {
	m                 *model
	rng               *rand.Rand
	stays, slow, both bool
	document          string
	places            []int64 // of the last event of each log that it was given
	user              string
	ids               int
}

func (c *modelClient) run(ctx context.Context) {
	for ctx.Err() == nil {
		c.connect(ctx)
		sleep(ctx, time.Duration(c.rng.IntN(10))*time.Millisecond)
	}
}

// connect is one socket.
func (c *modelClient) connect(ctx context.Context) {
	near, far := net.Pipe()
	s := connect(c.m.sockets, modelExecutor{}, far, c.user)
	c.m.running.Go(s.serve)
	defer func() { _ = near.Close() }()
	defer context.AfterFunc(ctx, func() { _ = near.Close() })()
	left := 1 + c.rng.IntN(12) // messages until it leaves
	if c.stays || c.rng.IntN(8) == 0 {
		left = 1 << 30
	}
	c.subscribe(s)
	for ; left > 0; left-- {
		h, err := ws.ReadHeader(near)
		payload := make([]byte, h.Length)
		if err == nil {
			_, err = readFull(near, payload)
		}
		if err != nil {
			if ctx.Err() == nil {
				c.m.t.Errorf("the socket was cut: %v", err)
			}
			return
		}
		c.message(payload)
		if c.slow {
			sleep(ctx, time.Duration(c.rng.IntN(30))*time.Millisecond)
		}
		if !c.stays && c.rng.IntN(20) == 0 { // again on the same socket
			s.stop(strconv.Itoa(c.ids))
			c.subscribe(s)
		}
	}
}

func readFull(conn net.Conn, b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var k int
		k, err = conn.Read(b[n:])
		n += k
	}
	return n, err
}

func (c *modelClient) subscribe(s *socket) {
	c.ids++
	at := c.places[:1]
	if c.both {
		at = c.places
	}
	variables, _ := json.Marshal(at)
	if code := s.take(fmt.Appendf(nil, `{"type":"subscribe","id":"%d","payload":{"query":%q,"variables":{"at":%s}}}`, c.ids, c.document, variables)); code != 0 {
		c.m.t.Errorf("subscribe: close with %d", code)
	}
}

// message wants the next place that is shown of its log, and what is said of being current to be so.
func (c *modelClient) message(text []byte) {
	var got struct {
		ID, Type string
		Payload  struct {
			Data struct {
				Log, Place int64
				CaughtUp   []int64
			}
		}
	}
	if err := json.Unmarshal(text, &got); err != nil || got.Type != "next" {
		c.m.t.Errorf("got %s %v", text, err)
		return
	}
	if got.ID != strconv.Itoa(c.ids) {
		return // of the stream before, which was on its way
	}
	if up := got.Payload.Data.CaughtUp; up != nil {
		for i, place := range up {
			if shown(place) > c.places[i] || place < c.places[i] {
				c.m.t.Errorf("log %d: caught up at %d, the last was %d", i, place, c.places[i])
			}
			c.places[i] = place
		}
		return
	}
	log := got.Payload.Data.Log
	want := c.places[log] + 1
	for want%3 == 0 {
		want++
	}
	if c.places[log] = got.Payload.Data.Place; c.places[log] != want {
		c.m.t.Errorf("log %d: place %d came instead of %d", log, c.places[log], want)
	}
}

// shown is the last place up to this one that is shown.
func shown(place int64) int64 {
	for place%3 == 0 && place > 0 {
		place--
	}
	return place
}

// sleep is of virtual time.
func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// check wants the client to have everything.
func (c *modelClient) check(i int) {
	for n, l := range c.m.logs {
		if n > 0 && !c.both {
			return
		}
		if head := shown(l.head().Place); c.places[n] < head {
			c.m.t.Errorf("client %d (stays %v, slow %v, both %v) has place %d of log %s; the head is %d", i, c.stays, c.slow, c.both, c.places[n], l.name, head)
		}
	}
}
