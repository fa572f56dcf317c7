package people

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/e2e/harness"
)

// chatFields are all of a chat that a stream may show of what people have done with it.
const chatFields = ` id number text deletedAt mentions { username } replyTo { id number text deletedAt replyCount reactions { emoji } } replyCount
	reactions { emoji count users { username } } `

const eventsDocument = `subscription($rooms: [ID!], $after: [Cursor!]) { events(rooms: $rooms, after: $after) {
	kind emoji at cursor actor { username } member { lastRead notify user { username } } room { name } chat {` + chatFields + `} cursors } }`

type anEvent struct {
	Kind, Emoji string
	At          time.Time
	Cursor      *string
	Actor       *struct{ Username string }
	Member      *struct {
		LastRead *int
		Notify   *string
		User     struct{ Username string }
	}
	Chat    json.RawMessage
	Cursors []string
}

// chat reads the chat that an event is about.
func (e anEvent) chat(t testing.TB) (c aChat) {
	t.Helper()
	if err := json.Unmarshal(e.Chat, &c); err != nil {
		t.Fatalf("%s: %s, %v", e.Kind, e.Chat, err)
	}
	return c
}

type aChat struct {
	ID         string
	Number     int
	Text       *string
	DeletedAt  *time.Time
	Mentions   []struct{ Username string }
	ReplyTo    *aChat
	ReplyCount int
	Reactions  []struct {
		Emoji string
		Count int
		Users []struct{ Username string }
	}
}

func (c aChat) mentions() string {
	var names []string
	for _, one := range c.Mentions {
		names = append(names, one.Username)
	}
	return strings.Join(names, " ")
}

// live opens a stream of events and waits until it is current.
func live(s *harness.Server, token string, rooms ...string) *harness.Socket {
	s.T.Helper()
	return s.Live(token, eventsDocument, rooms...)
}

// wantKind wants an event of a kind next.
func wantKind(k *harness.Socket, kind string) anEvent {
	k.T.Helper()
	e := event(k)
	if e.Kind != kind {
		k.T.Fatalf("got %+v, want %s", e, kind)
	}
	return e
}

func event(k *harness.Socket) anEvent {
	k.T.Helper()
	var payload struct{ Data struct{ Events anEvent } }
	if m := k.Expect("next"); json.Unmarshal(m.Payload, &payload) != nil {
		k.T.Fatalf("got %s", m.Payload)
	}
	return payload.Data.Events
}

// send sends a chat under an id of its own, and returns it.
func send(s *harness.Server, token, room, text string, replyTo ...string) (id string) {
	s.T.Helper()
	id = uuid.NewString()
	variables := map[string]any{"room": room, "text": text, "id": id}
	if replyTo != nil {
		variables["to"] = replyTo[0]
	}
	s.Must(nil, token, `mutation($room: ID!, $text: String!, $id: ID, $to: ID) { sendChat(room: $room, text: $text, id: $id, replyTo: $to) { id } }`, variables)
	return id
}

// look asks for a chat.
func look(s *harness.Server, token, id string) (c aChat) {
	s.T.Helper()
	var data struct{ Chat aChat }
	s.Must(&data, token, `query($id: ID!) { chat(id: $id) {`+chatFields+`} }`, map[string]any{"id": id})
	return data.Chat
}

const (
	reactDocument  = `mutation($chat: ID!, $emoji: String!, $on: Boolean) { react(chat: $chat, emoji: $emoji, on: $on) { id } }`
	readDocument   = `mutation($chat: ID!) { markRead(chat: $chat) { lastRead } }`
	editDocument   = `mutation($chat: ID!, $text: String!) { editChat(chat: $chat, text: $text) { id } }`
	deleteDocument = `mutation($chat: ID!) { deleteChat(chat: $chat) { id } }`
)

func react(s *harness.Server, token, chat, emoji string, on bool) harness.Answer {
	s.T.Helper()
	return s.AskThrough(token, reactDocument, map[string]any{"chat": chat, "emoji": emoji, "on": on})
}

// wantRefused wants a code, and a reason; "": none.
func wantRefused(t *testing.T, what string, a harness.Answer, code, reason string) {
	t.Helper()
	if a.Code() != code || harness.WordOf(a, "reason") != reason {
		t.Errorf("%s: got %s, want %s %s", what, a.Body, code, reason)
	}
}

// rawChat is the same as it is written.
func rawChat(s *harness.Server, token, id string) json.RawMessage {
	s.T.Helper()
	var data struct{ Chat json.RawMessage }
	s.Must(&data, token, `query($id: ID!) { chat(id: $id) {`+chatFields+`} }`, map[string]any{"id": id})
	return data.Chat
}
