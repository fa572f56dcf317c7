package stream

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"parley/transport/stream/quota"
)

// openLog is a log of so many events, and its reads.
type openLog struct {
	memoryLog
	reads int
}

func logOf(events int) *openLog {
	l := &openLog{}
	for i := range events {
		l.events = append(l.events, Event{Position: Position{Place: int64(i + 1), Tag: 1}, Object: fmt.Sprint(i + 1)})
	}
	return l
}

func (l *openLog) Next(ctx context.Context, at Position) ([]Event, error) {
	l.reads++
	return l.memoryLog.Next(ctx, at)
}

// from is the log, opened with its head, for a reader at a place.
func (l *openLog) from(place int) Log {
	at := func(place int) (p Position) {
		if place > 0 {
			p = Position{Place: int64(place), Tag: 1}
		}
		return p
	}
	return Log{Key: "log", At: at(place), Head: at(len(l.events)), Follow: func(func()) Tail { return l }}
}

func openFor(t *testing.T, feeds *Feeds, user string, s *Stream) *follower {
	t.Helper()
	x := &follower{read: func() {}}
	if x.sub = feeds.Subscribe(benchOperation(), s, user, x); x.sub == nil {
		t.Fatal("refused")
	}
	t.Cleanup(x.sub.Leave)
	return x
}

// Logs that have not moved are not read when they are opened, if whoever opened them compares their heads; those whose
// first reader comes back to where it was are read from there, once for all who come back to it.
func TestOpeningReadsWhatHasMoved(t *testing.T) {
	for name, c := range map[string]struct {
		behind, reads int
		want          string
	}{
		"none":                 {0, 0, ""},
		"some":                 {3, 2, "48 49 50"}, // the second finds the end
		"more than the window": {11, 0, "behind"},
	} {
		t.Run(name, func(t *testing.T) {
			feeds, log := newFeeds(1<<20), logOf(50)
			feeds.options.WindowEvents = 10
			compared := 0
			var all []*follower
			for _, user := range []string{"ann", "bob", "cid"} {
				all = append(all, openFor(t, feeds, user, &Stream{Logs: []Log{log.from(50 - c.behind)}, Followed: func() { compared++ }}))
			}
			for _, x := range all {
				r := x.sub.Readers()[0]
				r.feed.fresh()
				got := "behind"
				if page := r.Window(); !page.IsBehind() {
					r.Take(nil, page)
					got = strings.Join(x.got, " ")
				}
				if got != c.want {
					t.Errorf("it got %q", got)
				}
			}
			if log.reads != c.reads || compared != 3 {
				t.Errorf("%d reads, compared %d times", log.reads, compared)
			}
		})
	}
}

// What is one stream's alone is given to it alone.
func TestLogOfOneStreamAlone(t *testing.T) {
	feeds := newFeeds(1 << 20)
	for range 2 {
		log := logOf(1).from(0)
		log.Alone = true
		openFor(t, feeds, "ann", &Stream{Logs: []Log{log}})
	}
	if n := feeds.Stats().Feeds; n != 2 {
		t.Errorf("%d feeds", n)
	}
}

// A stream over a set counts once for its user, whatever it reads, and streams without one do not concern it.
func TestQuotaOfSets(t *testing.T) {
	feeds := newFeeds(1 << 20)
	feeds.quotas = quota.New(2, 1<<20)
	open := func(user string, set bool) *Subscription {
		s := setOf(logsFor(5))
		if !set {
			s.Set = nil
		}
		return feeds.Subscribe(benchOperation(), s, user, &collector{})
	}
	var all []*Subscription
	for i, c := range []struct {
		user string
		set  bool
		want bool
	}{{"ann", true, true}, {"ann", true, true}, {"ann", true, false}, {"bob", true, true}, {"ann", false, true}, {"ann", false, true}, {"ann", false, false}} {
		sub := open(c.user, c.set)
		if (sub != nil) != c.want {
			t.Errorf("stream %d: %v", i, sub != nil)
		}
		if sub != nil {
			all = append(all, sub)
		}
	}
	all[0].Leave()
	all[0].Leave() // once more does nothing
	if all = append(all, open("ann", true)); all[len(all)-1] == nil || open("ann", true) != nil {
		t.Error("one was given back")
	}
	for _, sub := range all {
		sub.Leave()
	}
	if s := feeds.Stats(); s.Feeds+s.Streams != 0 {
		t.Errorf("%d feeds and %d streams are left", s.Feeds, s.Streams)
	}
	for range 2 {
		if sub := open("ann", true); sub == nil {
			t.Error("none were given back")
		} else {
			defer sub.Leave()
		}
	}
}
