package document

import (
	"testing"

	"github.com/vektah/gqlparser/v2/validator"
)

// A text is 1000 bytes, and an item of a page is as many as the page can have.
func TestLargestAnswer(t *testing.T) {
	d := testDocuments()
	for _, c := range []struct {
		text  string
		least int
	}{
		{`mutation { sendChat(room: "x", text: "x") { text } }`, 1000},
		{`mutation { sendChat(room: "x", text: "x") { text other: text text } }`, 2000},
		{`mutation { createRoom(name: "x") { chats(last: 7) { nodes { text } } } }`, 7000},
		{`mutation { createRoom(name: "x") { chats(last: 7) { edges { node { text } } nodes { text } } } }`, 14_000},
		{`mutation { createRoom(name: "x") { chats(first: 3, last: 7) { edges { node { text } } } } }`, 7000},
		{`mutation { createRoom(name: "x") { chats { nodes { text } } } }`, 50_000},
		{`mutation($n: Int) { createRoom(name: "x") { chats(last: $n) { nodes { text } } } }`, 20_000},
		{`mutation { createRoom(name: "x") { members { nodes { user { username } } } } }`, 50_000},
		{`mutation { createRoom(name: "x") { bans(first: 2) { nodes { reason } } } }`, 2000},
		{`mutation { sendChat(room: "x", text: "x") { data room { data } } }`, 1000},
		{`mutation { createRoom(name: "x") { invites { code } } }`, 10_000},
		{`mutation { createRoom(name: "x") { members(first: 2) { nodes { room { chats(last: 3) { nodes { text } } } } } } }`, 6000},
	} {
		doc, errs := d.check(c.text)
		if errs != nil {
			t.Fatal(c.text, errs)
		}
		variables, err := validator.VariableValues(testAPI.Schema, doc.Operations[0], map[string]any{"n": int64(20)})
		if err != nil {
			t.Fatal(err)
		}
		e := costLimit{testAPI, d.limits.MaxCost}.estimator(variables)
		e.most = 1 << 20
		if got := e.largest(0, doc.Operations[0].SelectionSet); got < c.least || got > c.least+c.least/5+200 {
			t.Errorf("%s: %d bytes, want little more than %d", c.text, got, c.least)
		}
	}
}

// Of two fields of which an object has one at most the larger counts.
func TestLargestOfEither(t *testing.T) {
	api := *testAPI
	api.Either = [2]string{"Event.chat", "Event.preview"}
	api.Streams = map[string]string{}
	for _, name := range []string{"Subscription.events", "Event.chat", "Event.preview", "Event.room", "Room.topic", "Chat.text", "Chat.replyTo"} {
		api.Streams[name] = ""
	}
	for text, least := range map[string]int{
		`subscription { events { preview chat { text } } }`:                                       1000,
		`subscription { events { preview } }`:                                                     1000,
		`subscription { events { preview chat { text } room { topic } } }`:                        2000,
		`subscription { events { preview more: preview chat { text } } }`:                         2000,
		`subscription { events { preview chat { text } again: chat { text replyTo { text } } } }`: 3000,
	} {
		doc, errs := newDocuments(Limits{Parallel: 1}.WithDefaults(), &api, testSecrets).check(text)
		if errs != nil {
			t.Fatal(text, errs)
		}
		e := costLimit{&api, 5000}.estimator(nil)
		e.most = 1 << 20
		if got := e.largest(0, doc.Operations[0].SelectionSet); got < least || got > least+200 {
			t.Errorf("%s: %d bytes, want little more than %d", text, got, least)
		}
	}
}
