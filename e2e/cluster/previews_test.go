package cluster

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/e2e/harness"
)

// Over NATS as over Postgres, what a bot has written is told at all nodes, whatever it is and as large as it may be.
func TestPreviewsBetweenNodes(t *testing.T) {
	for _, bus := range []string{"NATS", "NOTIFY"} {
		t.Run(bus, func(t *testing.T) {
			x := newSignalling(t, bus)
			robot := x.nodes[0].Bot("robot", x.database...)
			x.nodes[0].Must(nil, x.ann, `mutation($r: ID!) { addMember(room: $r, user: "robot") { id } }`, map[string]any{"r": x.general})
			var heard []*harness.Socket
			for _, s := range x.nodes {
				heard = append(heard, s.Live(x.bob, `subscription($rooms: [ID!]) { events(rooms: $rooms) { kind preview } }`, x.general))
			}
			for _, sign := range []string{"x", "\x01", "<", "\\", "\u2028", "語", "\U0001f600"} {
				text := strings.Repeat(sign, 4000/len(sign))
				stop := x.shows(robot, text)
				for _, k := range heard {
					untilPreview(k, text)
				}
				stop()
			}
		})
	}
}

// shows has a bot say again and again at the first node what it has written, as it may be lost, until stop is called.
func (x *signalling) shows(robot, text string) (stop func()) {
	done, ended := make(chan struct{}), sync.WaitGroup{}
	ended.Go(func() {
		again := time.NewTicker(50 * time.Millisecond)
		defer again.Stop()
		for {
			a := x.nodes[0].AskThrough(robot, `mutation($r: ID!, $p: String) { setTyping(room: $r, preview: $p) { id } }`, map[string]any{"r": x.general, "p": text})
			if a.Code() != "" {
				x.t.Errorf("%q: %s", text[:1], a.Body)
				return
			}
			select {
			case <-again.C:
			case <-done:
				return
			}
		}
	})
	stop = sync.OnceFunc(func() { close(done); ended.Wait() })
	x.t.Cleanup(stop)
	return stop
}

// untilPreview reads until this is told.
func untilPreview(k *harness.Socket, text string) {
	k.T.Helper()
	for {
		var told struct {
			Data struct{ Events struct{ Preview *string } }
		}
		if err := json.Unmarshal(k.Expect("next").Payload, &told); err != nil {
			k.T.Fatal(err)
		}
		if p := told.Data.Events.Preview; p != nil && *p == text {
			return
		}
	}
}
