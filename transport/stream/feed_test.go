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
		log.change(1, "new")
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

// Whoever reads the log alone is given no more of it than what lies before an event that has been changed meanwhile.
//
// In a storm of edits, replays handed out one old text in 10,000 after its edit had been answered.
func TestChangeDuringAReplay(t *testing.T) {
	for name, c := range map[string]struct {
		from    int64
		reading bool // when it changes; else behind that
		want    string
	}{
		"the first of a page": {1, false, "new 3new"},
		"behind another":      {0, false, "1 new 3new"},
		"what else it shows":  {2, false, "3new changed"},
		"during the read":     {1, true, "new 3new"},
	} {
		t.Run(name, func(t *testing.T) {
			log := &judgedLog{}
			log.add("1", "old", "3old")
			log.events[1].Subject, log.events[2].Shows = 2, 2
			x := follow(t, newFeeds(1<<20), "ann", log)
			x.readOn(0, true)
			x.sub.Readers()[0].at = Position{Place: c.from, Tag: min(c.from, 1)}
			change := func() {
				log.events[2].Object = "3new"
				log.change(2, "new")
			}
			if c.reading {
				log.read = change
			} else {
				x.read = change
			}
			if got := x.take(t.Context()); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// A collector takes whatever the window has.
type collector struct {
	got   []string
	first func() // called once, behind the first reader
}

func (x *collector) Append(b []byte, _ string, _ []byte) []byte { return b }

func (x *collector) Signal(*Reader, *Signals) {}

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
