package server

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// A chatter talks in a room until it is told to stop.
type chatter struct {
	*testServer
	token string
	every time.Duration // between two chats; 0: as fast as it can
	mu    sync.Mutex
	last  int // the number of the last chat that was answered
}

func (c *chatter) say() int {
	var data struct{ SendChat struct{ Number int } }
	c.must(&data, c.token, `mutation { sendChat(room: "general", text: "x") { number } }`)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = max(c.last, data.SendChat.Number)
	return data.SendChat.Number
}

// talk talks until the answered function is called, which waits for the end and answers how much was said.
func (c *chatter) talk() (stop func() int) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			c.say()
			select {
			case <-quit:
				return
			case <-time.After(c.every):
			}
		}
	}()
	return func() int { close(quit); <-done; return c.last }
}

// A pairOfStreams is one person's stream over a socket and as server-sent events.
func (s *testServer) pairOfStreams(token string, w wish) []*sharer {
	l := s.line(token)
	streams := []*sharer{l.share(w), s.shareEvents(token, w)}
	go l.listen()
	return streams
}

// numbers wants the chats 1, 2, 3 … and answers how many there are.
func (h *sharer) numbers(t *testing.T, what string) int {
	t.Helper()
	got := h.heard()
	for i, payload := range got {
		var p struct {
			Data struct{ ChatSent struct{ Number int } }
		}
		if err := json.Unmarshal([]byte(payload), &p); err != nil || p.Data.ChatSent.Number != i+1 {
			t.Fatalf("%s: %s instead of %d", what, payload, i+1)
		}
	}
	return len(got)
}

// Among many who share a stream one logs out, one deletes the account, and one's token runs out. None of them
// gets a chat that was said after the answer, none is told that the stream is complete, and nobody else
// notices. A chat that was stored after the answer has a number above those before.
func TestRevocationWhileManyShare(t *testing.T) {
	s := newServer(t, append(roomy(), "--signing-key", exampleSecret, "--leeway", "0s")...)
	speaker, _ := s.register("speaker")
	s.must(nil, speaker, `mutation { createRoom(name: "general") { id } }`)
	all := wish{text: `subscription($r: ID!, $a: Cursor) { chatSent(room: $r, after: $a) { number } }`, variables: map[string]any{"r": "general", "a": s.place(speaker)["after"]}}
	var stay []*sharer
	for i := range 6 {
		token, _ := s.register(fmt.Sprint("stayer", i))
		stay = append(stay, append(s.pairOfStreams(token, all), s.pairOfStreams(token, all)...)...)
	}
	leaver, _ := s.register("leaver")
	deleted, _ := s.register("deleted")
	expires, _ := s.register("expires")
	expires = forge(t, accessHeader, with(claimsOf(t, expires), claim{"exp", fmt.Sprint(time.Now().Add(3 * time.Second).Unix())}))
	leaves, goes, ends := s.pairOfStreams(leaver, all), s.pairOfStreams(deleted, all), s.pairOfStreams(expires, all)

	c := &chatter{testServer: s, token: speaker}
	stop := c.talk()
	for _, h := range append(append(leaves, goes...), stay...) {
		eventually(t, "ten chats", func() bool { return len(h.heard()) >= 10 })
	}
	s.must(nil, leaver, `mutation { logout }`)
	s.revoked(leaves, c.say(), "4401")
	s.must(nil, deleted, `mutation { deleteAccount(password: "correct horse battery") }`)
	s.revoked(goes, c.say(), "4401")
	s.revoked(ends, 1<<30, "4403")
	c.say()
	total := stop()
	for _, h := range stay {
		eventually(t, "all chats", func() bool { return len(h.heard()) >= total })
		if n := h.numbers(t, "stays"); n != total {
			t.Errorf("%d chats of %d", n, total)
		}
		if how, over := h.ending(); over {
			t.Errorf("somebody else was disturbed: %s", how)
		}
	}
	for _, h := range append(append(leaves, goes...), ends...) {
		h.numbers(t, "left")
	}
}

// revoked wants streams to be over, the socket with a code, with nothing from a number on.
func (s *testServer) revoked(streams []*sharer, from int, code string) {
	s.t.Helper()
	t := s.t.(*testing.T)
	for i, h := range streams {
		eventually(t, "the end of a stream", func() bool { _, over := h.ending(); return over })
		want := []string{"closed: failed to get reader: received close frame: status = StatusCode(" + code, "cut: "}[i]
		how, _ := h.ending()
		if !strings.HasPrefix(how, want) || how == "cut: EOF" {
			t.Errorf("ended with %q, want %s", how, want)
		}
		if n := len(h.heard()); n >= from {
			t.Errorf("%d chats, though the end was answered before chat %d", n, from)
		}
	}
}
