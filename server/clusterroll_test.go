package server

import (
	"testing"
	"time"

	"github.com/coder/websocket"
)

// A rolling restart fails no send and loses no chat: each node drains and starts again, and clients that do as
// they are told find another one meanwhile.
func TestRollingRestart(t *testing.T) {
	c := newCluster(t, newLoopback(t), nil)
	rest := c.load()
	c.moving(patience)
	for range clusterRounds(t, 3) {
		for n := range c.nodes {
			c.roll(n)
			c.moving(patience)
		}
	}
	j := c.finish(rest)
	c.show(j)
	for code, n := range c.told() {
		if code != "SHUTTING_DOWN" && code != "cut" && n > 0 {
			t.Errorf("%d sends were told %s", n, code)
		}
	}
	for _, k := range c.cuts.since(0) {
		if !k.overSSE && k.code != websocket.StatusServiceRestart {
			t.Errorf("a socket ended with %d", k.code)
		}
	}
	if lags := j.lags(anywhere); at(lags, 100) > 10*time.Second {
		t.Errorf("a chat was %v under way", at(lags, 100))
	}
}
