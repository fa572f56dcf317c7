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
	users, err := w.site.api().register(ctx, usersFor(w.sockets))
	if err != nil {
		return nil, err
	}
	// Registering takes 19 MiB a hash, which would hide what sockets need.
	if err := w.site.restart(ctx); err != nil {
		return nil, err
	}
	c, err := newSubscribers(ctx, w.site.url, users, w.rooms)
	if err != nil {
		return nil, err
	}
	defer c.close()
	return w.report(ctx, c)
}

func (w *idleRun) report(ctx context.Context, c *subscribers) (*report, error) {
	found := memory{pid: w.site.pid, wait: w.wait}
	faults, err := found.measure(ctx, c, w.sockets)
	if err != nil {
		return nil, err
	}
	r := &report{faults: faults}
	r.add("sockets", w.sockets)
	r.add("rss_before_kib", found.before)
	r.add("rss_waiting_kib", found.waiting)
	r.add("rss_after_a_chat_kib", found.after)
	r.add("kib_per_waiting_socket", found.perSocket(found.waiting))
	r.add("kib_per_socket_after_a_chat", found.perSocket(found.after))
	return r, nil
}
