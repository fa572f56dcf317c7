package main

import (
	"context"
	"flag"

	"parley/bench/client"
	"parley/bench/load"
	"parley/bench/report"
)

func prepareRead(f *flag.FlagSet) func(context.Context) (*report.Report, error) {
	l := loadOptions{rooms: 1}
	l.flags(f)
	f.IntVar(&l.size, "size", 100, "`characters` of a text")
	return l.read
}

func (l *loadOptions) read(ctx context.Context) (r *report.Report, err error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	defer l.site.close(&err)
	if err := l.site.open(ctx); err != nil {
		return nil, err
	}
	senders, _, err := l.senders(ctx)
	if err != nil {
		return nil, err
	}
	defer load.CloseAll(senders)
	if err := load.Fill(senders[0], 10*load.PageChats); err != nil {
		return nil, err
	}
	pagers := make([]*load.Pager, len(senders))
	for i, s := range senders {
		if pagers[i], err = load.NewPager(client.ParleyRoute(l.site.url), s.By, load.PageRequest(load.PageDocument, s.Room)); err != nil {
			return nil, err
		}
	}
	return l.readPages(ctx, pagers), nil
}

func (l *loadOptions) readPages(ctx context.Context, pagers []*load.Pager) *report.Report {
	load.PageAll(ctx, pagers, l.duration/10)
	before := l.site.cpu()
	took := load.PageAll(ctx, pagers, l.duration)
	r, times := &report.Report{}, &report.Histogram{}
	for _, p := range pagers {
		times.Merge(&p.Times)
		r.Faults.Merge(p.Faults)
		p.Conn.Close()
	}
	r.Add("clients", len(pagers))
	r.Add("pages_per_s", report.PerSecond(times.N, took))
	r.AddTimes("page", times)
	l.site.addCPU(r, "server_cpu_us_per_page", before, times.N)
	return r
}
