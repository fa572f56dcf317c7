package server

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
)

// A sharer follows a room, as one of many, and keeps what it gets.
type sharer struct {
	wish
	mu   sync.Mutex
	got  []string // payloads
	end  string   // the errors that ended the stream, or how it ended otherwise
	over bool
}

func (h *sharer) hear(payload string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.over {
		payload = "after the end: " + payload
	}
	h.got = append(h.got, payload)
}

func (h *sharer) ended(how string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.over {
		how = h.end + ", and then " + how
	}
	h.end, h.over = how, true
}

func (h *sharer) heard() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.got...)
}

func (h *sharer) ending() (how string, over bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.end, h.over
}

// A line carries the streams of one person: all over one socket.
type line struct {
	*socket
	sharers map[string]*sharer
	gone    chan struct{} // closed when the socket is
}

func (s *testServer) line(token string) *line {
	s.t.Helper()
	l := &line{s.dial(token), map[string]*sharer{}, make(chan struct{})}
	l.expect("connection_ack")
	return l
}

// share starts a stream; listen hears it.
func (l *line) share(w wish) *sharer {
	l.t.Helper()
	h := &sharer{wish: w}
	id := fmt.Sprint(len(l.sharers))
	l.sharers[id] = h
	payload, err := json.Marshal(w.request())
	if err != nil {
		l.t.Fatal(err)
	}
	l.write(message{ID: id, Type: "subscribe", Payload: payload})
	return h
}

// listen hears all streams until the socket is gone. It fails no test itself: what it heard is judged.
func (l *line) listen() {
	defer close(l.gone)
	for {
		_, text, err := l.conn.Read(context.Background())
		if err != nil {
			for _, h := range l.sharers {
				if _, over := h.ending(); !over {
					h.ended(fmt.Sprint("closed: ", err))
				}
			}
			return
		}
		var m message
		_ = json.Unmarshal(text, &m) // a sharer judges the text
		h := l.sharers[m.ID]
		if h == nil {
			continue
		}
		if m.Type == "next" {
			// Behind the prefix of a subscriber come the bytes that all share.
			prefix := `{"id":"` + m.ID + `","type":"next","payload":`
			h.hear(strings.TrimSuffix(strings.TrimPrefix(string(text), prefix), "}"))
			continue
		}
		h.ended(m.Type + " " + string(m.Payload))
	}
}

// shareEvents follows as server-sent events.
func (s *testServer) shareEvents(token string, w wish) *sharer {
	s.t.Helper()
	h := &sharer{wish: w}
	body, err := json.Marshal(w.request())
	if err != nil {
		s.t.Fatal(err)
	}
	f := s.listen(token, string(body))
	go func() {
		for {
			e, err := f.next()
			switch {
			case err != nil:
				if _, over := h.ending(); !over {
					h.ended(fmt.Sprint("cut: ", err))
				}
				return
			case e.kind == "next" && strings.HasPrefix(e.data, `{"errors"`):
				h.ended("error " + e.data)
			case e.kind == "next":
				h.hear(e.data)
			default:
				if _, over := h.ending(); !over || e.kind != "complete" {
					h.ended(e.kind)
				}
			}
		}
	}()
	return h
}
