package load

import (
	"context"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// eventsCut stands for the close code of an event stream, which has none.
const eventsCut websocket.StatusCode = 0

// A Cut is the end of a stream that its reader did not want.
type Cut struct {
	When    time.Duration
	At      string
	Code    websocket.StatusCode // -1: the connection died
	OverSSE bool
}

// Cuts are those of a run, in their order.
type Cuts struct {
	mu  sync.Mutex
	all []Cut
}

func (c *Cuts) note(ctx context.Context, r *Reader, code websocket.StatusCode) {
	if ctx.Err() != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, Cut{time.Since(r.Began), r.at, code, r.overSSE})
}

// Since returns those after the first n.
func (c *Cuts) Since(n int) []Cut {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Cut(nil), c.all[n:]...)
}
