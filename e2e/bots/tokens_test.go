package bots

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"parley/e2e/harness"
)

// A new token may be refused by other nodes for two seconds. The bot waits for it, whatever it asks first.
func TestBotWaitsForItsToken(t *testing.T) {
	w := both(t)
	var mu sync.Mutex
	tries := map[string]int{}
	w.line.setRefuse(func(token, _ string) *refusal {
		mu.Lock()
		defer mu.Unlock()
		if tries[token]++; tries[token]%3 != 0 {
			return &refusal{status: http.StatusUnauthorized, body: failure("UNAUTHENTICATED")}
		}
		return nil
	})
	w.keep()
	w.question()
	w.wantAnswered()
	for _, b := range w.bots {
		if !strings.Contains(b.log.String(), "again: UNAUTHENTICATED") {
			t.Errorf("%s has not tried again: %s", b.name, &b.log)
		}
	}
}

// A bot that is started at another node than it was made at, at once.
func TestNewBotAtAnotherNode(t *testing.T) {
	w := both(t)
	made := w.bots
	w.bots = nil
	other := harness.StartProcess(t, w.Dir, flags...)
	w.line.point(other.Addr)
	for _, b := range made {
		w.addBot("new"+b.name, b.command)
		b = w.bots[len(w.bots)-1]
		w.member("addMember", w.rooms[0], b)
		b.keep()
		b.awaitCursor()
	}
	w.question()
	w.wantAnswered()
}

// A bot whose token is renewed, or that is disabled, ends while it streams, with status 1, and says why. With the new token it
// goes on where it was, and so it does with its own when it is let in again.
func TestBotEndsWithItsToken(t *testing.T) {
	w := both(t)
	var ends []func() int
	for _, b := range w.bots {
		ends = append(ends, b.run())
		b.awaitCursor()
	}
	wantEnd := func(i int, said string) {
		t.Helper()
		b := w.bots[i]
		if status := ends[i](); status != 1 || !strings.Contains(b.log.String(), "the token is not good any more: "+said) {
			t.Errorf("%s: status %d, %s", b.name, status, &b.log)
		}
	}
	for _, b := range w.bots {
		var data struct{ RenewBotToken struct{ Token string } }
		w.p.Must(&data, w.root, `mutation($b: ID!) { renewBotToken(bot: $b) { token } }`, map[string]any{"b": b.name})
		b.token = data.RenewBotToken.Token
	}
	w.question()
	for i := range w.bots {
		wantEnd(i, "UNAUTHENTICATED")
	}
	for i, b := range w.bots {
		b.env = append(b.env, "TOKEN="+b.token)
		ends[i] = b.run()
	}
	w.wantAnswered()
	w.setBots(true)
	w.question()
	for i := range w.bots {
		wantEnd(i, "SESSION_REVOKED DISABLED")
	}
	w.setBots(false)
	for _, b := range w.bots {
		b.run()
	}
	w.wantAnswered()
}

func (w *world) setBots(disabled bool) {
	for _, b := range w.bots {
		w.p.Must(nil, w.root, `mutation($b: ID!, $on: Boolean) { disableUser(user: $b, on: $on) { id } }`, map[string]any{"b": b.name, "on": disabled})
	}
}
