package main

import (
	"context"
	"flag"
	"time"
)

// An idleRun opens sockets and looks at the server's memory.
type idleRun struct {
	site    site
	sockets int
	rooms   int
	wait    time.Duration
}

func prepareIdle(f *flag.FlagSet) func(context.Context) (*report, error) {
	w := &idleRun{}
	w.site.flags(f)
	f.IntVar(&w.sockets, "sockets", 1000, "sockets with one subscription each")
	f.IntVar(&w.rooms, "rooms", 20, "rooms")
	f.DurationVar(&w.wait, "wait", 2*time.Second, "how long to wait before each look at the memory")
	return w.run
}

func (w *idleRun) run(ctx context.Context) (r *report, err error) {
	if w.sockets < 1 || w.rooms < 1 {
		return nil, usageError("sockets and rooms must be above zero")
	}
	if w.site.binary == "" && w.site.pid == 0 {
		return nil, usageError("whose memory? give -pid and -url, or -parley")
	}
	defer w.site.close(&err)
	if err := w.site.open(ctx); err != nil {
		return nil, err
	}
	users, err := w.site.api().register(ctx, peopleFor(w.sockets))
	if err != nil {
		return nil, err
	}
	// Registering takes 19 MiB a hash, which would hide what sockets need.
	if err := w.site.restart(ctx); err != nil {
		return nil, err
	}
	c, err := newCrowd(ctx, w.site.url, users, w.rooms)
	if err != nil {
		return nil, err
	}
	defer c.hangUp()
	return w.weigh(ctx, c)
}

// weigh looks at the memory before the sockets are open, while they wait, and after each has been
// given one chat.
func (w *idleRun) weigh(ctx context.Context, c *crowd) (*report, error) {
	before, err := w.settled(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.open(ctx, w.sockets); err != nil {
		return nil, err
	}
	waiting, err := w.settled(ctx)
	if err != nil {
		return nil, err
	}
	greeters, err := c.greet(ctx, minText)
	if err != nil {
		return nil, err
	}
	after, err := w.settled(ctx)
	if err != nil {
		return nil, err
	}
	stored, faults, err := readBack(ctx, api{w.site.url, c.users[0].token}, greeters)
	if err != nil {
		return nil, err
	}
	c.hangUp()
	r := &report{}
	r.faults.merge(faults)
	r.faults.merge(c.judge(stored))
	r.add("sockets", w.sockets)
	r.add("rss_before_kib", before)
	r.add("rss_waiting_kib", waiting)
	r.add("rss_after_a_chat_kib", after)
	r.add("kib_per_waiting_socket", float64(waiting-before)/float64(w.sockets))
	r.add("kib_per_socket_after_a_chat", float64(after-before)/float64(w.sockets))
	return r, nil
}

// settled is the server's memory after some quiet time, without asking it to clean up: what a user
// would see.
func (w *idleRun) settled(ctx context.Context) (int, error) {
	select {
	case <-time.After(w.wait):
		return rssOf(w.site.pid)
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}
