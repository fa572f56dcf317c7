package server

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
)

// NATS that is gone for a while, or lets nothing through, costs time and no chat: a stream on another node is
// 2.5 s behind at most, and rides again when NATS is back.
func TestClusterOutlivesNATS(t *testing.T) {
	l := newLoopback(t)
	b := newBus(t, l)
	c := newCluster(t, l, b)
	// All that is sent to a room is sent at one node: elsewhere only bells of other nodes wake its readers.
	c.home = func(room uuid.UUID) string { return c.at[slices.Index(c.rooms, room)] }
	rest := c.load()
	c.moving(patience)
	bad := map[string][2]time.Duration{}
	during := func(what string, begin, end func()) {
		begin()
		from := time.Since(c.began)
		for range clusterRounds(t, 2) {
			c.moving(patience)
			c.pass(2 * time.Second) // a whole round of the heads check
		}
		bad[what] = [2]time.Duration{from, time.Since(c.began)}
		end()
	}
	during("as it should be", func() {}, func() {})
	during("NATS stopped", b.stop, b.start)
	during("NATS drops all", func() { b.sieve.drops.Store(true) }, func() { b.sieve.drops.Store(false) })
	c.awaitBells()
	during("NATS is back", func() {}, func() {})
	j := c.finish(rest)
	c.show(j)
	for what, when := range bad {
		lags := j.during(when).lags(otherNode)
		t.Logf("%s: %d sights on other nodes, p50 %v, p99 %v, most %v", what, len(lags), at(lags, 50), at(lags, 99), at(lags, 100))
		if len(lags) < 100 || at(lags, 99) > 2500*time.Millisecond {
			t.Errorf("%s: a stream on another node is %v behind at p99", what, at(lags, 99))
		}
	}
	if cuts := c.cuts.since(0); b.sieve.dropped.Load() == 0 || b.sieve.passed.Load() == 0 || len(cuts) > 0 {
		t.Errorf("%d bells were dropped, %d passed, and streams were cut: %v", b.sieve.dropped.Load(), b.sieve.passed.Load(), cuts)
	}
}

// awaitBells waits until NATS hears bells again.
func (c *cluster) awaitBells() {
	c.t.Helper()
	before := c.bus.sieve.passed.Load()
	c.until("a bell", 10*time.Second, func() bool { return c.bus.sieve.passed.Load() > before })
}

// pass lets time pass under load: what is measured is measured over it.
func (c *cluster) pass(d time.Duration) {
	end := time.NewTimer(d)
	<-end.C
	c.awaitAnswer()
}

// during is what was answered in a span of time, and seen by whom had been there before.
func (j *journal) during(span [2]time.Duration) *journal {
	part := &journal{}
	for _, s := range j.sends {
		if s.answered > span[0] && s.answered < span[1] {
			part.sends = append(part.sends, s)
		}
	}
	for _, l := range j.lives {
		if l.began < span[0] {
			part.lives = append(part.lives, l)
		}
	}
	return part
}
