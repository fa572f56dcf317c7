package server

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// followed lets people read through a balancer, over a WebSocket and as server-sent events, while meanwhile says
// something, sends them away and answers the number of the last chat.
func followed(t *testing.T, through *testServer, meanwhile func(token string) int) {
	t.Helper()
	speaker, _ := through.register("speaker")
	through.must(nil, speaker, `mutation { createRoom(name: "general") { id } }`)
	start := through.place(speaker)["after"].(string)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var readers sync.WaitGroup
	socket, stream := &returner{after: start, token: speaker}, &returner{after: start, token: speaker}
	readers.Go(func() { socket.run(ctx, func() error { return socket.overSocket(ctx, through) }) })
	readers.Go(func() { stream.run(ctx, func() error { return stream.overEvents(ctx, through) }) })
	through.say(speaker, "first")
	for _, r := range []*returner{socket, stream} {
		eventually(t, "the first chat", func() bool { return r.reached(1) })
	}
	last := meanwhile(speaker)
	for name, r := range map[string]*returner{"WebSocket": socket, "event stream": stream} {
		eventually(t, name+" at the last chat", func() bool { return r.reached(last) })
		r.judge(t, name)
	}
	cancel()
	readers.Wait()
}

// A returner reads the room general and comes back whenever it is sent away or cut off.
type returner struct {
	token, after string

	mu    sync.Mutex
	last  int      // the number of the chat that was read last
	cuts  int      // how often a stream ended after it had begun
	wrong []string // what must not be
}

func (r *returner) run(ctx context.Context, stream func() error) {
	for ctx.Err() == nil {
		err := stream()
		if code := websocket.CloseStatus(err); code != -1 && code != websocket.StatusServiceRestart && code != websocket.StatusTryAgainLater {
			r.wrongly("%v", err)
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

func (r *returner) wrongly(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wrong = append(r.wrong, fmt.Sprintf(format, args...))
}

func (r *returner) reached(n int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last >= n
}

func (r *returner) judge(t *testing.T, name string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cuts == 0 || len(r.wrong) > 0 {
		t.Errorf("%s: came back %d times: %v", name, r.cuts, r.wrong)
	}
}

// read takes in the payload of an event.
func (r *returner) read(payload string) {
	var p struct {
		Data struct {
			ChatSent struct {
				Number int
				Cursor string
			}
		}
	}
	err := json.Unmarshal([]byte(payload), &p)
	r.mu.Lock()
	defer r.mu.Unlock()
	chat := p.Data.ChatSent
	if err != nil || chat.Number != r.last+1 {
		r.wrong = append(r.wrong, fmt.Sprintf("%s behind chat %d", payload, r.last))
	}
	r.last, r.after = chat.Number, chat.Cursor
}

func (r *returner) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cuts++
}

func (r *returner) overSocket(ctx context.Context, s *testServer) error {
	conn, response, err := websocket.Dial(ctx, "ws://"+s.addr+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		return err
	}
	if response.Body != nil {
		_ = response.Body.Close()
	}
	defer func() { _ = conn.CloseNow() }()
	say := `{"type":"connection_init","payload":{"authorization":"` + r.token + `"}}`
	for {
		if say != "" {
			if err := conn.Write(ctx, websocket.MessageText, []byte(say)); err != nil {
				return err
			}
		}
		_, text, err := conn.Read(ctx)
		if err != nil {
			r.cut()
			return err
		}
		var m message
		switch err := json.Unmarshal(text, &m); {
		case err == nil && m.Type == "connection_ack":
			say = `{"type":"subscribe","id":"1","payload":` + s.request(wandererDocument, map[string]any{"a": r.after}) + `}`
		case err == nil && m.Type == "next":
			say = ""
			r.read(string(m.Payload))
		default:
			r.wrongly("got %s", text)
		}
	}
}

func (r *returner) overEvents(ctx context.Context, s *testServer) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.addr+"/graphql", strings.NewReader(s.request(wandererDocument, map[string]any{"a": r.after})))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "text/event-stream")
	request.Header.Set("Authorization", "Bearer "+r.token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return errors.New(response.Status) // it drains, and says so
	}
	for f := (&feed{body: response.Body, r: bufio.NewReader(response.Body)}); ; {
		e, err := f.next()
		if err != nil {
			r.cut()
			return err
		}
		if e.kind != "next" {
			r.wrongly("got %s %s", e.kind, e.data)
			continue
		}
		r.read(e.data)
	}
}
