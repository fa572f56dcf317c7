package main

import (
	"context"
	"flag"
)

// pageDocument is what a chat window asks for when it opens.
const pageDocument = `query($room:ID!){chats(room:$room)` +
	`{nodes{id number text username createdAt user{id username} cursor}}}`

func prepareRead(f *flag.FlagSet) func(context.Context) (*report, error) {
	l := load{rooms: 1}
	l.flags(f)
	f.IntVar(&l.size, "size", 100, "`characters` of a text")
	return l.read
}

func (l *load) read(ctx context.Context) (r *report, err error) {
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
	defer closeAll(senders)
	if err := fillRoom(senders[0], 10*pageChats); err != nil {
		return nil, err
	}
	pagers := make([]*pager, len(senders))
	for i, s := range senders {
		if pagers[i], err = newPager(parleyRoute(l.site.url), s.by, pageRequest(pageDocument, s.room)); err != nil {
			return nil, err
		}
	}
	return l.readPages(ctx, pagers), nil
}

func (l *load) readPages(ctx context.Context, pagers []*pager) *report {
	pageAll(ctx, pagers, l.duration/10)
	before := l.site.cpu()
	took := pageAll(ctx, pagers, l.duration)
	r, times := &report{}, &histogram{}
	for _, p := range pagers {
		times.merge(&p.times)
		r.faults.merge(p.faults)
		p.conn.close()
	}
	r.add("clients", len(pagers))
	r.add("pages_per_s", perSecond(times.n, took))
	r.addTimes("page", times)
	l.site.addCPU(r, "server_cpu_us_per_page", before, times.n)
	return r
}
