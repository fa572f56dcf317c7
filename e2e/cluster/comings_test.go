package cluster

import (
	"testing"

	"parley/rounds"
)

// Two people are let into a room and have to go again, over and over, while there is talk and they follow all their rooms.
// Nothing that is sent after the end of their access was answered is given to them until they are let in again, and in
// the end all that is sent since.
func TestComingsAndGoings(t *testing.T) {
	c := newCluster(t, newLoopback(t), nil)
	rest := c.Load()
	for range rounds.Of(t, 5, 100) {
		for _, m := range c.Movers {
			before := m.Ends.Load()
			c.until("the ends of somebody's access", func() bool { return m.Ends.Load() >= before+4 })
		}
	}
	c.show(c.finish(rest))
}
