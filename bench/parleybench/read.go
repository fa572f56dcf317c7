package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"sync"
	"time"
)

// pageDocument is what a chat window asks for when it opens.
const pageDocument = `query($room:ID!){chats(room:$room)` +
	`{nodes{id number text username createdAt user{id username} cursor}}}`

// pageChats is how many chats a page has when nothing else is asked for.
const pageChats = 50

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

// fillRoom sends n chats one after the other.
func fillRoom(s *sender, n int) error {
	for range n {
		s.once()
	}
	if len(s.answered) < n {
		return fmt.Errorf("fill the room: %v", s.codes)
	}
	return nil
}

// A pager is one client that reads the newest page of a room, over and over.
type pager struct {
	conn     *conn
	request  []byte
	interval time.Duration // between two pages; 0: the next one follows the answer
	times    histogram
	faults   problems
}

func newPager(to route, by user, body any) (*pager, error) {
	request, err := encode(to, by, body)
	return &pager{conn: newConn(to.addr), request: request}, err
}

// pageRequest asks Parley for the newest page of a room.
func pageRequest(document, room string) any {
	return map[string]any{"query": document, "variables": map[string]any{"room": room}}
}

// once reads one page and counts its chats.
func (p *pager) once() {
	start := time.Now()
	status, body, err := p.conn.do(p.request)
	took := time.Since(start)
	if n := bytes.Count(body, []byte(`"number":`)); err != nil || status != 200 || n != pageChats {
		p.faults.add("a page has %d chats: status %d, %s", n, status, codeOf(status, body, err))
		return
	}
	p.times.record(took)
}

// pageAll lets all clients read for d and answers how long that took.
func pageAll(ctx context.Context, pagers []*pager, d time.Duration) time.Duration {
	start := time.Now()
	var wg sync.WaitGroup
	for _, p := range pagers {
		p.times = histogram{}
		wg.Go(func() {
			for due := start; time.Since(start) < d && ctx.Err() == nil; due = due.Add(p.interval) {
				time.Sleep(time.Until(due))
				p.once()
			}
		})
	}
	wg.Wait()
	return time.Since(start)
}
