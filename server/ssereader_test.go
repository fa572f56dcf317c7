package server

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// feed is a client's side of an event stream, line by line as the HTML standard reads it.
type feed struct {
	t    testing.TB
	body io.ReadCloser
	r    *bufio.Reader
}

// A sent is one event.
type sent struct{ id, kind, data string }

// listen opens a stream for a body that is sent as it is. It ends with the test.
func (s *testServer) listen(token, body string, headers ...string) *feed {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, "http://"+s.addr+"/graphql", strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "text/event-stream")
	request.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = response.Body.Close() })
	if response.StatusCode != http.StatusOK || !strings.HasPrefix(response.Header.Get("Content-Type"), "text/event-stream") {
		s.t.Fatalf("%s, %v", response.Status, response.Header)
	}
	return &feed{s.t, response.Body, bufio.NewReader(response.Body)}
}

// next reads the next event; err is io.EOF where the response was ended in good order, which no cut is. It
// fails no test, so that any goroutine may call it.
func (f *feed) next() (e sent, err error) {
	if f.body != nil {
		defer time.AfterFunc(patience, func() { _ = f.body.Close() }).Stop()
	}
	lines := 0
	for {
		text, err := f.r.ReadString('\n')
		if err != nil {
			return sent{}, err
		}
		text = strings.TrimSuffix(text, "\n")
		name, value, _ := strings.Cut(text, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case text == "" && lines > 0:
			return e, nil
		case name == "event":
			e.kind = value
		case name == "id":
			e.id = value
		case name == "data":
			if lines++; lines > 1 {
				e.data += "\n"
			}
			e.data += value
		}
	}
}
