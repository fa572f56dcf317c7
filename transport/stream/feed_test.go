package stream

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/99designs/gqlgen/graphql"
)

// What lies in the window is not handed out once a change has made it old: the reader that comes for it is served
// behind the change, from the log.
//
// Broken on purpose, it was caught with
//
//	a pass that does not look for notifications between two readers
//	a window that keeps what an entry behind it changes
func TestChangeIsReadBeforeTheWindowIsHandedOut(t *testing.T) {
	feeds := newFeeds(1 << 20)
	log := &memoryLog{}
	log.events = []Event{{Position: Position{Place: 1, Tag: 1}, Object: "old", Subject: 1}, {Position: Position{Place: 2, Tag: 2}, Object: "2", Subject: 2}}
	out := &collector{}
	at := Position{}
	s := &Stream{Logs: []Log{{Key: "log", At: at, Head: at, Follow: log.follow}}}
	var subs []*Subscription
	for range 2 {
		subs = append(subs, feeds.Subscribe(Prepared{shows{}, &graphql.OperationContext{}}, s, "ann", out))
	}
	f := subs[0].Readers()[0].feed
	f.advance(10) // the window holds both
	out.first = func() {
		log.mu.Lock()
		log.events[0].Object = "new"
		log.events = append(log.events, Event{Position: Position{Place: 3, Tag: 3}, Object: "changed", Subject: 1, Changes: true})
		log.mu.Unlock()
		f.due.Store(true) // it is notified
	}
	(*f.blocks.Load())[0].serve()
	if got := strings.Join(out.got, " "); got != "old 2 behind" {
		t.Errorf("got %q", got)
	}
	if p, err := f.history(context.Background(), subs[0].Readers()[0]); err != nil || string(p.entries[0].Body) != `{"data":new}` {
		t.Errorf("got %v %v", p.entries, err)
	}
	for _, sub := range subs {
		sub.Leave()
	}
}

// A collector takes whatever the window has.
type collector struct {
	got   []string
	first func() // called once, behind the first reader
}

func (x *collector) Append(b []byte, _ string, _ []byte) []byte { return b }

func (x *collector) Serve(r *Reader) (events int) {
	page := r.Window()
	if page.IsBehind() {
		x.got = append(x.got, "behind")
	}
	for _, e := range page.entries {
		x.got = append(x.got, strings.TrimSuffix(strings.TrimPrefix(string(e.Body), `{"data":`), "}"))
	}
	if x.first != nil {
		x.first()
		x.first = nil
	}
	return len(page.entries)
}

// A block that is served while another worker reads on waits for what that brings: there was one notification for
// both. With 5,000 readers of a room, the last chat came to all but 42 of them.
func TestBlockWaitsForWhoReadsOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &memoryLog{}
		log.events = []Event{{Position: Position{Place: 1, Tag: 1}, Object: "1", Subject: 1}}
		out := &collector{}
		s := &Stream{Logs: []Log{{Key: "log", Follow: log.follow}}}
		sub := newFeeds(1<<20).Subscribe(Prepared{shows{}, &graphql.OperationContext{}}, s, "ann", out)
		defer sub.Leave()
		f := sub.Readers()[0].feed
		f.sem <- struct{}{} // somebody has begun to read on
		f.due.Store(false)
		served := make(chan struct{})
		go func() {
			defer close(served)
			(*f.blocks.Load())[0].serve()
		}()
		synctest.Wait()
		f.readOn()
		<-f.sem
		<-served
		if got := strings.Join(out.got, " "); got != "1" {
			t.Errorf("got %q", got)
		}
	})
}
