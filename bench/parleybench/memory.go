package main

import (
	"context"
	"time"

	"parley/bench/report"
	"parley/bench/client"
	"parley/bench/process"
)

// memory are the memory of a server in KiB: before sockets are open, while they wait, and after each
// has been given one chat.
type memory struct {
	pid                    int
	wait                   time.Duration
	sockets                int
	before, waiting, after int
}

// perSocket is what one socket adds.
func (w *memory) perSocket(rss int) float64 { return float64(rss-w.before) / float64(w.sockets) }

// measure opens the sockets of a crowd and hangs up.
func (w *memory) measure(ctx context.Context, c *subscribers, sockets int) (p report.Problems, err error) {
	w.sockets = sockets
	if w.before, err = w.afterQuiet(ctx); err != nil {
		return p, err
	}
	if err = c.open(ctx, sockets); err != nil {
		return p, err
	}
	if w.waiting, err = w.afterQuiet(ctx); err != nil {
		return p, err
	}
	first, err := c.sendFirst(ctx, client.MinText)
	if err != nil {
		return p, err
	}
	if w.after, err = w.afterQuiet(ctx); err != nil {
		return p, err
	}
	return c.check(ctx, first)
}

// afterQuiet is the server's memory after some quiet time, without asking it to clean up: what a user
// would see.
func (w *memory) afterQuiet(ctx context.Context) (int, error) {
	select {
	case <-time.After(w.wait):
		return process.RSSOf(w.pid)
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}
