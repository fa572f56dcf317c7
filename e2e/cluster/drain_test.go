package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"parley/e2e/harness"
	"parley/e2e/harness/writers"
)

// A reconnectingReader follows the room general and goes to another server when this one sends it away.
type reconnectingReader struct {
	token string
	after string // where it stands
	last  int    // the chat there
}

const reconnectDocument = `subscription($a: Cursor) { chatSent(room: "general", after: $a) { number cursor } }`

var errLast = errors.New("the last chat")

// follow reads from one server until that closes the socket, or the chat last was read.
func (w *reconnectingReader) follow(ctx context.Context, s *harness.Server, ready func(), last int) error {
	conn, response, err := websocket.Dial(ctx, "ws://"+s.Addr+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		return err
	}
	if response.Body != nil {
		_ = response.Body.Close()
	}
	defer func() { _ = conn.CloseNow() }()
	payload := s.Body(reconnectDocument, map[string]any{"a": w.after})
	for _, text := range []string{
		`{"type":"connection_init","payload":{"authorization":"` + w.token + `"}}`, "",
		`{"type":"subscribe","id":"1","payload":` + payload + `}`, "", // the first chat
	} {
		if text == "" {
			err = w.read(ctx, conn)
		} else {
			err = conn.Write(ctx, websocket.MessageText, []byte(text))
		}
		if err != nil {
			return err
		}
	}
	ready()
	for w.last != last {
		if err := w.read(ctx, conn); err != nil {
			return err
		}
	}
	return errLast
}

// arrive reads from a server to the last chat. A thousand at once are many: whoever is told to try again later
// does so, as the clients of the packages do.
func (w *reconnectingReader) arrive(ctx context.Context, s *harness.Server, last int) error {
	for w.last < last {
		err := w.follow(ctx, s, func() {}, last)
		switch {
		case errors.Is(err, errLast):
			return nil
		case websocket.CloseStatus(err) != websocket.StatusTryAgainLater && !errors.Is(err, io.EOF): // which may be late for somebody
			return err
		}
		select {
		case <-time.After(time.Duration(rand.IntN(1000)) * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// read reads one message: the acknowledgement, or the chat that follows the last one.
func (w *reconnectingReader) read(ctx context.Context, conn *websocket.Conn) error {
	_, text, err := conn.Read(ctx)
	if err != nil {
		return err
	}
	var m struct {
		Type    string
		Payload struct {
			Data struct {
				ChatSent struct {
					Number int
					Cursor string
				}
			}
		}
	}
	if err := json.Unmarshal(text, &m); err != nil || m.Type != "connection_ack" && m.Type != "next" {
		return fmt.Errorf("got %s", text)
	}
	if m.Type == "next" {
		chat := m.Payload.Data.ChatSent
		if chat.Number != w.last+1 {
			return fmt.Errorf("chat %d behind chat %d", chat.Number, w.last)
		}
		w.last, w.after = chat.Number, chat.Cursor
	}
	return nil
}

// A server with a thousand sockets goes down while there is talk, and another one serves the same database:
// each socket reads 1012, none that anything is complete, and each goes on at the other server with the very
// next chat.
func TestDrainOfAThousandSockets(t *testing.T) {
	const users, each = 50, 20
	dir := harness.DataDir(t)
	flags := append(harness.NoLimits(), "--drain-timeout", "10m")
	first, second := harness.Start(t, harness.Config(t, dir, flags...)), harness.Start(t, harness.Config(t, dir, flags...))
	speaker, _ := first.Register("speaker")
	first.Must(nil, speaker, `mutation { createRoom(name: "general") { id } }`)
	start := first.End(speaker)["after"].(string)
	first.SendChat(speaker, "one")
	tokens := make([]string, users)
	var registrations sync.WaitGroup
	for half := range 2 { // more at once would wait too long for a hash
		registrations.Go(func() {
			for i := half; i < users; i += 2 {
				tokens[i], _ = first.Register(fmt.Sprint("wanderer", i))
			}
		})
	}
	registrations.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), 3*harness.Timeout)
	defer cancel()
	var ready, sockets sync.WaitGroup
	moved := make(chan *reconnectingReader, users*each)
	ready.Add(users * each)
	for i := range users * each {
		w := &reconnectingReader{token: tokens[i/each], after: start}
		sockets.Go(func() {
			came := sync.OnceFunc(ready.Done)
			defer came() // else all would wait for one that could not come
			err := w.follow(ctx, first, came, -1)
			for websocket.CloseStatus(err) == websocket.StatusTryAgainLater { // a thousand at once are many
				err = w.follow(ctx, first, came, -1)
			}
			if websocket.CloseStatus(err) != websocket.StatusServiceRestart {
				t.Errorf("ended with %v", err)
			}
			moved <- w
		})
	}
	ready.Wait()
	stop := (&writers.Writer{Server: second, Token: speaker, Every: 50 * time.Millisecond}).Run()
	if err := first.Stop(); err != nil {
		t.Error(err)
	}
	sockets.Wait()
	last := stop()
	for range users * each {
		w := <-moved
		sockets.Go(func() {
			if err := w.arrive(ctx, second, last); err != nil {
				t.Errorf("at the other server: %v", err)
			}
		})
	}
	sockets.Wait()
}
