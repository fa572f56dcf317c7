package transport

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

const subprotocol = "graphql-transport-ws"

// A client speaks WebSocket through coder/websocket, which is another implementation than the server's.
type client struct {
	t    *testing.T
	conn *websocket.Conn
}

func (w *world) dial() *client {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	conn, resp, err := websocket.Dial(ctx, w.http.URL+"/graphql", &websocket.DialOptions{Subprotocols: []string{subprotocol}})
	if err != nil {
		w.t.Fatal(err, resp)
	}
	if got := conn.Subprotocol(); got != subprotocol {
		w.t.Fatalf("subprotocol %q", got)
	}
	conn.SetReadLimit(-1)
	w.t.Cleanup(func() { _ = conn.CloseNow() })
	return &client{w.t, conn}
}

// ready dials and signs in.
func (w *world) ready(token string) *client {
	w.t.Helper()
	c := w.dial()
	c.talk(`> {"type":"connection_init","payload":{"Authorization":"` + token + `"}}` + "\n" + `< {"type":"connection_ack"}`)
	return c
}

func (c *client) send(text string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	if err := c.conn.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
		c.t.Fatalf("send %s: %v", text, err)
	}
}

func (c *client) expect(want string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	_, got, err := c.conn.Read(ctx)
	if err != nil || string(got) != want {
		c.t.Fatalf("got %s %v\nwant %s", got, err, want)
	}
}

// closed wants the close frame next, and no message before it.
func (c *client) closed(code int) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	_, got, err := c.conn.Read(ctx)
	if int(websocket.CloseStatus(err)) != code {
		c.t.Fatalf("got %s %v, want close %d", got, err, code)
	}
}

// talk plays a talk: "> sent", "< expected", "x 4400" for the close code.
func (c *client) talk(script string) {
	c.t.Helper()
	for line := range strings.Lines(script) {
		kind, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch kind {
		case ">":
			c.send(text)
		case "<":
			c.expect(text)
		case "x":
			var code int
			_, _ = fmt.Sscan(text, &code)
			c.closed(code)
		case "":
		default:
			c.t.Fatalf("cannot play %q", line)
		}
	}
}
