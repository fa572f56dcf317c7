package limits

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"parley/e2e/harness"
	"parley/e2e/harness/frames"
)

// controls is the text that is largest in an answer: JSON has six bytes for each of its characters.
var controls = strings.Repeat("\x01", 10_000)

// said puts n chats of a text into the room general.
func said(s *harness.Server, token string, n int, text string) {
	s.T.Helper()
	body := s.Body(`mutation($t: String!) { sendChat(room: "general", text: $t) { id } }`, map[string]any{"t": text})
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			for range (n + 15 - i) / 16 {
				if a := s.Post(body, "Authorization", "Bearer "+token); len(a.Errors) > 0 {
					s.T.Error(a.Body)
					return
				}
			}
		})
	}
	all.Wait()
}

// everywhere asks over plain HTTP with both media types, as an event and over a WebSocket.
func everywhere(s *harness.Server, token, document string) map[string]harness.Answer {
	s.T.Helper()
	body, bearer := s.Body(document), "Bearer "+token
	answers := map[string]harness.Answer{
		"application/json":                  s.Post(body, "Authorization", bearer, "Accept", "application/json"),
		"application/graphql-response+json": s.Post(body, "Authorization", bearer, "Accept", "application/graphql-response+json"),
	}
	var event, frame harness.Answer
	f := s.OpenEvents(token, body)
	e, err := f.Next()
	if err != nil || json.Unmarshal([]byte(e.Data), &event) != nil {
		s.T.Fatalf("%v: %.200s", err, e.Data)
	}
	event.Body, event.Status = e.Data, http.StatusOK
	answers["an event"] = event
	k := s.Dial(token)
	k.Conn.SetReadLimit(64 << 20)
	k.Expect("connection_ack")
	k.Subscribe("1", document, nil)
	m, code := k.Read()
	frame.Body, frame.Status = string(m.Payload), http.StatusOK
	if m.Type == "error" {
		err = json.Unmarshal(m.Payload, &frame.Errors)
	} else {
		err = json.Unmarshal(m.Payload, &frame)
	}
	if err != nil || code != 0 {
		s.T.Fatalf("%v, close code %d: %.200s", err, code, m.Payload)
	}
	answers["a frame"] = frame
	return answers
}

// wantEverywhere wants one error and no data, and with its own media type its own status.
func wantEverywhere(s *harness.Server, token, document, code, message string) {
	s.T.Helper()
	for way, a := range everywhere(s, token, document) {
		status := http.StatusOK
		if way == "application/graphql-response+json" {
			status = http.StatusBadRequest
		}
		if a.Code() != code || a.Data != nil || a.Status != status || !strings.Contains(a.Errors[0].Message, message) || a.Extension("requestId") == nil {
			s.T.Errorf("%s: %d %.300s", way, a.Status, a.Body)
		}
	}
}

// A short document can ask for the same text many times, and each time it is written out: 237 bytes came to 228 MB.
func TestAnswerHasALimit(t *testing.T) {
	s, token, _ := harness.General(t)
	said(s, token, 60, controls)
	for name, document := range map[string]string{
		"one text under many names":       `{ chats(room: "general", last: 60) { nodes { ` + harness.Times(15, "a#: text ") + `} } }`,
		"edges and nodes":                 `{ chats(room: "general", last: 60) { nodes { text } edges { node { text } } } }`,
		"the newest chat again and again": `{ chats(room: "general", last: 60) { nodes { room { lastChat { text room { lastChat { text } } } } } } }`,
		"several root fields":             `{ ` + harness.Times(3, `a#: chats(room: "general", last: 60) { nodes { text } } `) + `}`,
		"long names":                      `{ chats(room: "general", last: 60) { nodes { ` + strings.Repeat("a", 100_000) + `: number } } }`,
	} {
		t.Run(name, func(t *testing.T) {
			wantEverywhere(frames.ForTest(s, t), token, document, harness.ComplexCode, "Ask for a smaller page")
		})
	}
	var page struct {
		Chats struct{ Nodes []struct{ Text string } }
	}
	s.Must(&page, token, `{ chats(room: "general", last: 60) { nodes { text } } }`) // 3.4 MiB
	if len(page.Chats.Nodes) != 60 || page.Chats.Nodes[7].Text != controls {
		t.Error("a page that fits came otherwise")
	}
}

// What is read for an answer has a limit too, whatever of it is asked for.
func TestReadingForAnAnswerHasALimit(t *testing.T) {
	s, token, _ := harness.General(t)
	said(s, token, 120, strings.Repeat("😀", 10_000))
	for name, document := range map[string]string{
		"a page":              `{ chats(room: "general", last: 120) { nodes { number } } }`,
		"several root fields": `{ ` + harness.Times(10, `a#: chats(room: "general", last: 20) { nodes { number } } `) + `}`,
		"the newest chats":    `{ ` + harness.Times(3, `a#: chats(room: "general", last: 50) { nodes { number room { lastChat { number } } } } `) + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			wantEverywhere(frames.ForTest(s, t), token, document, harness.ComplexCode, "Ask for a smaller page")
		})
	}
	s.Must(nil, token, `{ chats(room: "general", last: 100) { nodes { text } } }`)
}

// The largest pages of ordinary chats pass: everything there is of each, and 50 rooms with their newest chats.
func TestLargestPagesPass(t *testing.T) {
	s, token, _ := harness.General(t)
	said(s, token, 200, strings.Repeat("wörter ", 60))
	var data struct {
		Chats struct{ Nodes []map[string]any }
		Rooms struct {
			Nodes []struct{ LastChat map[string]any }
		}
	}
	s.Must(&data, token, `{ chats(room: "general", last: 200) { nodes { id number username text createdAt editedAt deletedAt cursor
		user { id username createdAt } room { id name topic createdAt } a: text b: username c: cursor d: number } } }`)
	if len(data.Chats.Nodes) != 200 {
		t.Errorf("%d chats", len(data.Chats.Nodes))
	}
	for i := range 50 {
		room := fmt.Sprint("room", i)
		s.Must(nil, token, `mutation($r: String!) { createRoom(name: $r) { id } }`, map[string]any{"r": room})
		s.Must(nil, token, `mutation($r: ID!, $t: String!) { sendChat(room: $r, text: $t) { id } }`, map[string]any{"r": room, "t": strings.Repeat("😀", 10_000)})
	}
	s.Must(&data, token, `{ rooms(first: 50) { nodes { id name lastChat { id text username user { id username } } } } }`)
	if len(data.Rooms.Nodes) != 50 || data.Rooms.Nodes[49].LastChat["text"] == nil {
		t.Errorf("%d rooms", len(data.Rooms.Nodes))
	}
}

// sends are ten mutations that answer a chat with texts.
var sends = harness.Times(10, `a#: sendChat(room: "general", text: $t) { ...Chat } `)

// chatWithTexts has four texts and some more.
func chatWithTexts(more int) string {
	return ` fragment Chat on Chat { id number text room { name topic lastChat { text room { lastChat { text room { lastChat { text } } } } } } ` + harness.Times(more, "b#: text ") + `}`
}

// What a mutation has done it can always tell: one whose answer could be too large is refused before it does anything.
func TestMutationIsNotDoneIfItsAnswerCouldBeTooLarge(t *testing.T) {
	s, token, _ := harness.General(t, "--gql-max-aliases", "50")
	said(s, token, 1, controls)
	send := func(names int, text string) harness.Answer {
		return s.Ask(token, `mutation($t: String!) { `+sends+` }`+chatWithTexts(names), map[string]any{"t": text})
	}
	largest := send(2, controls) // 60 texts of 60 KB
	if largest.Status != http.StatusOK || len(largest.Errors) > 0 || len(largest.Body) < 60*6*len(controls) {
		t.Errorf("%d bytes: %.300s", len(largest.Body), largest.Body)
	}
	before := chatsIn(s, token)
	if a := send(3, "small"); a.Code() != harness.ComplexCode || a.Data != nil || !strings.Contains(a.Errors[0].Message, "4096 KiB") || chatsIn(s, token) != before {
		t.Errorf("%d chats are stored, %.300s", chatsIn(s, token)-before, a.Body)
	}
}

// An event that could be larger than the window of a feed is refused when somebody subscribes to it.
func TestStreamOfTooLargeEventsDoesNotBegin(t *testing.T) {
	s, token, _ := harness.General(t)
	for field, document := range map[string]string{
		"texts":       `subscription { chatSent(room: "general") { ` + harness.Times(5, "a#: text ") + `} }`,
		"texts below": `subscription { events(rooms: "general") { chat { text a: text room { lastChat { text a: text room { lastChat { text } } } } } } }`,
		"cursors":     `subscription { events(rooms: "general") { ` + harness.Times(5, "a#: cursors ") + `} }`,
		"fragments":   `subscription { chatSent(room: "general") { ...A ...B } } fragment A on Chat { text a: text b: text } fragment B on Chat { text c: text d: text }`,
	} {
		k := s.Dial(token)
		k.Expect("connection_ack")
		k.Subscribe("1", document, nil)
		if m := k.Expect("error"); !strings.Contains(string(m.Payload), "256 KiB") {
			t.Errorf("%s: %s", field, m.Payload)
		}
		if kind, data := s.Follow(token, document, nil).Next(); kind != "next" || !strings.Contains(data, "256 KiB") {
			t.Errorf("%s: %s %s", field, kind, data)
		}
	}
	k := s.Dial(token)
	k.Expect("connection_ack")
	k.Subscribe("1", `subscription { events(rooms: "general") { cursor cursors at kind actor { username } room { id name topic lastChat { text } } chat { id number text username } } }`, nil)
	k.Expect("next") // caught up
	said(s, token, 1, controls)
	if m := k.Expect("next"); len(m.Payload) < 2*6*len(controls) {
		t.Errorf("%.200s", m.Payload)
	}
	for _, document := range []string{ // as components put them together, which show the same under one key
		`subscription { events(rooms: "general") { chat { ...A ...B ...C ...D ...E } } } ` + fragments,
		`subscription { events(rooms: "general") { cursor cursors kind chat { ...A ...B ...C } room { lastChat { ...A ...B ...D ...E } } } } ` + fragments,
	} {
		one := s.Dial(token)
		one.Expect("connection_ack")
		one.Subscribe("1", document, nil)
		one.Expect("next") // caught up
		said(s, token, 1, "x")
		one.Expect("next")
		k.Expect("next")
	}
	k.Subscribe("2", `subscription { events(rooms: "general") { __typename kind actor { __typename username } room { __typename id
		lastChat { __typename id } } chat { __typename id text room { __typename } user { __typename id } } } }`, nil) // as Apollo writes it
	k.Expect("next")
}

const fragments = `fragment A on Chat { id text } fragment B on Chat { id text username } fragment C on Chat { id text createdAt }
	fragment D on Chat { id text user { username } } fragment E on Chat { id text editedAt }`
