package load

import (
	"bytes"
	"context"
	"sync"
	"time"

	"parley/bench/client"
	"parley/bench/report"
)

// PageDocument is what a chat window asks for when it opens.
const PageDocument = `query($room:ID!){chats(room:$room)` +
	`{nodes{id number text username createdAt user{id username} cursor}}}`

// PageChats is how many chats a page has when nothing else is asked for.
const PageChats = 50

// A Pager is one client that reads the same, over and over: the newest page of a room, or what else has items.
type Pager struct {
	Conn     *client.Conn
	Request  []byte
	Interval time.Duration // between two pages; 0: the next one follows the answer
	Item     string        // what is in each item of an answer
	Items    int           // how many there must be
	Times    report.Histogram
	Faults   report.Problems
}

// NewPager makes one that asks with this body, for 50 chats.
func NewPager(to client.Route, by client.User, body any) (*Pager, error) {
	request, err := client.Encode(to, by, body)
	return &Pager{Conn: client.NewConn(to.Addr), Request: request, Item: `"number":`, Items: PageChats}, err
}

// PageRequest asks Parley for the newest page of a room.
func PageRequest(document, room string) any {
	return map[string]any{"query": document, "variables": map[string]any{"room": room}}
}

// once reads one page and counts its items.
func (p *Pager) once() {
	start := time.Now()
	status, body, err := p.Conn.Do(p.Request)
	took := time.Since(start)
	if n := bytes.Count(body, []byte(p.Item)); err != nil || status != 200 || n != p.Items {
		p.Faults.Add("an answer has %d items: status %d, %s", n, status, client.CodeOf(status, body, err))
		return
	}
	p.Times.Record(took)
}

// PageAll lets all clients read for d, one page at least, and returns how long that took.
func PageAll(ctx context.Context, pagers []*Pager, d time.Duration) time.Duration {
	start := time.Now()
	var wg sync.WaitGroup
	for _, p := range pagers {
		p.Times = report.Histogram{}
		wg.Go(func() {
			for due, first := start, true; (first || time.Since(start) < d) && ctx.Err() == nil; due, first = due.Add(p.Interval), false {
				time.Sleep(time.Until(due))
				p.once()
			}
		})
	}
	wg.Wait()
	return time.Since(start)
}
