package ws

import (
	"testing"
	"testing/synctest"
)

// Signals are for clients that have taken all that came before: what cannot be written at once is not kept waiting behind it.
func TestSignalsWaitForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(*Options) {})
		r.send(`{"type":"subscribe","id":"1","payload":{"query":"subscription s"}}`)
		synctest.Wait()
		r.log.add(`{"n":1}`) // which the client does not take yet
		r.log.tell(`{"typing":1}`)
		synctest.Wait()
		r.expect(`{"n":1}`)
		r.log.tell(`{"typing":2}`)
		r.expect(`{"typing":2}`)
		r.log.add(`{"n":2}`)
		r.expect(`{"n":2}`)
		synctest.Wait()
		if s := r.sockets.Feeds.Stats(); s.Told != 1 || s.Missed != 1 {
			t.Errorf("told %d times, missed %d times", s.Told, s.Missed)
		}
		_ = r.near.Close()
		r.gone()
	})
}
