package chat_test

import (
	"runtime"
	"strings"
	"testing"
	"unsafe"
	"weak"

	"parley/chat"
)

// A literal of a document is a piece of its request. A text is kept for those who follow the room, and the name of a room
// for the next send: neither holds the request, which may be thousands of times as large.
func TestSendsHoldNothingOfTheirRequests(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	w.room(ann, "general")
	s := w.follow(ann, "general", nil)
	for name, send := range map[string]func(piece string){
		"the text": func(piece string) { w.send(ann, "General", piece) },
		"the room": func(piece string) { w.send(ann, piece, "hello") },
	} {
		request := func() weak.Pointer[byte] {
			bytes := []byte(strings.Repeat("general", 10_000))
			send(unsafe.String(&bytes[0], len("general")))
			return weak.Make(&bytes[0])
		}()
		kept := s.next()
		if runtime.GC(); request.Value() != nil {
			t.Errorf("%s holds the request that it was a piece of", name)
		}
		runtime.KeepAlive(kept)
	}
}
