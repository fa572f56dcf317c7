package main

import (
	"bytes"
	"context"
	"sync"
	"time"

	"parley/bench/report"
	"parley/bench/client"
)

// pageChats is how many chats a page has when nothing else is asked for.
const pageChats = 50

// A pager is one client that reads the newest page of a room, over and over.
type pager struct {
	conn     *client.Conn
	request  []byte
	interval time.Duration // between two pages; 0: the next one follows the answer
	times    report.Histogram
	faults   report.Problems
}

func newPager(to client.Route, by client.User, body any) (*pager, error) {
	request, err := client.Encode(to, by, body)
	return &pager{conn: client.NewConn(to.Addr), request: request}, err
}

// pageRequest asks Parley for the newest page of a room.
func pageRequest(document, room string) any {
	return map[string]any{"query": document, "variables": map[string]any{"room": room}}
}

// once reads one page and counts its chats.
func (p *pager) once() {
	start := time.Now()
	status, body, err := p.conn.Do(p.request)
	took := time.Since(start)
	if n := bytes.Count(body, []byte(`"number":`)); err != nil || status != 200 || n != pageChats {
		p.faults.Add("a page has %d chats: status %d, %s", n, status, client.CodeOf(status, body, err))
		return
	}
	p.times.Record(took)
}

// pageAll lets all clients read for d and answers how long that took.
func pageAll(ctx context.Context, pagers []*pager, d time.Duration) time.Duration {
	start := time.Now()
	var wg sync.WaitGroup
	for _, p := range pagers {
		p.times = report.Histogram{}
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
