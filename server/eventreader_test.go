package server

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// followEvents is follow over an event stream.
func (r *reader) followEvents(ctx context.Context, at string) error {
	ctx, leave := context.WithCancel(ctx)
	defer leave()
	response, err := r.openEvents(ctx, at)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if !strings.HasPrefix(response.Header.Get("Content-Type"), "text/event-stream") {
		return refusedEvents(response)
	}
	stream := feed{r: bufio.NewReader(response.Body)}
	for {
		e, err := stream.next()
		switch {
		case err != nil:
			r.cuts.note(ctx, r, eventsCut)
			return err
		case e.kind != "next":
			return fmt.Errorf("%w: %s %s", errEnded, e.kind, e.data)
		}
		if err := r.event(json.RawMessage(e.data)); err != nil {
			return err
		}
	}
}

func (r *reader) openEvents(ctx context.Context, at string) (*http.Response, error) {
	body, err := r.operation()
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+at+"/graphql", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "text/event-stream")
	request.Header.Set("Authorization", "Bearer "+r.token)
	return (&http.Client{Transport: r.http.Transport}).Do(request) // the other one's patience has an end
}

// refusedEvents tells a server that has no time from one that refuses for good.
func refusedEvents(response *http.Response) error {
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	var a answer
	if err := json.Unmarshal(text, &a); err == nil && a.passes() {
		return fmt.Errorf("stream: %s", a.code())
	}
	return fmt.Errorf("%w: %s %s", errEnded, response.Status, text)
}

// eventsCut stands for the close code of an event stream, which has none.
const eventsCut websocket.StatusCode = 0

// A cut is the end of a stream that its reader did not want.
type cut struct {
	when    time.Duration
	at      string
	code    websocket.StatusCode // -1: the connection died
	overSSE bool
}

// cuts are those of a run, in their order.
type cuts struct {
	mu  sync.Mutex
	all []cut
}

func (c *cuts) note(ctx context.Context, r *reader, code websocket.StatusCode) {
	if ctx.Err() != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, cut{time.Since(r.began), r.at, code, r.overSSE})
}

// since answers those after the first n.
func (c *cuts) since(n int) []cut {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]cut(nil), c.all[n:]...)
}
