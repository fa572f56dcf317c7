package cluster

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/coder/websocket"

	"parley/e2e/harness/load"
	"parley/e2e/harness/network"
	"parley/rounds"
)

// Nodes that are killed at any moment, one every half a second, lose, double and swap nothing, and whoever
// followed a room there goes on at another node.
func TestClusterOutlivesKilledNodes(t *testing.T) {
	c := newCluster(t, newLoopback(t), nil)
	rest := c.Load()
	for range rounds.Of(t, 6, 12) {
		c.AwaitAnswer()
		delay := time.NewTimer(300*time.Millisecond + rand.N(400*time.Millisecond))
		<-delay.C
		n := rand.IntN(network.ClusterNodes)
		c.kill(n)
		c.begin(n)
	}
	j := c.finish(rest)
	c.show(j)
	if len(c.Cuts.Since(0)) == 0 {
		t.Error("no stream was cut")
	}
}

// Postgres that is killed under load and comes back takes no answered chat along. Sends are told to try again,
// streams go on where the outage is short, and no node is started again.
func TestClusterOutlivesKilledPostgres(t *testing.T) {
	c := newCluster(t, newLoopback(t), nil)
	rest := c.Load()
	c.awaitProgress()
	for range rounds.Of(t, 1, 3) {
		before, begun := len(c.Cuts.Since(0)), time.Since(c.Began)
		c.outage(func() {})
		c.wantEnded(c.Cuts.Since(before), begun) // a short one ends none
	}
	before, begun := len(c.Cuts.Since(0)), time.Since(c.Began)
	c.outage(func() {
		c.until("the end of all streams", func() bool { return len(c.Cuts.Since(before)) >= load.TortureReaders })
	})
	c.wantEnded(c.Cuts.Since(before), begun)
	c.show(c.finish(rest))
	c.wantToldBusy()
}

// outage kills Postgres until all nodes have noticed and what is to happen meanwhile has happened, and waits
// until all goes on.
func (c *cluster) outage(meanwhile func()) {
	c.T.Helper()
	c.AwaitAnswer()
	c.postgres.Kill()
	c.everywhere(503)
	meanwhile()
	c.startPostgresAgain()
	c.everywhere(200)
	c.awaitProgress()
}

// everywhere waits until /readyz has this status at all nodes.
func (c *cluster) everywhere(status int) {
	c.T.Helper()
	for n := range c.nodes {
		c.until("the readiness of a node", func() bool { return c.ready(n) == status })
	}
}

// wantEnded wants the sockets of a long outage to be closed with 1013, and not before 15 s.
func (c *cluster) wantEnded(cuts []load.Cut, begun time.Duration) {
	c.T.Helper()
	for _, k := range cuts {
		if after := k.When - begun; after < 14*time.Second || !k.OverSSE && k.Code != websocket.StatusTryAgainLater {
			c.T.Errorf("%v after the database went a stream was ended: %+v", after, k)
		}
	}
}

// wantToldBusy wants senders to have met the outage, and to have been told nothing but that they try again.
func (c *cluster) wantToldBusy() {
	c.T.Helper()
	told := c.told()
	if told["SERVER_BUSY"]+told["UNKNOWN_OUTCOME"] == 0 {
		c.T.Error("no sender has met an outage")
	}
	for code := range told {
		switch code {
		case "SERVER_BUSY", "UNKNOWN_OUTCOME", "TIMEOUT", "cut":
		default:
			c.T.Errorf("a sender was told %s", code)
		}
	}
}
