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
	places            []int64      // of the last event of each log that it was given
	out               map[int]bool // the logs that it may not read any more, as it was told
	user              string
	ids               int
	signals           map[[3]int64]int // how often each was given, by log, number and stream

	followed func() []int64 // the variables of a subscription; nil: there is nothing to follow
	event    func(text []byte)
	ended    func(why string) (again bool)
}

func (c *modelClient) run(ctx context.Context) {
	for ctx.Err() == nil && c.followed() != nil {
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
		if !c.message(s, payload) {
			return
		}
		if c.slow {
			sleep(ctx, time.Duration(c.rng.IntN(30))*time.Millisecond)
		}
		if !c.stays && c.rng.IntN(20) == 0 && c.followed() != nil { // again on the same socket
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
	variables, _ := json.Marshal(c.followed())
	if code := s.take(fmt.Appendf(nil, `{"type":"subscribe","id":"%d","payload":{"query":%q,"variables":{"at":%s,"user":%q}}}`, c.ids, c.document, variables, c.user)); code != 0 {
		c.m.t.Errorf("subscribe: close with %d", code)
	}
}

// message takes one of the current stream. It returns false when there is nothing to follow any more.
func (c *modelClient) message(s *socket, text []byte) bool {
	var got struct {
		ID, Type string
		Payload  json.RawMessage
	}
	if err := json.Unmarshal(text, &got); err != nil {
		c.m.t.Errorf("got %s %v", text, err)
	}
	switch {
	case got.ID != strconv.Itoa(c.ids): // of the stream before, which was on its way
	case got.Type == "next":
		c.event(got.Payload)
	case got.Type == "error":
		var errs []struct{ Message string }
		if err := json.Unmarshal(got.Payload, &errs); err != nil || len(errs) != 1 || !c.ended(errs[0].Message) {
			return false
		}
		c.subscribe(s)
	default:
		c.m.t.Errorf("got %s", text)
	}
	return true
}

// eventOfLog wants the next place that is shown of its log, and what is said of being current to be so.
func (c *modelClient) eventOfLog(text []byte) {
	var got struct {
		Data struct {
			Log, Place, Read int64
			CaughtUp         []int64
			Out              bool
		}
	}
	if err := json.Unmarshal(text, &got); err != nil {
		c.m.t.Errorf("got %s %v", text, err)
		return
	}
	if up := got.Data.CaughtUp; up != nil {
		for i, place := range up {
			if place < 0 {
				continue
			}
			if shown(place) > c.places[i] || place < c.places[i] {
				c.m.t.Errorf("log %d: caught up at %d, the last was %d", i, place, c.places[i])
			}
			c.places[i] = place
		}
		return
	}
	var signal struct{ Data modelSignal }
	if err := json.Unmarshal(text, &signal); err == nil && signal.Data.Signal > 0 {
		c.signal(signal.Data)
		return
	}
	log := got.Data.Log
	c.beyond(log, got.Data.Place, got.Data.Read)
	if got.Data.Out {
		c.out[int(log)] = true
		return
	}
	want := nextShown(c.places[log])
	if c.places[log] = got.Data.Place; c.places[log] != want {
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

// nextShown is the first place behind this one that is shown.
func nextShown(place int64) int64 {
	if place++; place%3 == 0 {
		place++
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
		c.knows(n)
		if head := shown(l.head().Place); !c.out[n] && c.places[n] < head {
			c.m.t.Errorf("client %d (stays %v, slow %v, both %v) has place %d of log %s; the head is %d", i, c.stays, c.slow, c.both, c.places[n], l.name, head)
		}
	}
}
