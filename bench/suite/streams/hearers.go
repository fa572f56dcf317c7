package streams

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"parley/bench/client"
	"parley/bench/load"
	"parley/bench/suite"
)

// hearers follow all that happens in a room and count it.
type hearers struct {
	sockets []*client.Socket
	heard   atomic.Int64 // by all together
	reading sync.WaitGroup
	left    atomic.Bool
	lost    atomic.Value // the error of one that ended by itself
}

// hearing is who hears what.
type hearing struct {
	document string
	people   int
}

// open lets them begin. They leave in any case.
func (h *hearers) open(ctx context.Context, s *suite.Suite, url string, in *load.Room, what hearing) error {
	for i := range what.people {
		one, err := load.Subscribe(ctx, url, s.Users[i%len(s.Users)], in, what.document)
		if err != nil {
			return err
		}
		_ = one.Conn.SetWriteDeadline(time.Time{}) // of the dial; pings are answered as long as it takes
		h.sockets = append(h.sockets, one)
		h.reading.Go(func() { h.read(one) })
	}
	return nil
}

func (h *hearers) read(one *client.Socket) {
	for {
		message, err := one.Next()
		if err != nil {
			if !h.left.Load() {
				h.lost.Store(err.Error())
			}
			return
		}
		if bytes.Contains(message, []byte(`"number":`)) { // a chat is what all count
			h.heard.Add(1)
		}
	}
}

// await waits until together they have heard n.
func (h *hearers) await(ctx context.Context, n int64) error {
	for start := time.Now(); h.heard.Load() < n; time.Sleep(time.Millisecond) {
		if ctx.Err() != nil || h.lost.Load() != nil || time.Since(start) > 10*time.Second {
			return fmt.Errorf("%d of %d deliveries have come: %v %w", h.heard.Load(), n, h.lost.Load(), ctx.Err())
		}
	}
	return nil
}

// leave ends them.
func (h *hearers) leave(s *suite.Suite) {
	h.left.Store(true)
	for _, one := range h.sockets {
		one.Close()
	}
	h.reading.Wait()
	if why := h.lost.Load(); why != nil {
		s.Report.Faults.Add("who hears all of a room: %v", why)
	}
}
