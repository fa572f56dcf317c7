package stream

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"parley/transport/stream/window"
)

// A listener is a client that takes all at once.
type listener struct {
	follower
	taking func() // called before each signals are taken; nil: nothing is
}

func (x *listener) Serve(r *Reader) (events int) {
	if page := r.Window(); !page.IsBehind() {
		events = r.Take(nil, page).Events
	}
	return events
}

func (x *listener) Signal(r *Reader, signals *Signals) {
	if x.taking != nil {
		x.taking()
	}
	r.TakeSignals(nil, signals)
}

// listen follows a log from its end.
func listen(t *testing.T, feeds *Feeds, user string, log *judgedLog) *listener {
	at := Position{}
	if n := len(log.events); n > 0 {
		at = log.events[n-1].Position
	}
	x := &listener{}
	s := &Stream{Logs: []Log{{Key: "log", At: at, Head: at, Follow: func(wake func()) Tail {
		log.follow(wake)
		return log
	}}}, Judge: log.judges(user), CaughtUp: func([]Reached) any { return "caughtUp" }}
	x.sub = feeds.Subscribe(benchOperation(), s, user, x)
	x.sub.Wake()
	synctest.Wait()
	x.given() // that it is current
	t.Cleanup(x.sub.Leave)
	return x
}

// given is what came since, once nothing more comes.
func (x *listener) given() string {
	synctest.Wait()
	defer func() { x.got = nil }()
	return strings.Join(x.got, " ")
}

// A signal is given once to each reader that has read the log up to where it was told, and no further; never to whoever it is
// not for; never late; and it is executed once.
func TestSignalsAreForWhoIsCurrent(t *testing.T) {
	for name, c := range map[string]struct {
		signal   Signal
		before   func(log *judgedLog, bob *listener)
		ann, bob string
	}{
		"for all":              {signal: Signal{Head: 2}, ann: "typing", bob: "typing"},
		"for others":           {signal: Signal{Head: 2, Except: "bob"}, ann: "typing"},
		"for oneself":          {signal: Signal{Head: 2, Only: "bob"}, bob: "typing"},
		"for who is not here":  {signal: Signal{Head: 2, Only: "cid"}},
		"of before the last":   {signal: Signal{Head: 1}},
		"of what is not known": {signal: Signal{Head: 9}},
		"late":                 {signal: Signal{Head: 2, Until: time.Unix(1, 0)}},
		"of what nobody told":  {signal: Signal{Head: 3}, before: func(log *judgedLog, _ *listener) { log.add("3") }, ann: "3 typing", bob: "3 typing"},
		"for who has been sent away": {
			signal: Signal{Head: 3}, before: func(log *judgedLog, _ *listener) { log.add("bob-") }, ann: "bob- typing", bob: "",
		},
		"for who is behind": {
			signal: Signal{Head: 2}, before: func(_ *judgedLog, bob *listener) { bob.sub.Readers()[0].at = Position{Place: 1, Tag: 1} }, ann: "typing",
		},
		"for who is not current elsewhere": {
			signal: Signal{Head: 2}, before: func(_ *judgedLog, bob *listener) { bob.sub.behind = 1 }, ann: "typing",
		},
		"for whom a log has ended": {
			signal: Signal{Head: 2}, before: func(_ *judgedLog, bob *listener) { bob.sub.Readers()[0].over = true }, ann: "typing",
		},
		"of a log that has ended": {
			signal: Signal{Head: 2}, before: func(_ *judgedLog, bob *listener) { bob.sub.Readers()[0].feed.close(ErrUnreadable) },
		},
		"before a revocation that is known": {
			signal: Signal{Head: 2}, before: func(_ *judgedLog, bob *listener) {
				f := bob.sub.Readers()[0].feed
				f.feeds.quotas.Change(&f.Feed, func(w *window.Window) *window.Window { now := *w; now.Horizon = 3; return &now })
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log, feeds := &judgedLog{out: map[string]string{"ann": mayRead, "bob": "left"}}, newFeeds(1<<20)
				log.add("1", "2")
				ann, bob := listen(t, feeds, "ann", log), listen(t, feeds, "bob", log)
				ann.readOn(0, false)
				if c.before != nil {
					c.before(log, bob)
				}
				c.signal.Slot = "typing"
				executed := feeds.Stats().Executions
				log.tell(c.signal)
				if got := ann.given(); got != c.ann {
					t.Errorf("ann was given %q, want %q", got, c.ann)
				}
				if got := bob.given(); got != c.bob {
					t.Errorf("bob was given %q, want %q", got, c.bob)
				}
				s := feeds.Stats()
				if told := strings.Count(c.ann+c.bob, "typing"); s.Told != uint64(told) || s.Executions > executed+2 {
					t.Errorf("told %d times, missed %d times, %d executions", s.Told, s.Missed, s.Executions-executed)
				}
				log.tell(Signal{Slot: "again", Head: int64(len(log.events))})
				if got := ann.given(); strings.Contains(got, "typing") {
					t.Errorf("later, ann was given %q", got)
				}
			})
		})
	}
}

// Of signals that wait in one slot the newest is told, and there are never more than so many.
func TestSignalsWaitInSlots(t *testing.T) {
	b := &block{}
	b.hear([]encoded{{Signal{Slot: 1}, []byte("a")}, {Signal{Slot: 2}, []byte("b")}})
	b.hear([]encoded{{Signal{Slot: 1}, []byte("c")}})
	var got []string
	for _, s := range b.signals.Load().waiting {
		got = append(got, string(s.body))
	}
	if want := []string{"b", "c"}; !slices.Equal(got, want) {
		t.Errorf("%q wait, want %q", got, want)
	}
	for i := range 2 * maxSignals {
		b.hear([]encoded{{Signal{Slot: fmt.Sprint(i)}, nil}})
	}
	if n := len(b.signals.Load().waiting); n != maxSignals {
		t.Errorf("%d wait", n)
	}
	for i := range 12 {
		b.hear([]encoded{{Signal{Slot: i}, make([]byte, maxSignalBytes/10)}})
	}
	if w := b.signals.Load().waiting; len(w) != 10 || w[0].Slot != 2 || w[9].Slot != 11 {
		t.Errorf("of large ones %d wait", len(w))
	}
}

// An event is not kept waiting by signals: whoever has not been given them goes without.
func TestEventsComeBeforeSignals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, feeds := &judgedLog{out: map[string]string{}}, newFeeds(1<<20)
		var all []*listener
		comes := func() {
			if len(log.events) == 0 {
				log.add("1")
				log.wakes[0]()
			}
		}
		for i := range 3 {
			all = append(all, listen(t, feeds, fmt.Sprint(i), log))
			all[i].taking = comes
		}
		log.tell(Signal{Slot: "typing"})
		var got []string
		for _, x := range all {
			got = append(got, x.given())
		}
		slices.Sort(got)
		if want := []string{"1", "1", "typing 1"}; !slices.Equal(got, want) {
			t.Errorf("given %q, want %q", got, want)
		}
		if s := feeds.Stats(); s.Told != 1 || s.Missed != 2 {
			t.Errorf("told %d times, missed %d times", s.Told, s.Missed)
		}
	})
}

// What is executed for nobody is not executed: the only reader is who it is of.
func TestSignalsForNobodyAreNotExecuted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, feeds := &judgedLog{out: map[string]string{}}, newFeeds(1<<20)
		ann := listen(t, feeds, "ann", log)
		executed := feeds.Stats().Executions
		log.tell(Signal{Slot: "typing", Except: "ann"}, Signal{Slot: "read", Only: "bob"})
		if got := ann.given(); got != "" || feeds.Stats().Executions != executed {
			t.Errorf("given %q, %d executions", got, feeds.Stats().Executions-executed)
		}
	})
}
