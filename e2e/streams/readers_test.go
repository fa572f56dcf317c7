package streams

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"parley/e2e/harness"
)

// A streamReader follows a room, as one of many, and keeps what it gets.
type streamReader struct {
	subscription
	mu   sync.Mutex
	got  []string // payloads
	end  string   // the errors that ended the stream, or how it ended otherwise
	over bool
}

func (h *streamReader) record(payload string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.over {
		payload = "after the end: " + payload
	}
	h.got = append(h.got, payload)
}

func (h *streamReader) ended(how string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.over {
		how = h.end + ", and then " + how
	}
	h.end, h.over = how, true
}

func (h *streamReader) heard() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.got...)
}

func (h *streamReader) howItEnded() (how string, over bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.end, h.over
}

// A sharedSocket carries the streams of one person: all over one socket.
type sharedSocket struct {
	*harness.Socket
	readers map[string]*streamReader
	gone    chan struct{} // closed when the socket is
}

func openSocket(s *harness.Server, token string) *sharedSocket {
	s.T.Helper()
	l := &sharedSocket{s.Dial(token), map[string]*streamReader{}, make(chan struct{})}
	l.Expect("connection_ack")
	return l
}

// follow starts a stream; listen hears it.
func (l *sharedSocket) follow(w subscription) *streamReader {
	l.T.Helper()
	h := &streamReader{subscription: w}
	id := fmt.Sprint(len(l.readers))
	l.readers[id] = h
	payload, err := json.Marshal(w.body())
	if err != nil {
		l.T.Fatal(err)
	}
	l.Write(harness.Message{ID: id, Type: "subscribe", Payload: payload})
	return h
}

// readAll hears all streams until the socket is gone. It fails no test itself: what it heard is judged.
func (l *sharedSocket) readAll() {
	defer close(l.gone)
	for {
		_, text, err := l.Conn.Read(context.Background())
		if err != nil {
			for _, h := range l.readers {
				if _, over := h.howItEnded(); !over {
					h.ended(fmt.Sprint("closed: ", err))
				}
			}
			return
		}
		var m harness.Message
		_ = json.Unmarshal(text, &m) // a reader judges the text
		h := l.readers[m.ID]
		if h == nil {
			continue
		}
		if m.Type == "next" {
			// Behind the prefix of a subscriber come the bytes that all share.
			prefix := `{"id":"` + m.ID + `","type":"next","payload":`
			h.record(strings.TrimSuffix(strings.TrimPrefix(string(text), prefix), "}"))
			continue
		}
		h.ended(m.Type + " " + string(m.Payload))
	}
}

// followBySSE follows as server-sent events.
func followBySSE(s *harness.Server, token string, w subscription) *streamReader {
	s.T.Helper()
	h := &streamReader{subscription: w}
	body, err := json.Marshal(w.body())
	if err != nil {
		s.T.Fatal(err)
	}
	f := s.OpenEvents(token, string(body))
	go func() {
		for {
			e, err := f.Next()
			switch {
			case err != nil:
				if _, over := h.howItEnded(); !over {
					h.ended(fmt.Sprint("cut: ", err))
				}
				return
			case e.Kind == "next" && strings.HasPrefix(e.Data, `{"errors"`):
				h.ended("error " + e.Data)
			case e.Kind == "next":
				h.record(e.Data)
			default:
				if _, over := h.howItEnded(); !over || e.Kind != "complete" {
					h.ended(e.Kind)
				}
			}
		}
	}()
	return h
}
