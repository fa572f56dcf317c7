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

	"parley/e2e/harness"
)

// followEvents is follow over an event stream.
func (k *Torture) followEvents(ctx context.Context, at, token string, s subscriber) error {
	ctx, leave := context.WithCancel(ctx)
	defer leave()
	response, err := k.openEvents(ctx, at, token, s)
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
			s.cut(ctx, eventsCut)
			return err
		case e.Kind != "next":
			return fmt.Errorf("%w: %s %s", errEnded, e.Kind, e.Data)
		}
		if err := s.Event(json.RawMessage(e.Data)); err != nil {
			return err
		}
	}
}

func (k *Torture) openEvents(ctx context.Context, at, token string, s subscriber) (*http.Response, error) {
	body, err := s.operation()
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+at+"/graphql", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "text/event-stream")
	request.Header.Set("Authorization", "Bearer "+token)
	return (&http.Client{Transport: k.HTTP.Transport}).Do(request) // the other one has a timeout
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
