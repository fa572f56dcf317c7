package ws

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"parley/transport/stream"
)

// hearers are the feeds that are told signals of a modelLog, guarded by its lock.
type hearers map[*modelTail]func([]stream.Signal)

// Hear has signals told until Leave.
func (t *modelTail) Hear(tell func([]stream.Signal)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.hearers[t] = tell
}

// signals tells some of a log until ctx ends: of now, or of a moment that is over when they come.
func (l *modelLog) signals(ctx context.Context, rng *rand.Rand, users int) {
	for n := 1; ctx.Err() == nil; n++ {
		sleep(ctx, time.Duration(rng.IntN(5))*time.Millisecond)
		head := l.head().Place
		if rng.IntN(3) == 0 {
			sleep(ctx, time.Duration(rng.IntN(5))*time.Millisecond)
		}
		s := stream.Signal{Head: head, Until: time.Now().Add(time.Second)}
		switch user := strconv.Itoa(rng.IntN(users)); rng.IntN(4) {
		case 0:
			s.Only = user
		case 1:
			s.Except = user
		}
		l.tell(n, s)
	}
}

// tell has all feeds hear a signal.
func (l *modelLog) tell(n int, s stream.Signal) {
	s.Slot = n % 5
	s.Object = fmt.Sprintf(`{"log":%s,"signal":%d,"head":%d,"only":%q,"except":%q}`, l.name, n, s.Head, s.Only, s.Except)
	l.mu.Lock()
	all := make([]func([]stream.Signal), 0, len(l.hearers))
	for _, hear := range l.hearers {
		all = append(all, hear)
	}
	l.mu.Unlock()
	for _, hear := range all {
		hear([]stream.Signal{s})
	}
}

// lastSignals tells one more of each log, when everybody is current.
func (m *model) lastSignals() {
	for _, l := range m.logs {
		l.tell(lastSignal, stream.Signal{Head: l.head().Place, Until: time.Now().Add(time.Second)})
		time.Sleep(time.Second) // until the client has taken it
	}
}

// wantLastSignals wants who has stayed to have been given those of their logs.
func (m *model) wantLastSignals(c *modelClient) {
	for i := range m.logs {
		if given := c.signals[[3]int64{int64(i), lastSignal, int64(c.ids)}] > 0; !given && !c.out[i] && (i == 0 || c.both) {
			m.t.Errorf("client 0, who is current, was not given the last signal of log %d", i)
		}
	}
}

const lastSignal = 1 << 30

// A modelSignal is a signal as a client is given it.
type modelSignal struct {
	Log, Signal, Head int64
	Only, Except      string
}

// signal wants a signal to be for the client, once, where it has read the log up to where it was told and no further, and
// may read it there.
func (c *modelClient) signal(s modelSignal) {
	if c.signals == nil {
		c.signals = map[[3]int64]int{}
	}
	key := [3]int64{s.Log, s.Signal, int64(c.ids)}
	if c.signals[key]++; c.signals[key] > 1 {
		c.m.t.Errorf("log %d: signal %d came twice", s.Log, s.Signal)
	}
	if s.Only != "" && s.Only != c.user || s.Except == c.user {
		c.m.t.Errorf("log %d: %s was given signal %d, for %q and not for %q", s.Log, c.user, s.Signal, s.Only, s.Except)
	}
	if shown(s.Head) != shown(c.places[s.Log]) {
		c.m.t.Errorf("log %d: %s, at %d, was given signal %d of place %d", s.Log, c.user, c.places[s.Log], s.Signal, s.Head)
	}
	l := c.m.logs[s.Log]
	l.mu.Lock()
	out := l.lastOf(c.user).Place
	l.mu.Unlock()
	if c.out[int(s.Log)] || out > 0 && s.Head >= out {
		c.m.t.Errorf("log %d: %s, whose reading ended at %d, was given signal %d of place %d", s.Log, c.user, out, s.Signal, s.Head)
	}
}
