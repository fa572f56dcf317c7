package load

import (
	"context"
	"time"

	"parley/bench/client"
	"parley/bench/process"
	"parley/bench/report"
)

// Memory is that of a server in KiB: before sockets are open, while they wait, and after each
// has been given one chat.
type Memory struct {
	PID                 int
	Wait                time.Duration
	sockets             int
	Before, Idle, After int
}

// PerSocket is what one socket adds.
func (w *Memory) PerSocket(rss int) float64 { return float64(rss-w.Before) / float64(w.sockets) }

// Measure opens sockets, looks at the memory, and closes them.
func (w *Memory) Measure(ctx context.Context, c *Subscribers, sockets int) (p report.Problems, err error) {
	w.sockets = sockets
	if w.Before, err = w.afterQuiet(ctx); err != nil {
		return p, err
	}
	if err = c.Open(ctx, sockets); err != nil {
		return p, err
	}
	if w.Idle, err = w.afterQuiet(ctx); err != nil {
		return p, err
	}
	first, err := c.SendFirst(ctx, client.MinText)
	if err != nil {
		return p, err
	}
	if w.After, err = w.afterQuiet(ctx); err != nil {
		return p, err
	}
	return c.Check(ctx, first)
}

// afterQuiet is the server's memory after some quiet time, without asking it to clean up: what a user
// would see.
func (w *Memory) afterQuiet(ctx context.Context) (int, error) {
	select {
	case <-time.After(w.Wait):
		return process.RSSOf(w.PID)
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}
