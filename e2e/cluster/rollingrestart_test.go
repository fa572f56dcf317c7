package cluster

import (
	"testing"

	"github.com/coder/websocket"

	"parley/rounds"
)

// A rolling restart fails no send and loses no chat: each node drains and starts again, and clients that do as
// they are told find another one meanwhile.
func TestRollingRestart(t *testing.T) {
	c := newCluster(t, newLoopback(t), nil)
	rest := c.Load()
	c.awaitProgress()
	for range rounds.Of(t, 1, 3) {
		for n := range c.nodes {
			c.roll(n)
			c.awaitProgress()
		}
	}
	j := c.finish(rest)
	c.show(j)
	for code, n := range c.told() {
		if code != "SHUTTING_DOWN" && code != "cut" && n > 0 {
			t.Errorf("%d sends were told %s", n, code)
		}
	}
	for _, k := range c.Cuts.Since(0) {
		if !k.OverSSE && k.Code != websocket.StatusServiceRestart {
			t.Errorf("a socket ended with %d", k.Code)
		}
	}
}
