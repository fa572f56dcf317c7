package ws

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"parley/e2e/harness"
	"parley/e2e/harness/frames"
	"parley/e2e/harness/talks"
)

// A rule is a rule of graphql-transport-ws, or of our own about it, and a talk that shows it:
//
//	> {"type":"ping"}            what the client sends
//	< {"type":"pong"}            the next message; "$any" takes any text
//	e 1 NOT_FOUND                the next message ends the operation 1 with this error
//	! hello                      somebody says hello in the room
//	d                            the room is deleted
//	x 4400                       the server closes with this code, and nothing follows
//
// In a talk ANN is a token, ROOM a room of its own and START the place in it from which all chats of the
// talk come. A socket that a talk does not close must still answer at its end, with nothing before that.
type rule struct{ name, talk string }

const (
	anonymous = `> {"type":"connection_init"}` + "\n" + `< {"type":"connection_ack"}` + "\n"
	signedIn  = `> {"type":"connection_init","payload":{"authorization":"ANN"}}` + "\n" + `< {"type":"connection_ack"}` + "\n"
	following = signedIn + `> {"type":"subscribe","id":"1","payload":{"query":"subscription { chatSent(room: \"ROOM\", after: \"START\") { text } }"}}` + "\n"
	typename  = `"payload":{"query":"{ __typename }"}}` + "\n"
)

// named are the two messages that answer `{ __typename }` under an id, which is written as in JSON.
func named(id string) string {
	return `< {"id":"` + id + `","type":"next","payload":{"data":{"__typename":"Query"}}}` + "\n" +
		`< {"id":"` + id + `","type":"complete"}` + "\n"
}

// chat is the message that brings a chat to the stream 1.
func heard(text string) string {
	return `< {"id":"1","type":"next","payload":{"data":{"chatSent":{"text":"` + text + `"}}}}` + "\n"
}

// play shows the rules, each on a socket of its own.
func play(s *harness.Server, token string, rules []rule) {
	t := s.T.(*testing.T)
	for i, rule := range rules {
		t.Run(rule.name, func(t *testing.T) {
			s := frames.ForTest(s, t)
			p := player{s, frames.Dial(s, ""), token, fmt.Sprintf("room %d", i)}
			p.play(rule.talk)
			_ = p.wire.Conn.Close()
		})
	}
}

type player struct {
	*harness.Server
	wire        *frames.Socket
	token, room string
}

func (p player) play(talk string) {
	p.T.Helper()
	known := strings.NewReplacer("ANN", p.token)
	if strings.Contains(talk, "ROOM") {
		known = strings.NewReplacer("ANN", p.token, "ROOM", p.newRoom(), "START", p.start())
	}
	closed := false
	for line := range strings.Lines(known.Replace(talk)) {
		kind, what, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch kind {
		case ">":
			p.wire.Send(frames.Frame(frames.FinBit|frames.OpText, what))
		case "<":
			m, code := p.wire.Next()
			p.compare(m, code, what)
		case "e":
			p.error(what)
		case "!":
			p.Must(nil, p.token, `mutation($r: ID!, $t: String!) { sendChat(room: $r, text: $t) { id } }`, map[string]any{"r": p.room, "t": what})
		case "d":
			p.Must(nil, p.token, `mutation($r: ID!) { deleteRoom(room: $r) }`, map[string]any{"r": p.room})
		case "x":
			var code int
			_, _ = fmt.Sscan(what, &code)
			p.wire.Closed(code)
			closed = true
		default:
			p.T.Fatalf("cannot play %q", line)
		}
	}
	if !closed {
		p.wire.Send(frames.Frame(frames.FinBit|frames.OpText, `{"type":"ping","payload":{"last":true}}`))
		m, code := p.wire.Next()
		p.compare(m, code, `{"type":"pong","payload":{"last":true}}`)
	}
}

func (p player) newRoom() string {
	p.Must(nil, p.token, `mutation($r: String!) { createRoom(name: $r) { id } }`, map[string]any{"r": p.room})
	return p.room
}

func (p player) start() string {
	var page struct{ Chats struct{ SyncCursor string } }
	p.Must(&page, p.token, `query($r: ID!) { chats(room: $r) { syncCursor } }`, map[string]any{"r": p.room})
	return page.Chats.SyncCursor
}

func (p player) compare(m harness.Message, code int, want string) {
	p.T.Helper()
	if code != 0 {
		p.T.Fatalf("closed with %d, want %s", code, want)
	}
	got, err := json.Marshal(m)
	if err != nil {
		p.T.Fatal(err)
	}
	(&talks.Talk{T: p.T.(*testing.T), Known: map[string]string{}}).Compare("socket", got, want)
	if p.T.Failed() {
		p.T.FailNow()
	}
}

// error wants the end of an operation with one error of a code.
func (p player) error(what string) {
	p.T.Helper()
	id, want, _ := strings.Cut(what, " ")
	m, code := p.wire.Next()
	var errs []struct {
		Message    string
		Extensions struct{ Code, RequestID string }
	}
	if code != 0 || m.Type != "error" || m.ID != id || json.Unmarshal(m.Payload, &errs) != nil {
		p.T.Fatalf("got %s %s %s, close code %d, want %s", m.ID, m.Type, m.Payload, code, what)
	}
	if len(errs) != 1 || errs[0].Extensions.Code != want || errs[0].Extensions.RequestID == "" || errs[0].Message == "" {
		p.T.Fatalf("got %s, want %s", m.Payload, what)
	}
}
