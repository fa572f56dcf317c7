package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A client asks the server over HTTP, and hears events over server-sent events.
type client struct {
	url, token string
	good       time.Time // when the token was last known to be good; at first when the bot started
}

func newClient(origin, token string) *client { return &client{origin + "/graphql", token, time.Now()} }

// An event is what the bot wants to know of one. What is null is empty here.
type event struct {
	Kind, Cursor string
	Cursors      []string
	Room         struct{ ID string }
	Chat         struct {
		ID, Text string
		User     struct{ IsBot bool }
	}
}

// A failure is an error as the server writes it.
type failure struct {
	Message    string
	Extensions struct {
		Code, Reason string
		RetryAfterMs int
	}
}

func (f *failure) Error() string {
	return fmt.Sprintf("%s %s %s", f.Extensions.Code, f.Extensions.Reason, f.Message)
}

// region ask

// final are the codes that the same request would get again. After all others it is sent again.
var final = []string{"FORBIDDEN", "NOT_FOUND", "BAD_USER_INPUT", "ID_TAKEN", "LIMIT_REACHED"}

// ask sends an operation until it is answered, or until it is refused with a final code.
func (c *client) ask(query string, variables map[string]any, into any) error {
	for tries := 0; ; tries++ {
		err := c.once(query, variables, into)
		var f *failure
		if err == nil || errors.As(err, &f) && slices.Contains(final, f.Extensions.Code) {
			return err
		}
		pause(tries, err)
	}
}

// endregion

// region again

// pause waits before the next attempt: a tenth of a second, twice as long after each, at most ten, and what the server says.
func pause(tries int, err error) {
	log.Printf("again: %v", err)
	most := min(100*time.Millisecond<<min(tries, 10), 10*time.Second)
	most = most/2 + rand.N(most/2)
	var f *failure
	if errors.As(err, &f) {
		most = max(most, time.Duration(f.Extensions.RetryAfterMs)*time.Millisecond)
	}
	time.Sleep(most)
}

// endregion

// region show

const typing = `mutation ($room: ID!, $preview: String!) { setTyping(room: $room, preview: $preview) { id } }`

// show returns what shows a room the last 1,000 characters of what the bot has written so far, three times a second. It is tried
// once: what it brings is nowhere stored, and the answer must not wait for it.
func (c *client) show(room string) func(soFar string) {
	var last time.Time
	return func(soFar string) {
		if time.Since(last) > time.Second/3 {
			last = time.Now()
			runes := []rune(soFar)
			_ = c.once(typing, map[string]any{"room": room, "preview": string(runes[max(0, len(runes)-1000):])}, nil)
		}
	}
}

// endregion

func (c *client) once(query string, variables map[string]any, into any) error {
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	body, err := c.post(ctx, "application/json", query, variables)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	return c.read(body, into)
}

// follow hands on the events of a subscription, one after the other, until the stream is cut or no more are wanted.
func (c *client) follow(query string, variables map[string]any, next func(event) (more bool)) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	body, err := c.post(ctx, "text/event-stream", query, variables)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 4<<20)
	const most = 40 * time.Second // the server says something every 15 seconds, if only ":"
	for silence := time.AfterFunc(most, cancel); lines.Scan(); silence.Reset(most) {
		silence.Stop()
		var data struct{ Events event }
		if text, is := bytes.CutPrefix(lines.Bytes(), []byte("data: ")); !is {
			continue
		} else if err := c.read(bytes.NewReader(text), &data); err != nil {
			return err
		}
		if !next(data.Events) {
			return errors.New("no more of this stream")
		}
	}
	return fmt.Errorf("the stream was cut: %w", errors.Join(lines.Err(), io.ErrUnexpectedEOF))
}

// post returns the body of an answer. What is no stream but was to be one is a failure.
func (c *client) post(ctx context.Context, accept, query string, variables map[string]any) (io.ReadCloser, error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", accept)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+c.token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(response.Header.Get("Content-Type"), "text/event-stream") || accept == "application/json" {
		return response.Body, nil
	}
	defer func() { _ = response.Body.Close() }()
	return nil, errors.Join(c.read(response.Body, nil), errors.New(response.Status))
}

// read takes an answer apart. It ends the bot when its token is no good: a new one is known everywhere within two seconds.
func (c *client) read(from io.Reader, into any) error {
	var a struct {
		Data   json.RawMessage
		Errors []*failure
	}
	if err := json.NewDecoder(from).Decode(&a); err != nil {
		return fmt.Errorf("no answer: %w", err)
	}
	if len(a.Errors) > 0 {
		f := a.Errors[0]
		if f.Extensions.Code == "SESSION_REVOKED" || f.Extensions.Code == "UNAUTHENTICATED" && time.Since(c.good) > 10*time.Second {
			log.Fatalf("the token is not good any more: %v", f)
		}
		return f
	}
	c.good = time.Now()
	if into == nil {
		return nil
	}
	return json.Unmarshal(a.Data, into)
}
