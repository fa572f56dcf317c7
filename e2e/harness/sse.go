package harness

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// EventReader is a client's side of an event stream, line by line as the HTML standard reads it.
type EventReader struct {
	T    testing.TB
	Body io.ReadCloser
	R    *bufio.Reader
}

// A Event is one event.
type Event struct{ ID, Kind, Data string }

// OpenEvents opens a stream for a body that is sent as it is. It ends with the test.
func (s *Server) OpenEvents(token, body string, headers ...string) *EventReader {
	s.T.Helper()
	return s.openEvents(s.T.Context(), token, body, headers...)
}

func (s *Server) openEvents(ctx context.Context, token, body string, headers ...string) *EventReader {
	s.T.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.Addr+"/graphql", strings.NewReader(body))
	if err != nil {
		s.T.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "text/event-stream")
	request.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.T.Fatal(err)
	}
	s.T.Cleanup(func() { _ = response.Body.Close() })
	if response.StatusCode != http.StatusOK || !strings.HasPrefix(response.Header.Get("Content-Type"), "text/event-stream") {
		s.T.Fatalf("%s, %v", response.Status, response.Header)
	}
	return &EventReader{s.T, response.Body, bufio.NewReader(response.Body)}
}

// Next reads the next event; err is io.EOF where the response was ended in good order, which no cut is. It
// fails no test, so that any goroutine may call it.
func (f *EventReader) Next() (e Event, err error) {
	if f.Body != nil {
		defer time.AfterFunc(Timeout, func() { _ = f.Body.Close() }).Stop()
	}
	lines := 0
	for {
		text, err := f.R.ReadString('\n')
		if err != nil {
			return Event{}, err
		}
		text = strings.TrimSuffix(text, "\n")
		name, value, _ := strings.Cut(text, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case text == "" && lines > 0:
			return e, nil
		case name == "event":
			e.Kind = value
		case name == "id":
			e.ID = value
		case name == "data":
			if lines++; lines > 1 {
				e.Data += "\n"
			}
			e.Data += value
		}
	}
}

// EventStream is an event stream that is read event by event until it ends.
type EventStream struct {
	t      testing.TB
	reader *EventReader
	err    error // of the last read
}

// Follow opens the stream of a subscription, which runs once this has answered.
func (s *Server) Follow(token, document string, variables any) *EventStream {
	s.T.Helper()
	ctx, cancel := context.WithTimeout(s.T.Context(), Timeout)
	s.T.Cleanup(cancel)
	reader := s.openEvents(ctx, token, s.Body(document, variables))
	reader.Body = nil // ctx ends the stream
	return &EventStream{t: s.T, reader: reader}
}

// Next returns the data of the next event, and its kind; "" at the end of the response.
func (e *EventStream) Next() (kind, data string) {
	e.t.Helper()
	var event Event
	event, e.err = e.reader.Next()
	return event.Kind, strings.TrimSpace(event.Data)
}

// WantCut reads to the end, which is no end for the client: it comes without the event that says so.
func (e *EventStream) WantCut() (read string) {
	e.t.Helper()
	for {
		kind, data := e.Next()
		switch kind {
		case "":
			if errors.Is(e.err, io.EOF) || errors.Is(e.err, context.DeadlineExceeded) {
				e.t.Errorf("the response was not cut: %v", e.err)
			}
			return read
		case "next":
			read += data + "\n"
		default:
			e.t.Fatalf("got %s %s", kind, data)
		}
	}
}

// FollowDocument follows the room general.
const FollowDocument = `subscription($after: Cursor) { chatSent(room: "general", after: $after) { text } }`

// End returns where the chats that are not sent yet begin.
func (s *Server) End(token string) map[string]any {
	s.T.Helper()
	var page struct{ Chats struct{ SyncCursor string } }
	s.Must(&page, token, `{ chats(room: "general") { syncCursor } }`)
	return map[string]any{"after": page.Chats.SyncCursor}
}

// SendChat sends a chat to the room general.
func (s *Server) SendChat(token, text string) {
	s.T.Helper()
	s.Must(nil, token, `mutation($t: String!) { sendChat(room: "general", text: $t) { id } }`, map[string]any{"t": text})
}

// Want reads the next event, which is a chat.
func (e *EventStream) Want(text string) {
	e.t.Helper()
	if kind, data := e.Next(); kind != "next" || !strings.Contains(data, `"`+text+`"`) {
		e.t.Fatalf("got %s %s, want %s", kind, data, text)
	}
}

// WantEnded reads to the end of the socket's session. Until then no stream has said that it is complete,
// nor this text.
func (k *Socket) WantEnded(never string) {
	k.T.Helper()
	for {
		m, code := k.Read()
		if code == 4401 {
			return
		}
		if code != 0 || m.Type != "next" || strings.Contains(string(m.Payload), never) {
			k.T.Fatalf("got %s %s, close code %d", m.Type, m.Payload, code)
		}
	}
}
