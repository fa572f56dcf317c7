package streams

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"parley/e2e/harness"
	"parley/e2e/harness/forge"
	"parley/e2e/harness/writers"
)

// A followBothWays is one person's stream over a socket and as server-sent events.
func followBothWays(s *harness.Server, token string, w subscription) []*streamReader {
	l := openSocket(s, token)
	streams := []*streamReader{l.follow(w), followBySSE(s, token, w)}
	go l.readAll()
	return streams
}

// numbers wants the chats 1, 2, 3 … and returns how many there are.
func (h *streamReader) numbers(t *testing.T, what string) int {
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
func TestRevocationAmongManyReaders(t *testing.T) {
	s := harness.New(t, append(harness.NoLimits(), "--signing-key", forge.ExampleSecret, "--leeway", "0s")...)
	speaker, _ := s.Register("speaker")
	s.Must(nil, speaker, `mutation { createRoom(name: "general") { id } }`)
	all := subscription{text: `subscription($r: ID!, $a: Cursor) { chatSent(room: $r, after: $a) { number } }`, variables: map[string]any{"r": "general", "a": s.End(speaker)["after"]}}
	var stay []*streamReader
	for i := range 6 {
		token, _ := s.Register(fmt.Sprint("stayer", i))
		stay = append(stay, append(followBothWays(s, token, all), followBothWays(s, token, all)...)...)
	}
	leaver, _ := s.Register("leaver")
	deleted, _ := s.Register("deleted")
	expires, _ := s.Register("expires")
	leaves, goes, ends := followBothWays(s, leaver, all), followBothWays(s, deleted, all), followBothWays(s, forge.Expiring(t, expires), all)

	c := &writers.Writer{Server: s, Token: speaker}
	stop := c.Run()
	for _, h := range append(append(leaves, goes...), stay...) {
		harness.Eventually(t, "ten chats", func() bool { return len(h.heard()) >= 10 })
	}
	s.Must(nil, leaver, `mutation { logout }`)
	revoked(s, leaves, c.Send(), "4401")
	s.Must(nil, deleted, `mutation { deleteAccount(password: "correct horse battery") }`)
	revoked(s, goes, c.Send(), "4401")
	revoked(s, ends, 1<<30, "4403")
	c.Send()
	total := stop()
	for _, h := range stay {
		harness.Eventually(t, "all chats", func() bool { return len(h.heard()) >= total })
		if n := h.numbers(t, "stays"); n != total {
			t.Errorf("%d chats of %d", n, total)
		}
		if how, over := h.howItEnded(); over {
			t.Errorf("somebody else was disturbed: %s", how)
		}
	}
	for _, h := range append(append(leaves, goes...), ends...) {
		h.numbers(t, "left")
	}
}

// revoked wants streams to be over, the socket with a code, with nothing from a number on.
func revoked(s *harness.Server, streams []*streamReader, from int, code string) {
	s.T.Helper()
	t := s.T.(*testing.T)
	for i, h := range streams {
		harness.Eventually(t, "the end of a stream", func() bool { _, over := h.howItEnded(); return over })
		want := []string{"closed: failed to get reader: received close frame: status = StatusCode(" + code, "cut: "}[i]
		how, _ := h.howItEnded()
		if !strings.HasPrefix(how, want) || how == "cut: EOF" {
			t.Errorf("ended with %q, want %s", how, want)
		}
		if n := len(h.heard()); n >= from {
			t.Errorf("%d chats, though the end was answered before chat %d", n, from)
		}
	}
}
