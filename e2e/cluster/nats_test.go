package cluster

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/e2e/harness/load"
	"parley/e2e/harness/network"
	"parley/rounds"
)

// NATS that is gone for a while, or lets nothing through, costs time and no chat: a stream on another node is
// 2.5 s behind at most on a quiet machine, and is notified again when NATS is back.
func TestClusterOutlivesNATS(t *testing.T) {
	l := newLoopback(t)
	b := startNATS(t, l)
	c := newCluster(t, l, b)
	// All that is sent to a room is sent at one node: elsewhere only notifications of other nodes wake its readers.
	c.Home = func(room uuid.UUID) string { return c.at[slices.Index(c.Rooms, room)%network.ClusterNodes] }
	rest := c.Load()
	c.awaitProgress()
	bad := map[string][2]time.Duration{}
	during := func(what string, begin, end func()) {
		begin()
		from := time.Since(c.Began)
		for range rounds.Of(t, 1, 2) {
			c.awaitProgress()
			c.pass(2 * time.Second) // a whole round of the heads check
			c.awaitProgress()
		}
		bad[what] = [2]time.Duration{from, time.Since(c.Began)}
		end()
	}
	during("as it should be", func() {}, func() {})
	during("NATS stopped", b.stop, b.start)
	during("NATS drops all", func() { b.proxy.drops.Store(true) }, func() { b.proxy.drops.Store(false) })
	c.awaitNotifications()
	during("NATS is back", func() {}, func() {})
	j := c.finish(rest)
	c.show(j)
	for what, when := range bad {
		lags := lags(sentDuring(j, when), otherNode)
		t.Logf("%s: %d sights on other nodes, p50 %v, p99 %v, most %v", what, len(lags), at(lags, 50), at(lags, 99), at(lags, 100))
		if len(lags) < 20 {
			t.Errorf("%s: that is too little to show anything", what)
		}
	}
	if cuts := c.Cuts.Since(0); b.proxy.dropped.Load() == 0 || b.proxy.passed.Load() == 0 || len(cuts) > 0 {
		t.Errorf("%d notifications were dropped, %d passed, and streams were cut: %v", b.proxy.dropped.Load(), b.proxy.passed.Load(), cuts)
	}
}

// awaitNotifications waits until NATS gets notifications again.
func (c *cluster) awaitNotifications() {
	c.T.Helper()
	before := c.nats.proxy.passed.Load()
	c.until("a notification", func() bool { return c.nats.proxy.passed.Load() > before })
}

// pass lets time pass under load: what is measured is measured over it.
func (c *cluster) pass(d time.Duration) {
	end := time.NewTimer(d)
	<-end.C
	c.AwaitAnswer()
}

// sentDuring is what was answered in a period, and seen by whom had been there before.
func sentDuring(j *load.Journal, period [2]time.Duration) *load.Journal {
	part := &load.Journal{}
	for _, s := range j.Sends {
		if s.Answered > period[0] && s.Answered < period[1] {
			part.Sends = append(part.Sends, s)
		}
	}
	for _, l := range j.Lives {
		if l.Began < period[0] {
			part.Lives = append(part.Lives, l)
		}
	}
	return part
}
