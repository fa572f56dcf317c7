package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"slices"
	"time"

	"parley/bench/client"
	"parley/bench/load"
	"parley/bench/report"
)

// A loadOptions is what send and its checks need: who sends, how long, into how many rooms.
type loadOptions struct {
	site     site
	clients  int
	rooms    int
	size     int
	duration time.Duration
}

func (l *loadOptions) flags(f *flag.FlagSet) {
	l.site.flags(f)
	f.IntVar(&l.clients, "clients", 64, "clients, each a user and a connection of its own")
	f.DurationVar(&l.duration, "d", 10*time.Second, "how long to measure")
}

func (l *loadOptions) check() error {
	if l.clients < 1 || l.rooms < 1 || l.duration <= 0 {
		return report.UsageError("clients, rooms and durations must be above zero")
	}
	if l.size < client.MinText || l.size > 10000 {
		return report.UsageError(fmt.Sprintf("a text has %d to 10000 characters", client.MinText))
	}
	return nil
}

func prepareSend(f *flag.FlagSet) func(context.Context) (*report.Report, error) {
	l := loadOptions{}
	l.flags(f)
	f.IntVar(&l.rooms, "rooms", 1, "rooms they send into")
	f.IntVar(&l.size, "size", 100, "`characters` of a text")
	return l.send
}

func (l *loadOptions) send(ctx context.Context) (r *report.Report, err error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	defer l.site.close(&err)
	if err := l.site.open(ctx); err != nil {
		return nil, err
	}
	senders, owner, err := l.senders(ctx)
	if err != nil {
		return nil, err
	}
	defer load.CloseAll(senders)
	load.SendAll(ctx, senders, l.duration/10) // connections, caches, first rows
	before := l.site.cpu()
	took := load.SendAll(ctx, senders, l.duration)
	r = &report.Report{}
	sent := l.describe(r, senders, took)
	l.site.addCPU(r, "server_cpu_us_per_send", before, sent)
	rooms, faults, err := load.ReadBack(ctx, owner, senders)
	if err != nil {
		return r, err
	}
	r.Faults.Merge(faults)
	stored := 0
	for _, chats := range rooms {
		stored += len(chats)
	}
	r.Add("chats_stored_and_checked", stored)
	return r, nil
}

// senders registers the clients, makes the rooms and spreads one over the other. The first client
// may read everything back.
func (l *loadOptions) senders(ctx context.Context) ([]*load.Sender, client.API, error) {
	open := l.site.api()
	users, err := open.Register(ctx, l.clients)
	if err != nil {
		return nil, open, err
	}
	first := open.As(users[0].Token)
	rooms, err := first.CreateRooms(ctx, l.rooms)
	if err != nil {
		return nil, open, err
	}
	senders, err := load.Spread(client.ParleyRoute(l.site.url), users, rooms, l.size)
	return senders, first, err
}

// describe adds rate, latencies and refusals, and returns how many chats were sent.
func (l *loadOptions) describe(r *report.Report, senders []*load.Sender, took time.Duration) int {
	times, codes := load.Tally(senders)
	r.Add("senders", len(senders))
	r.Add("rooms", l.rooms)
	r.Add("sends_per_s", report.PerSecond(times.N, took))
	r.AddTimes("send", times)
	addCodes(r, codes)
	return times.N
}

func addCodes(r *report.Report, codes map[string]int) {
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		r.Add("refused_"+code, codes[code])
	}
	r.Faults.Merge(load.WrongCodes(codes))
}
