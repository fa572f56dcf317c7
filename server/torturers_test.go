package server

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

// A sender sends one chat after the other, and repeats each under its id until it is answered.
type sender struct {
	*torture
	token string
	sends []*send
	cut   int            // calls that no answer came to
	told  map[string]int // codes of answers after which the API says: send it again
}

// run sends until stop is closed; what has been called by then is answered first.
func (s *sender) run(ctx context.Context, stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-ctx.Done():
			return
		default:
		}
		id := uuid.New()
		text := fmt.Sprintf("chat %s, of %d", id, len(s.sends))
		one := &send{room: s.rooms[rand.IntN(len(s.rooms))], id: id, text: hashOf(text), called: time.Since(s.began)}
		s.sends = append(s.sends, one)
		s.call(ctx, one, text)
		if s.pace > 0 {
			breathe(ctx, s.pace)
		}
		if rand.IntN(8) == 0 { // an id that was answered, perhaps many restarts ago
			s.call(ctx, s.sends[rand.IntN(len(s.sends))], "another text")
		}
	}
}

const sendDocument = `mutation($room: ID!, $text: String!, $id: ID) { sendChat(room: $room, text: $text, id: $id) { id number text } }`

// called is a chat as the API says it.
type called struct {
	ID     uuid.UUID
	Number int
	Text   string
	Cursor string
}

func (c called) in(room uuid.UUID) seen {
	return seen{room: room, id: c.ID, number: c.Number, text: hashOf(c.Text)}
}

// call repeats a send until it is answered.
func (s *sender) call(ctx context.Context, one *send, text string) {
	for {
		at, ok := s.servers.get(ctx)
		if !ok {
			return
		}
		if s.home != nil {
			at = s.home(one.room)
		}
		a, err := s.post(ctx, at, s.token, sendDocument, map[string]any{"room": one.room, "text": text, "id": one.id})
		var data struct{ SendChat called }
		switch code := a.code(); {
		case err != nil:
			s.cut++
			breathe(ctx, s.rest)
			continue
		case a.passes():
			if s.told == nil {
				s.told = map[string]int{}
			}
			s.told[code]++
			breathe(ctx, s.rest)
			continue
		case len(a.Errors) > 0:
			one.refused = a.Body
			if one.refused == "" {
				one.refused = code
			}
			return
		}
		if err := json.Unmarshal(a.Data, &data); err != nil {
			one.refused = err.Error()
			return
		}
		if one.answered == 0 {
			one.answered, one.at = time.Since(s.began), at
		}
		one.answers = append(one.answers, data.SendChat.in(one.room))
		select {
		case s.answered <- struct{}{}:
		default:
		}
		return
	}
}

// A reader follows one room over a WebSocket or an event stream, and goes on from where it was whenever that is cut.
type reader struct {
	*torture
	n         int
	token     string
	room      uuid.UUID
	overSSE   bool
	lives     []*life
	cursor    string                 // of the last chat it got, or of the page it began with; empty: it has none
	at        string                 // the server it reads from, or read from last
	serving   atomic.Pointer[string] // the server it has a stream from, or tries to
	reached   atomic.Int64
	handovers int
}

// errEnded means that the server ended a stream that it should not have ended.
var errEnded = errors.New("ended for good")

func (r *reader) run(ctx context.Context) {
	for {
		at, ok := r.servers.get(ctx)
		if !ok {
			return
		}
		r.at = at
		err := r.comeBack(ctx, at)
		if err == nil {
			r.serving.Store(&at)
			if r.overSSE {
				err = r.followEvents(ctx, at)
			} else {
				err = r.follow(ctx, at)
			}
		}
		if errors.Is(err, errEnded) {
			r.lives[len(r.lives)-1].ended = err.Error()
			r.begin(0, "")
		}
		breathe(ctx, r.rest)
	}
}

func (r *reader) begin(start int, cursor string) {
	r.lives = append(r.lives, &life{reader: r.n, room: r.room, start: start, began: time.Since(r.began)})
	r.cursor = cursor
	r.reached.Store(0)
}

func (r *reader) note(c called) {
	l := r.lives[len(r.lives)-1]
	l.seen = append(l.seen, c.in(r.room))
	l.sights = append(l.sights, sight{when: time.Since(r.began), at: r.at})
	r.cursor = c.Cursor
	r.reached.Store(int64(c.Number))
}

// comeBack decides how a reader goes on: mostly from its cursor, sometimes through pages and the
// syncCursor of the last of them, sometimes as one that has forgotten everything.
func (r *reader) comeBack(ctx context.Context, at string) error {
	dice := rand.IntN(16)
	switch {
	case len(r.lives) == 0 || dice == 0:
		p, err := r.page(ctx, at, map[string]any{"last": 50})
		if err != nil {
			return err
		}
		start := 1
		if len(p.Nodes) > 0 {
			start = p.Nodes[0].Number
		}
		r.begin(start, "")
		r.take(p)
	case dice == 1:
		r.begin(0, "") // from now on
	case dice < 5 && r.cursor != "":
		for {
			p, err := r.page(ctx, at, map[string]any{"first": 20, "after": r.cursor})
			if err != nil {
				return err
			}
			r.take(p)
			if !p.PageInfo.HasNextPage {
				r.handovers++
				return nil
			}
		}
	}
	return nil
}

type tailPage struct {
	Nodes      []called
	PageInfo   struct{ HasNextPage bool }
	SyncCursor *string
}

func (r *reader) page(ctx context.Context, at string, variables map[string]any) (p tailPage, err error) {
	variables["room"] = r.room
	a, err := r.post(ctx, at, r.token, `query($room: ID!, $first: Int, $after: Cursor, $last: Int) {
		chats(room: $room, first: $first, after: $after, last: $last) { nodes { id number text cursor } pageInfo { hasNextPage } syncCursor } }`, variables)
	if err != nil {
		return p, err
	}
	switch {
	case a.passes():
		return p, fmt.Errorf("page: %s", a.code())
	case len(a.Errors) > 0:
		if len(r.lives) == 0 {
			r.begin(0, "")
		}
		return p, fmt.Errorf("%w: page: %s", errEnded, a.code())
	}
	var data struct{ Chats tailPage }
	err = json.Unmarshal(a.Data, &data)
	return data.Chats, err
}

// take notes a page and stands where it says that the stream goes on.
func (r *reader) take(p tailPage) {
	for _, c := range p.Nodes {
		r.note(c)
	}
	if p.SyncCursor != nil {
		r.cursor = *p.SyncCursor
	} else if !p.PageInfo.HasNextPage {
		r.lives[len(r.lives)-1].ended = "a page at the end of the room has no syncCursor"
	}
}

// connect opens a socket and signs in.
func (r *reader) connect(ctx context.Context, at string) (*websocket.Conn, error) {
	conn, response, err := websocket.Dial(ctx, "ws://"+at+"/graphql", &websocket.DialOptions{
		Subprotocols: []string{"graphql-transport-ws"}, HTTPClient: r.http,
	})
	if err != nil {
		return nil, err
	}
	if response.Body != nil {
		_ = response.Body.Close()
	}
	conn.SetReadLimit(1 << 20)
	return conn, conn.Write(ctx, websocket.MessageText, []byte(`{"type":"connection_init","payload":{"authorization":"Bearer `+r.token+`"}}`))
}

// follow reads the stream from the cursor on until it is cut.
func (r *reader) follow(ctx context.Context, at string) error {
	conn, err := r.connect(ctx, at)
	if conn != nil {
		defer func() { _ = conn.CloseNow() }()
	}
	if err != nil {
		return err
	}
	for {
		_, text, err := conn.Read(ctx)
		if err != nil {
			r.cuts.note(ctx, r, websocket.CloseStatus(err))
			return err
		}
		var m message
		if err := json.Unmarshal(text, &m); err != nil {
			return fmt.Errorf("%w: %s", errEnded, text)
		}
		switch m.Type {
		case "connection_ack":
			err = r.subscribe(ctx, conn)
		case "next":
			err = r.event(m.Payload)
		case "ping", "pong":
		default:
			err = fmt.Errorf("%w: %s", errEnded, text)
		}
		if err != nil {
			return err
		}
	}
}

// operation is the body that goes on from the cursor.
func (r *reader) operation() ([]byte, error) {
	variables := map[string]any{"room": r.room}
	if r.cursor != "" {
		variables["after"] = r.cursor
	}
	return json.Marshal(map[string]any{
		"query":     `subscription($room: ID!, $after: Cursor) { chatSent(room: $room, after: $after) { id number text cursor } }`,
		"variables": variables,
	})
}

func (r *reader) subscribe(ctx context.Context, conn *websocket.Conn) error {
	payload, err := r.operation()
	if err != nil {
		return err
	}
	text, err := json.Marshal(message{ID: "1", Type: "subscribe", Payload: payload})
	if err != nil {
		return err
	}
	return conn.Write(ctx, websocket.MessageText, text)
}

func (r *reader) event(payload json.RawMessage) error {
	var event struct {
		Data   struct{ ChatSent *called }
		Errors json.RawMessage
	}
	if err := json.Unmarshal(payload, &event); err != nil || event.Errors != nil || event.Data.ChatSent == nil {
		return fmt.Errorf("%w: event: %s", errEnded, payload)
	}
	r.note(*event.Data.ChatSent)
	return nil
}
