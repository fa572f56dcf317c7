package main

import (
	"context"
	"flag"
	"time"

	"parley/bench/report"
)

// An idleRun opens sockets and looks at the server's memory.
type idleRun struct {
	site    site
	sockets int
	rooms   int
	wait    time.Duration
}

func prepareIdle(f *flag.FlagSet) func(context.Context) (*report.Report, error) {
	w := &idleRun{}
	w.site.flags(f)
	f.IntVar(&w.sockets, "sockets", 1000, "sockets with one subscription each")
	f.IntVar(&w.rooms, "rooms", 20, "rooms")
	f.DurationVar(&w.wait, "wait", 2*time.Second, "how long to wait before each look at the memory")
	return w.run
}

func (w *idleRun) run(ctx context.Context) (r *report.Report, err error) {
	if w.sockets < 1 || w.rooms < 1 {
		return nil, report.UsageError("sockets and rooms must be above zero")
	}
	if w.site.binary == "" && w.site.pid == 0 {
		return nil, report.UsageError("whose memory? give -pid and -url, or -parley")
	}
	defer w.site.close(&err)
	if err := w.site.open(ctx); err != nil {
		return nil, err
	}
	users, err := w.site.api().Register(ctx, usersFor(w.sockets))
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

func (w *idleRun) report(ctx context.Context, c *subscribers) (*report.Report, error) {
	found := memory{pid: w.site.pid, wait: w.wait}
	faults, err := found.measure(ctx, c, w.sockets)
	if err != nil {
		return nil, err
	}
	r := &report.Report{Faults: faults}
	r.Add("sockets", w.sockets)
	r.Add("rss_before_kib", found.before)
	r.Add("rss_waiting_kib", found.waiting)
	r.Add("rss_after_a_chat_kib", found.after)
	r.Add("kib_per_waiting_socket", found.perSocket(found.waiting))
	r.Add("kib_per_socket_after_a_chat", found.perSocket(found.after))
	return r, nil
}
