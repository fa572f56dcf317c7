package load

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

	"parley/e2e/harness"
)

// followEvents is follow over an event stream.
func (r *Reader) followEvents(ctx context.Context, at string) error {
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
	stream := harness.EventReader{R: bufio.NewReader(response.Body)}
	for {
		e, err := stream.Next()
		switch {
		case err != nil:
			r.Cuts.note(ctx, r, eventsCut)
			return err
		case e.Kind != "next":
			return fmt.Errorf("%w: %s %s", errEnded, e.Kind, e.Data)
		}
		if err := r.Event(json.RawMessage(e.Data)); err != nil {
			return err
		}
	}
}

func (r *Reader) openEvents(ctx context.Context, at string) (*http.Response, error) {
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
	request.Header.Set("Authorization", "Bearer "+r.Token)
	return (&http.Client{Transport: r.HTTP.Transport}).Do(request) // the other one has a timeout
}

// refusedEvents tells a server that has no time from one that refuses for good.
func refusedEvents(response *http.Response) error {
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	var a harness.Answer
	if err := json.Unmarshal(text, &a); err == nil && a.Retryable() {
		return fmt.Errorf("stream: %s", a.Code())
	}
	return fmt.Errorf("%w: %s %s", errEnded, response.Status, text)
}

// eventsCut stands for the close code of an event stream, which has none.
const eventsCut websocket.StatusCode = 0

// A Cut is the end of a stream that its reader did not want.
type Cut struct {
	When    time.Duration
	At      string
	Code    websocket.StatusCode // -1: the connection died
	OverSSE bool
}

// Cuts are those of a run, in their order.
type Cuts struct {
	mu  sync.Mutex
	all []Cut
}

func (c *Cuts) note(ctx context.Context, r *Reader, code websocket.StatusCode) {
	if ctx.Err() != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, Cut{time.Since(r.Began), r.at, code, r.overSSE})
}

// Since returns those after the first n.
func (c *Cuts) Since(n int) []Cut {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Cut(nil), c.all[n:]...)
}
