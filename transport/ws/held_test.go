package ws

import (
	"net"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	gobwas "github.com/gobwas/ws"

	"parley/limit"
	"parley/transport/ws/intake"
)

const pong, ping = `{"type":"pong"}`, `{"type":"ping"}`

func subscribe(id int, document string) string {
	return `{"type":"subscribe","id":"` + strconv.Itoa(id) + `","payload":{"query":"` + document + `"}}`
}

// newSlowRig takes three messages, and then one an hour. It leaves a client that was told to go all the time to do so.
func newSlowRig(t *testing.T, change func(o *Options)) *rig {
	return newRig(t, func(o *Options) {
		o.MessageRate, o.Cut = limit.Rate{Calls: 1, Per: time.Hour}, time.Hour
		change(o)
	})
}

// fill has the reader held: more waits than is read ahead.
func (r *rig) fill() {
	r.t.Helper()
	go r.send(slices.Repeat([]string{pong}, 2*intake.AheadMessages)...)
	synctest.Wait()
	if !r.socket.intake.Holds() {
		r.t.Fatal("the reader is not held")
	}
}

// isPending tells whether a write waits for the client.
func (s *socket) isPending() bool {
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.pending != nil
}

// So many queries and mutations run at once; the next begins when one has ended. Subscriptions do not count,
// and what needs no slot passes while they are all taken.
func TestParallelRequestsWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(o *Options) { o.MaxParallel = 2 })
		for i := range 3 {
			r.send(subscribe(10+i, "subscription"))
		}
		r.send(subscribe(1, "{wait}"), subscribe(2, "mutation{wait}"), ping)
		r.expect(pong)
		r.send(subscribe(3, "{wait}"), ping) // behind it, and so not answered yet
		synctest.Wait()
		if answered := r.socket.isPending(); answered || len(r.started) != 2 {
			t.Fatalf("answered: %v, and %d operations run", answered, len(r.started))
		}
		r.release <- struct{}{}
		r.expect(`"type":"next"`, `"type":"complete"`, pong)
		synctest.Wait()
		if len(r.started) != 3 {
			t.Errorf("%d operations have begun", len(r.started))
		}
		_ = r.near.Close()
		r.gone()
	})
}

// A reader that is held keeps nothing from closing the socket, and then sees that the client has gone.
func TestSocketsCloseWhileTheReaderIsHeld(t *testing.T) {
	for name, row := range map[string]struct {
		want string
		do   func(r *rig)
	}{
		"session": {"close 4401", func(r *rig) { go r.sockets.Registry.EndSessions([]string{"s"}) }},
		"expiry":  {"close 4403", func(r *rig) { r.socket.renew("s", time.Now()) }}, // as a refresh over the socket would
		"drain":   {"close 1012", func(r *rig) { go r.sockets.Registry.Drain(r.t.Context()) }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newSlowRig(t, func(*Options) {})
				r.fill()
				row.do(r)
				r.expect(row.want)
				_ = r.near.Close()
				r.gone()
			})
		})
	}
}

// A client that is not read is not taken for dead. When it is gone, the ping shows it.
func TestHeldClientIsNotSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newSlowRig(t, func(o *Options) { o.PingInterval, o.PongTimeout = time.Second, time.Second })
		r.fill()
		for range 3 {
			if kind, payload := r.read(); kind != gobwas.OpPing {
				t.Fatalf("got %v %q", kind, payload)
			}
		}
		if !r.socket.intake.Holds() {
			t.Fatal("cut")
		}
		_ = r.near.Close()
		time.Sleep(5 * time.Second)
		r.gone()
	})
}

// Nobody waits for a token when the connection is gone: neither the reader that is held, nor what takes the
// messages that it has read.
func TestWaitingEndsWithTheConnection(t *testing.T) {
	for name, row := range map[string]struct {
		messages int // of which three are taken
		held     bool
		cut      func(r *rig)
	}{
		"held, cut by the server":    {2 * intake.AheadMessages, true, func(r *rig) { r.socket.Cut() }},
		"reading, cut by the client": {intake.AheadMessages / 2, false, func(r *rig) { _ = r.near.Close() }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newSlowRig(t, func(*Options) {})
				go r.send(slices.Repeat([]string{pong}, row.messages)...)
				synctest.Wait()
				if r.socket.intake.Holds() != row.held {
					t.Fatalf("held: %v", !row.held)
				}
				row.cut(r)
				r.gone()
			})
		})
	}
}

// A client that is not read has its time afterwards: what the server does not take is not the client's delay.
func TestHeldMessageIsNotLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(o *Options) { o.MaxParallel, o.MessageTimeout = 1, 500*time.Millisecond })
		r.send(subscribe(1, "{wait}"), subscribe(2, "{wait}")) // the second waits for its slot
		go func() {
			r.sendFrame(gobwas.NewFrame(gobwas.OpText, false, []byte(`{"type":`)))
			for range intake.AheadMessages {
				r.sendFrame(gobwas.NewPongFrame(nil))
			}
			r.sendFrame(gobwas.NewFrame(gobwas.OpContinuation, true, []byte(`"ping"}`)))
		}()
		synctest.Wait()
		if !r.socket.intake.Holds() {
			t.Fatal("the reader is not held")
		}
		time.Sleep(1500 * time.Millisecond) // three times what a message has
		r.release <- struct{}{}
		r.expect(`{"id":"1","type":"next"`, `{"id":"1","type":"complete"`, pong)
		_ = r.near.Close()
		r.gone()
	})
}

// A client may use an id again as soon as it has read `complete`, so it is free before that leaves.
func TestIDIsFreeBeforeItsLastMessageLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(*Options) {})
		r.leaving = func(b []byte) {
			r.socket.mu.Lock()
			defer r.socket.mu.Unlock()
			if n := len(r.socket.operations); n != 0 {
				t.Errorf("%d ids are in use while %q leaves", n, b)
			}
		}
		r.send(subscribe(1, "{wait}"))
		r.release <- struct{}{}
		r.expect(`"type":"next"`, `"type":"complete"`)
		r.send(subscribe(2, "subscription"))
		r.log.add(nil)
		r.expect(`"type":"error"`)
		_ = r.near.Close()
		r.gone()
	})
}

// A worker that looked at the readers just before one was stopped, or its session ended, hands it nothing more.
func TestLateWorkerHandsOutNothing(t *testing.T) {
	for name, end := range map[string]func(r *rig){
		"complete": func(r *rig) { r.send(`{"type":"complete","id":"1"}`) },
		"end of the session": func(r *rig) {
			go r.sockets.Registry.EndSessions([]string{"s"})
			r.expect("close 4401") // so that no write is pending
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, func(o *Options) { o.Cut = time.Hour }) // the socket is not cut meanwhile
				_, far := net.Pipe()                                   // of somebody else, who keeps the feed
				other := connect(r.sockets, rigExecutor{r}, far, "bob")
				other.take([]byte(subscribe(1, "subscription")))
				r.send(subscribe(1, "subscription"))
				r.log.add(`{"tick":1}`)
				r.expect(`{"tick":1}`)
				r.socket.mu.Lock()
				late := r.socket.operations["1"].stream
				r.socket.mu.Unlock()
				end(r)
				r.log.add(`{"tick":2}`)
				synctest.Wait() // the window has it
				reader := late.sub.Readers()[0]
				late.Serve(reader)
				if place := reader.At().Place; place != 1 {
					t.Errorf("it was handed place %d", place)
				}
				_ = r.near.Close()
				other.Cut()
				other.leave()
				other.slot.Leave()
				r.gone()
			})
		})
	}
}
