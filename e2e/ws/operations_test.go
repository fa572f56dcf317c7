package ws

import (
	"strings"
	"testing"

	"parley/e2e/harness"
)

// subscribe writes a message; the document may have quotes.
func subscribing(id, document, more string) string {
	return `> {"type":"subscribe","id":"` + id + `","payload":{"query":"` + strings.ReplaceAll(document, `"`, `\"`) + `"` + more + `}}` + "\n"
}

func answered(id, data string) string {
	return `< {"id":"` + id + `","type":"next","payload":{"data":` + data + `}}` + "\n" + `< {"id":"` + id + `","type":"complete"}` + "\n"
}

const stopOne = `> {"type":"complete","id":"1"}` + "\n"

func TestSocketRulesOfOperations(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	const two = `query A { __typename } query B { me { username } }`
	const echo = `query($id: ID!) { user(id: $id) { username } }`
	play(s, ann, []rule{
		{"query: next, complete", anonymous + subscribing("1", `{ __typename }`, ``) + named("1")},
		{"query with variables", signedIn + subscribing("1", echo, `,"variables":{"id":"ann"}`) + answered("1", `{"user":{"username":"ann"}}`)},
		{"mutation: next, complete, and it is done", signedIn + subscribing("1", `mutation { createRoom(name: "ROOM 2") { name } }`, ``) +
			`< {"id":"1","type":"next","payload":{"data":{"createRoom":{"name":"ROOM 2"}}}}` + "\n" + `< {"id":"1","type":"complete"}` + "\n" +
			subscribing("1", `{ room(id: "ROOM 2") { name } }`, ``) + answered("1", `{"room":{"name":"ROOM 2"}}`)},
		{"operationName chooses", signedIn + subscribing("1", two, `,"operationName":"B"`) + answered("1", `{"me":{"username":"ann"}}`)},
		{"a stream: next for each chat", following + "! one\n" + heard("one") + "! two\n! three\n" + heard("two") + heard("three")},
		{"two streams of one room", following + "! one\n" + heard("one") + subscribing("2", `subscription { chatSent(room: "ROOM", after: "START") { n: number } }`, ``) +
			`< {"id":"2","type":"next","payload":{"data":{"chatSent":{"n":1}}}}`},
		{"an error of execution comes in next", signedIn + subscribing("1", `{ room(id: "nowhere") { name } }`, ``) +
			`< {"id":"1","type":"next","payload":{"errors":[{"message":"$any","path":["room"],"locations":[{"line":1,"column":3}],"extensions":{"code":"NOT_FOUND","requestId":"$any"}}],"data":{"room":null}}}` + "\n" +
			`< {"id":"1","type":"complete"}`},
		{"a fault of syntax: error", anonymous + subscribing("1", `{ `, ``) + "e 1 GRAPHQL_PARSE_FAILED"},
		{"no such field: error", anonymous + subscribing("1", `{ nonsense }`, ``) + "e 1 GRAPHQL_VALIDATION_FAILED"},
		{"no such operation: error", anonymous + subscribing("1", two, `,"operationName":"C"`) + "e 1 GRAPHQL_VALIDATION_FAILED"},
		{"two operations and no name: error", anonymous + subscribing("1", two, ``) + "e 1 GRAPHQL_VALIDATION_FAILED"},
		{"two root fields of a subscription: error", signedIn + subscribing("1", `subscription { a: chatSent(room: "x") { id } b: chatSent(room: "x") { id } }`, ``) + "e 1 GRAPHQL_VALIDATION_FAILED"},
		{"no root field of a subscription: error", signedIn + subscribing("1", `subscription($no: Boolean!) { chatSent(room: "x") @include(if: $no) { id } }`, `,"variables":{"no":false}`) + "e 1 GRAPHQL_VALIDATION_FAILED"},
		{"a field that depends on who asks: error", signedIn + subscribing("1", `subscription { chatSent(room: "x") { ... on Node { ... on Session { isCurrent } } } }`, ``) +
			`< {"id":"1","type":"error","payload":[{"message":"Events of a subscription are the same for everybody and have no pages: use the query sessions instead of \"Session.isCurrent\".",` +
			`"locations":[{"line":1,"column":69}],"extensions":{"code":"GRAPHQL_VALIDATION_FAILED","requestId":"$any"}}]}`},
		{"a variable is missing: error", signedIn + subscribing("1", echo, ``) + "e 1 BAD_USER_INPUT"},
		{"a variable does not fit: error", signedIn + subscribing("1", echo, `,"variables":{"id":{}}`) + "e 1 BAD_USER_INPUT"},
		{"too large a document: error", anonymous + subscribing("1", `{ server { `+strings.Repeat("version ", 1000)+`} }`, ``) + "e 1 OPERATION_TOO_COMPLEX"},
		{"an unknown hash: error", anonymous + `> {"type":"subscribe","id":"1","payload":{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"00"}}}}` + "\ne 1 PERSISTED_QUERY_NOT_FOUND"},
		{"nobody reads nothing: error", anonymous + subscribing("1", `{ rooms { nodes { id } } }`, ``) + "e 1 UNAUTHENTICATED"},
		{"nobody changes nothing: error", anonymous + subscribing("1", `mutation { createRoom(name: "x") { id } }`, ``) + "e 1 UNAUTHENTICATED"},
		{"nobody follows nothing: error", anonymous + subscribing("1", `subscription { chatSent(room: "x") { id } }`, ``) + "e 1 UNAUTHENTICATED"},
		{"login does not sign the socket in", anonymous + subscribing("1", `mutation { login(username: "ann", password: "correct horse battery") { user { username } } }`, ``) +
			answered("1", `{"login":{"user":{"username":"ann"}}}`) + subscribing("1", `{ rooms { nodes { id } } }`, ``) + "e 1 UNAUTHENTICATED"},
		{"a stream of no room: error", signedIn + subscribing("1", `subscription { chatSent(room: "nowhere") { id } }`, ``) + "e 1 NOT_FOUND"},
		{"a stream from no cursor: error", following + subscribing("2", `subscription { chatSent(room: "ROOM", after: "x") { id } }`, ``) + "e 2 BAD_USER_INPUT\n! one\n" + heard("one")},
		{"a deleted room: error, and the rest goes on", following + "! one\n" + heard("one") + "d\ne 1 NOT_FOUND\n" + subscribing("1", `{ __typename }`, ``) + named("1")},
	})
}

func TestSocketRulesOfComplete(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	const login = `mutation { login(username: "ann", password: "correct horse battery") { user { username } } }`
	const second = `subscription { chatSent(room: "ROOM", after: "START") { n: number } }`
	n := func(number string) string {
		return `< {"id":"2","type":"next","payload":{"data":{"chatSent":{"n":` + number + `}}}}` + "\n"
	}
	play(s, ann, []rule{
		{"before init is not answered", stopOne + anonymous},
		{"of an unknown id is not answered", anonymous + stopOne},
		{"without an id: 4400", anonymous + `> {"type":"complete"}` + "\nx 4400"},
		{"without an id, before init: 4400", `> {"type":"complete"}` + "\nx 4400"},
		{"with an id that is null: 4400", anonymous + `> {"type":"complete","id":null}` + "\nx 4400"},
		{"with an id that is a number: 4400", following + `> {"type":"complete","id":1}` + "\nx 4400"},
		{"with an id that is an object: 4400", following + `> {"type":"complete","id":{"id":"1"}}` + "\nx 4400"},
		{"with an id that is empty: 4400", following + `> {"type":"complete","id":""}` + "\nx 4400"},
		{"of a finished operation is not answered", anonymous + subscribing("1", `{ __typename }`, ``) + named("1") + stopOne},
		{"with a payload", following + `> {"type":"complete","id":"1","payload":{"x":1}}` + "\n! one\n"},
		{"twice", following + stopOne + stopOne + "! one\n"},
		{"of a stream: nothing more of it", following + "! one\n" + heard("one") + stopOne + `> {"type":"ping"}` + "\n" + `< {"type":"pong"}` + "\n! two\n! three\n"},
		{"of a stream: the other goes on", following + subscribing("2", second, ``) + stopOne + `> {"type":"ping"}` + "\n" + `< {"type":"pong"}` + "\n! one\n" + n("1") + "! two\n" + n("2")},
		{"of a mutation that runs: no answer", anonymous + subscribing("1", login, ``) + stopOne + subscribing("2", login, ``) + answered("2", `{"login":{"user":{"username":"ann"}}}`)},
		{"of a mutation that runs: the id is free at once", anonymous + subscribing("1", login, ``) + stopOne + subscribing("1", `{ __typename }`, ``) + named("1")},
	})
}

// What is above the limit of operations is refused, and the others go on; an end makes room.
func TestSocketRulesOfManyOperations(t *testing.T) {
	s := harness.New(t, append(harness.NoLimits(), "--ws-max-operations", "2")...)
	ann, _ := s.Register("ann")
	const also = `subscription { chatSent(room: "ROOM") { n: number } }`
	full := following + subscribing("2", also, ``) + subscribing("3", also, ``) + "e 3 LIMIT_REACHED\n"
	play(s, ann, []rule{
		{"the others go on", full + `> {"type":"complete","id":"2"}` + "\n! one\n" + heard("one")},
		{"the refused id is free", full + `> {"type":"complete","id":"2"}` + "\n" + subscribing("3", `{ __typename }`, ``) + named("3")},
		{"queries count", full + subscribing("3", `{ __typename }`, ``) + "e 3 LIMIT_REACHED\n"},
		{"an id in use is a fault all the same: 4409", full + subscribing("2", `{ __typename }`, ``) + "x 4409"},
	})
}
