package main

import (
	"context"
	"flag"
	"slices"
	"time"

	"parley/bench/report"
	"parley/bench/client"
)

// A fanout is a run with subscribers and publishers. The clients of its load are the publishers.
type fanout struct {
	load
	subscribers int
	rate        float64 // chats a second of all publishers together; 0: as fast as they are answered
	users       []client.User  // accounts that are there already
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

// run makes the accounts that are missing, opens all streams, measures, and judges.
func (w *fanout) run(ctx context.Context) (*report.Report, error) {
	if missing := max(w.clients, usersFor(w.subscribers)) - len(w.users); missing > 0 {
		more, err := w.site.api().Register(ctx, missing)
		if err != nil {
			return nil, err
		}
		w.users = append(w.users, more...)
	}
	c, err := newSubscribers(ctx, w.site.url, w.users[:usersFor(w.subscribers)], w.rooms)
	if err != nil {
		return nil, err
	}
	defer c.close()
	if err := c.open(ctx, w.subscribers); err != nil {
		return nil, err
	}
	first, err := c.sendFirst(ctx, w.size)
	if err != nil {
		return nil, err
	}
	publishers, err := w.publishers(c)
	if err != nil {
		return nil, err
	}
	defer closeAll(publishers)
	return w.measure(ctx, c, publishers, first)
}

// publishers makes one for each client, at their common rate.
func (w *fanout) publishers(c *subscribers) ([]*sender, error) {
	publishers, err := spread(client.ParleyRoute(w.site.url), w.users[:w.clients], c.roomIDs(), w.size)
	if err != nil || w.rate == 0 {
		return publishers, err
	}
	for _, p := range publishers {
		p.interval = time.Duration(float64(w.clients) / w.rate * float64(time.Second))
	}
	return publishers, nil
}

// measure publishes, waits for the last delivery, and judges what everybody got.
func (w *fanout) measure(ctx context.Context, c *subscribers, publishers, first []*sender) (*report.Report, error) {
	before, start := w.site.cpu(), time.Now()
	took := sendAll(ctx, publishers, w.duration)
	c.await(ctx, newestOf(slices.Concat(publishers, first)))
	after := w.site.cpu()
	faults, err := c.check(ctx, slices.Concat(publishers, first))
	if err != nil {
		return nil, err
	}
	r := &report.Report{Faults: faults}
	w.describe(r, publishers, took)
	r.Add("subscribers", len(c.list))
	given := c.since()
	r.Add("deliveries", given.times.N)
	r.Add("deliveries_per_s", report.PerSecond(given.times.N, max(took, given.latest.Sub(start))))
	r.AddTimes("delivery", &given.times)
	if w.site.pid != 0 && given.times.N > 0 {
		r.Add("server_cpu_us_per_delivery", report.Micros(after-before)/float64(given.times.N))
	}
	return r, nil
}
