package load

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	"github.com/google/uuid"
)

// A Reader follows one room over a WebSocket or an event stream, and goes on from where it was whenever that is cut.
type Reader struct {
	*Torture
	N         int
	Token     string
	Room      uuid.UUID
	overSSE   bool
	Lives     []*Life
	Cursor    string                 // of the last chat it got, or of the page it began with; empty: it has none
	at        string                 // the server it reads from, or read from last
	Serving   atomic.Pointer[string] // the server it has a stream from, or tries to
	Reached   atomic.Int64           // the number of its last chat, of a page or of a stream
	Streamed  atomic.Int64           // chats that came over streams
	handovers int
}

func (r *Reader) run(ctx context.Context) {
	for {
		at, ok := r.Servers.get(ctx)
		if !ok {
			return
		}
		r.at = at
		err := r.reconnect(ctx, at)
		if err == nil {
			r.Serving.Store(&at)
			err = r.follow(ctx, at, r.Token, r.overSSE, r)
		}
		if errors.Is(err, errEnded) {
			r.Lives[len(r.Lives)-1].ended = err.Error()
			r.Begin(0, "")
		}
		pause(ctx, r.Rest)
	}
}

// Begin begins a life: it reads the newest page and follows from there.
func (r *Reader) Begin(start int, cursor string) {
	r.Lives = append(r.Lives, &Life{reader: r.N, room: r.Room, start: start, Began: time.Since(r.Began)})
	r.Cursor = cursor
	r.Reached.Store(0)
}

func (r *Reader) note(c Called) {
	l := r.Lives[len(r.Lives)-1]
	l.Seen = append(l.Seen, c.in(r.Room))
	l.Sights = append(l.Sights, Sight{When: time.Since(r.Began), At: r.at})
	r.Cursor = c.Cursor
	r.Reached.Store(int64(c.Number))
}

// reconnect decides how a reader goes on: mostly from its cursor, sometimes through pages and the
// syncCursor of the last of them, sometimes as one that has forgotten everything.
func (r *Reader) reconnect(ctx context.Context, at string) error {
	dice := rand.IntN(16)
	switch {
	case len(r.Lives) == 0 || dice == 0:
		p, err := r.Page(ctx, at, map[string]any{"last": 50})
		if err != nil {
			return err
		}
		start := 1
		if len(p.Nodes) > 0 {
			start = p.Nodes[0].Number
		}
		r.Begin(start, "")
		r.Take(p)
	case dice == 1:
		r.Begin(0, "") // from now on
	case dice < 5 && r.Cursor != "":
		for {
			p, err := r.Page(ctx, at, map[string]any{"first": 20, "after": r.Cursor})
			if err != nil {
				return err
			}
			r.Take(p)
			if !p.PageInfo.HasNextPage {
				r.handovers++
				return nil
			}
		}
	}
	return nil
}

// Page reads the newest page of the room.
func (r *Reader) Page(ctx context.Context, at string, variables map[string]any) (p TailPage, err error) {
	variables["room"] = r.Room
	a, err := r.Post(ctx, at, r.Token, `query($room: ID!, $first: Int, $after: Cursor, $last: Int) {
		chats(room: $room, first: $first, after: $after, last: $last) { nodes { id number text cursor } pageInfo { hasNextPage } syncCursor } }`, variables)
	if err != nil {
		return p, err
	}
	switch {
	case a.Retryable():
		return p, fmt.Errorf("page: %s", a.Code())
	case len(a.Errors) > 0:
		if len(r.Lives) == 0 {
			r.Begin(0, "")
		}
		return p, fmt.Errorf("%w: page: %s", errEnded, a.Code())
	}
	var data struct{ Chats TailPage }
	err = json.Unmarshal(a.Data, &data)
	return data.Chats, err
}

// Take notes a page and stands where it says that the stream goes on.
func (r *Reader) Take(p TailPage) {
	for _, c := range p.Nodes {
		r.note(c)
	}
	if p.SyncCursor != nil {
		r.Cursor = *p.SyncCursor
	} else if !p.PageInfo.HasNextPage {
		r.Lives[len(r.Lives)-1].ended = "a page at the end of the room has no syncCursor"
	}
}

// Connect opens a socket and signs in.
func (r *Reader) Connect(ctx context.Context, at string) (*websocket.Conn, error) {
	return r.connect(ctx, at, r.Token)
}

// operation is the body that goes on from the cursor.
func (r *Reader) operation() ([]byte, error) {
	variables := map[string]any{"room": r.Room}
	if r.Cursor != "" {
		variables["after"] = r.Cursor
	}
	return json.Marshal(map[string]any{
		"query":     `subscription($room: ID!, $after: Cursor) { chatSent(room: $room, after: $after) { id number text cursor } }`,
		"variables": variables,
	})
}

// Subscribe begins the stream behind a cursor.
func (r *Reader) Subscribe(ctx context.Context, conn *websocket.Conn) error {
	return subscribe(ctx, conn, r)
}

// Event takes an event of the stream.
func (r *Reader) Event(payload json.RawMessage) error {
	var event struct {
		Data   struct{ ChatSent *Called }
		Errors json.RawMessage
	}
	if err := json.Unmarshal(payload, &event); err != nil || event.Errors != nil || event.Data.ChatSent == nil {
		return fmt.Errorf("%w: event: %s", errEnded, payload)
	}
	r.note(*event.Data.ChatSent)
	r.Streamed.Add(1)
	return nil
}

func (r *Reader) cut(ctx context.Context, code websocket.StatusCode) { r.Cuts.note(ctx, r, code) }
