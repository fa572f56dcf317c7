package main

import (
	"context"
	"flag"
	"time"

	"parley/bench/load"
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
	users, err := w.site.api().Register(ctx, load.UsersFor(w.sockets))
	if err != nil {
		return nil, err
	}
	// Registering takes 19 MiB a hash, which would hide what sockets need.
	if err := w.site.restart(ctx); err != nil {
		return nil, err
	}
	c, err := load.NewSubscribers(ctx, w.site.url, users, w.rooms)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return w.report(ctx, c)
}

func (w *idleRun) report(ctx context.Context, c *load.Subscribers) (*report.Report, error) {
	found := load.Memory{PID: w.site.pid, Wait: w.wait}
	faults, err := found.Measure(ctx, c, w.sockets)
	if err != nil {
		return nil, err
	}
	r := &report.Report{Faults: faults}
	r.Add("sockets", w.sockets)
	r.Add("rss_before_kib", found.Before)
	r.Add("rss_waiting_kib", found.Idle)
	r.Add("rss_after_a_chat_kib", found.After)
	r.Add("kib_per_waiting_socket", found.PerSocket(found.Idle))
	r.Add("kib_per_socket_after_a_chat", found.PerSocket(found.After))
	return r, nil
}
