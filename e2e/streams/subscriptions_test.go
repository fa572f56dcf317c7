package streams

import (
	"strings"
)

// A subscription is a stream that somebody may ask for: a document with ROOM, KEY and START in it, or in its variables.
type subscription struct {
	text      string
	operation string
	variables map[string]any
}

func (w subscription) body() map[string]any {
	body := map[string]any{"query": w.text, "variables": w.variables}
	if w.operation != "" {
		body["operationName"] = w.operation
	}
	return body
}

// inRoom is the subscription to one room, from a place on.
func (w subscription) inRoom(room, id, start string) subscription {
	fill := strings.NewReplacer("KEY", id, "ROOM", room, "START", start, "LOUD", strings.ToUpper(room))
	made := subscription{fill.Replace(w.text), w.operation, map[string]any{}}
	for name, value := range w.variables {
		if text, ok := value.(string); ok {
			value = fill.Replace(text)
		}
		made.variables[name] = value
	}
	return made
}

const switches = `subscription($r: ID!, $a: Cursor, $yes: Boolean!, $no: Boolean = false) { chatSent(room: $r, after: $a) {
	number text @include(if: $yes) username @skip(if: $yes) ... @include(if: $no) { id } ...F @skip(if: $no) } } fragment F on Chat { createdAt user @include(if: $yes) { id } }`

const several = `query Q { __typename } subscription A($r: ID!, $a: Cursor) { chatSent(room: $r, after: $a) { ...F number } }
	subscription B($r: ID!, $a: Cursor) { b: chatSent(room: $r, after: $a) { number ...F } } fragment F on Chat { text id }`

// Here the variable of a subscription stands in one place only.
const once = `subscription($r: ID!, $a: Cursor, $s: Boolean!) { chatSent(room: $r, after: $a) { `

func to(more ...any) map[string]any {
	variables := map[string]any{"r": "ROOM", "a": "START"}
	for i := 0; i < len(more); i += 2 {
		variables[more[i].(string)] = more[i+1]
	}
	return variables
}

// subscriptions are streams of chats that resemble one another as far as they can without being one.
var subscriptions = []subscription{
	{`subscription { chatSent(room: "ROOM", after: "START") { text } }`, "", nil},
	{`subscription { chatSent(room: "KEY", after: "START") { text } }`, "", nil},
	{`subscription { chatSent(room: "LOUD", after: "START") { number } }`, "", nil},
	{`subscription($r: ID!, $a: Cursor) { chatSent(room: $r, after: $a) { text } }`, "", to()},
	{`subscription ( $r: ID! $a: Cursor ) { chatSent(room: $r after: $a) { text } } # the same`, "", to()},
	{`subscription($r: ID!, $a: Cursor) { chatSent(room: $r, after: $a) { text } }`, "", to("r", "KEY", "more", 1)},
	{`subscription($r: ID!, $a: Cursor) { it: chatSent(room: $r, after: $a) { text } }`, "", to()},
	{`subscription($r: ID!, $a: Cursor) { text: chatSent(room: $r, after: $a) { it: text } }`, "", to()},
	{`subscription($r: ID!, $a: Cursor) { chatSent(room: $r, after: $a) { text: username username: text } }`, "", to()},
	{`subscription($r: ID!, $a: Cursor) { chatSent(room: $r, after: $a) { username text } }`, "", to()},
	{`subscription($r: ID!, $a: Cursor) { chatSent(room: $r, after: $a) { text username } }`, "", to()},
	{`subscription($r: ID!, $a: Cursor) { chatSent(room: $r, after: $a) { __typename n: number kind: __typename } }`, "", to()},
	{`subscription($r: ID!, $a: Cursor) { chatSent(room: $r, after: $a) { number room { __typename name user: id } user { name: username __typename } } }`, "", to()},
	{`subscription($r: ID!, $a: Cursor) { chatSent(room: $r, after: $a) { room { name } number room { topic name } ...F } } fragment F on Chat { room { id } text }`, "", to()},
	{`subscription($r: ID!, $a: Cursor) { ...S } fragment S on Subscription { chatSent(room: $r, after: $a) { ...F } } fragment F on Chat { ...G number } fragment G on Node { id }`, "", to()},
	{`subscription($r: ID!, $a: Cursor) { chatSent(room: $r, after: $a) { ... on Chat { text } ... on Node { id } ... { number } } }`, "", to()},
	{`subscription($r: ID!, $a: Cursor) { chatSent(room: $r, after: $a) { id number username text createdAt editedAt deletedAt cursor } }`, "", to()},
	{switches, "", to("yes", true)},
	{switches, "", to("yes", false)},
	{switches, "", to("yes", true, "no", true)},
	{switches, "", to("yes", false, "no", true)},
	{once + `number ...F @include(if: $s) } } fragment F on Chat { text }`, "", to("s", true)},
	{once + `number ...F @include(if: $s) } } fragment F on Chat { text }`, "", to("s", false)},
	{once + `number ... @skip(if: $s) { text } } }`, "", to("s", true)},
	{once + `number ... @skip(if: $s) { text } } }`, "", to("s", false)},
	{once + `number room { name id @include(if: $s) } } }`, "", to("s", true)},
	{once + `number room { name id @include(if: $s) } } }`, "", to("s", false)},
	{once + `...F } } fragment F on Chat { ...G number } fragment G on Chat { text @skip(if: $s) }`, "", to("s", true)},
	{once + `...F } } fragment F on Chat { ...G number } fragment G on Chat { text @skip(if: $s) }`, "", to("s", false)},
	{several, "A", to()},
	{several, "B", to()},
}
