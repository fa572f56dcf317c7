package main

import (
	"context"
	"flag"
	"slices"
	"time"

	"parley/bench/client"
	"parley/bench/load"
	"parley/bench/report"
)

// A fanout is a run with subscribers and publishers. The clients of its load are the publishers.
type fanout struct {
	loadOptions
	subscribers int
	rate        float64       // chats a second of all publishers together; 0: as fast as they are answered
	users       []client.User // accounts that are there already
}

func prepareFanout(f *flag.FlagSet) func(context.Context) (*report.Report, error) {
	w := &fanout{}
	w.site.flags(f)
	f.IntVar(&w.subscribers, "subscribers", 200, "sockets with one subscription each")
	f.IntVar(&w.clients, "publishers", 1, "clients that send")
	f.IntVar(&w.rooms, "rooms", 1, "rooms")
	f.Float64Var(&w.rate, "rate", 0, "chats a second of all publishers together; 0: as fast as they are answered")
	f.IntVar(&w.size, "size", 100, "`characters` of a text")
	f.DurationVar(&w.duration, "d", 10*time.Second, "how long to publish")
	return w.open
}

func (w *fanout) open(ctx context.Context) (r *report.Report, err error) {
	if err := w.check(); err != nil {
		return nil, err
	}
	if w.subscribers < 1 || w.rate < 0 {
		return nil, report.UsageError("at least one subscriber, and no rate below zero")
	}
	defer w.site.close(&err)
	if err := w.site.open(ctx); err != nil {
		return nil, err
	}
	return w.run(ctx)
}

// run makes the accounts that are missing, opens all streams, measures, and checks.
func (w *fanout) run(ctx context.Context) (*report.Report, error) {
	if missing := max(w.clients, load.UsersFor(w.subscribers)) - len(w.users); missing > 0 {
		more, err := w.site.api().Register(ctx, missing)
		if err != nil {
			return nil, err
		}
		w.users = append(w.users, more...)
	}
	c, err := load.NewSubscribers(ctx, w.site.url, w.users[:load.UsersFor(w.subscribers)], w.rooms)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if err := c.Open(ctx, w.subscribers); err != nil {
		return nil, err
	}
	first, err := c.SendFirst(ctx, w.size)
	if err != nil {
		return nil, err
	}
	publishers, err := w.publishers(c)
	if err != nil {
		return nil, err
	}
	defer load.CloseAll(publishers)
	return w.measure(ctx, c, publishers, first)
}

// publishers makes one for each client, at their common rate.
func (w *fanout) publishers(c *load.Subscribers) ([]*load.Sender, error) {
	publishers, err := load.Spread(client.ParleyRoute(w.site.url), w.users[:w.clients], c.RoomIDs(), w.size)
	if err != nil || w.rate == 0 {
		return publishers, err
	}
	for _, p := range publishers {
		p.Interval = time.Duration(float64(w.clients) / w.rate * float64(time.Second))
	}
	return publishers, nil
}

// measure publishes, waits for the last delivery, and checks what everybody got.
func (w *fanout) measure(ctx context.Context, c *load.Subscribers, publishers, first []*load.Sender) (*report.Report, error) {
	before, start := w.site.cpu(), time.Now()
	took := load.SendAll(ctx, publishers, w.duration)
	c.Await(ctx, load.NewestOf(slices.Concat(publishers, first)))
	after := w.site.cpu()
	faults, err := c.Check(ctx, slices.Concat(publishers, first))
	if err != nil {
		return nil, err
	}
	r := &report.Report{Faults: faults}
	w.describe(r, publishers, took)
	r.Add("subscribers", w.subscribers)
	given := c.Since()
	r.Add("deliveries", given.Times.N)
	r.Add("deliveries_per_s", report.PerSecond(given.Times.N, max(took, given.Latest.Sub(start))))
	r.AddTimes("delivery", &given.Times)
	if w.site.pid != 0 && given.Times.N > 0 {
		r.Add("server_cpu_us_per_delivery", report.Micros(after-before)/float64(given.Times.N))
	}
	return r, nil
}
