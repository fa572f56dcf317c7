package cluster

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

	"parley/e2e/harness"
)

// followed lets people read through a balancer, over a WebSocket and as server-sent events, while meanwhile says
// something, sends them away and returns the number of the last chat.
func followed(t *testing.T, through *harness.Server, meanwhile func(token string) int) {
	t.Helper()
	speaker, _ := through.Register("speaker")
	through.Must(nil, speaker, `mutation { createRoom(name: "general") { id } }`)
	start := through.End(speaker)["after"].(string)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var readers sync.WaitGroup
	socket, stream := &returningReader{after: start, token: speaker}, &returningReader{after: start, token: speaker}
	readers.Go(func() { socket.run(ctx, func() error { return socket.overSocket(ctx, through) }) })
	readers.Go(func() { stream.run(ctx, func() error { return stream.overEvents(ctx, through) }) })
	through.SendChat(speaker, "first")
	for _, r := range []*returningReader{socket, stream} {
		harness.Eventually(t, "the first chat", func() bool { return r.reached(1) })
	}
	last := meanwhile(speaker)
	for name, r := range map[string]*returningReader{"WebSocket": socket, "event stream": stream} {
		harness.Eventually(t, name+" at the last chat", func() bool { return r.reached(last) })
		r.judge(t, name)
	}
	cancel()
	readers.Wait()
}

// A returningReader reads the room general and comes back whenever it is sent away or cut off.
type returningReader struct {
	token, after string

	mu    sync.Mutex
	last  int      // the number of the chat that was read last
	cuts  int      // how often a stream ended after it had begun
	wrong []string // what must not be
}

func (r *returningReader) run(ctx context.Context, stream func() error) {
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

func (r *returningReader) wrongly(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wrong = append(r.wrong, fmt.Sprintf(format, args...))
}

func (r *returningReader) reached(n int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last >= n
}

func (r *returningReader) judge(t *testing.T, name string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cuts == 0 || len(r.wrong) > 0 {
		t.Errorf("%s: came back %d times: %v", name, r.cuts, r.wrong)
	}
}

// read takes in the payload of an event.
func (r *returningReader) read(payload string) {
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

func (r *returningReader) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cuts++
}

func (r *returningReader) overSocket(ctx context.Context, s *harness.Server) error {
	conn, response, err := websocket.Dial(ctx, "ws://"+s.Addr+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
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
		var m harness.Message
		switch err := json.Unmarshal(text, &m); {
		case err == nil && m.Type == "connection_ack":
			say = `{"type":"subscribe","id":"1","payload":` + s.Body(reconnectDocument, map[string]any{"a": r.after}) + `}`
		case err == nil && m.Type == "next":
			say = ""
			r.read(string(m.Payload))
		default:
			r.wrongly("got %s", text)
		}
	}
}

func (r *returningReader) overEvents(ctx context.Context, s *harness.Server) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.Addr+"/graphql", strings.NewReader(s.Body(reconnectDocument, map[string]any{"a": r.after})))
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
	for f := (&harness.EventReader{Body: response.Body, R: bufio.NewReader(response.Body)}); ; {
		e, err := f.Next()
		if err != nil {
			r.cut()
			return err
		}
		if e.Kind != "next" {
			r.wrongly("got %s %s", e.Kind, e.Data)
			continue
		}
		r.read(e.Data)
	}
}
