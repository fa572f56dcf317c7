package ws

import (
	"testing"
	"testing/synctest"
	"time"
)

// The answer of a mutation that ends its own session, and the close frame behind it, come whole to a client that takes
// nothing at once: they were cut off with the frames of streams that had not begun to leave.
func TestSlowClientIsToldOfItsLogout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(*Options) {})
		r.send(subscribe(1, "mutation{wait}"))
		<-r.started
		go r.sockets.Registry.EndSessions([]string{"s"})
		synctest.Wait()
		r.release <- struct{}{}
		time.Sleep(500 * time.Millisecond)
		r.expect(`"type":"next"`, `"type":"complete"`, "close 4401")
		_ = r.near.Close()
		r.gone()
	})
}
