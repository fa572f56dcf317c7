package documents

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"parley/e2e/harness"
)

// says tells whether a refusal names a limit.
func says(a harness.Answer, text string) bool {
	return len(a.Errors) == 1 && strings.Contains(a.Errors[0].Message, text)
}

// documentLimits are a document at each limit and one just above it, for somebody without a session.
var documentLimits = []struct {
	says      string // of the refusal
	at, above string
	flag      string // lowers the limit below `at`
}{
	{"tokens", "{ server { version } } " + strings.Repeat("#\n", 990), "{ server { version } } " + strings.Repeat("#\n", 1000), "--gql-max-tokens=900"},
	{"500 fields", "{ " + serverFields(500) + "}", "{ " + serverFields(501) + "}", "--gql-max-fields=499"},
	{"500 fields", "{ ...A } fragment A on Query { " + serverFields(500) + "}", "{ ...A ...A } fragment A on Query { " + serverFields(251) + "}", "--gql-max-fields=499"},
	{"levels of fields", "{ server { limits { pageSize } } }", "{ rooms { nodes { " + nested(4, "lastChat { room { ", "lastChat { id }", "} }") + " } } }", "--gql-max-depth=2"},
	{"levels of introspection", "{ __schema { types { " + nested(18, "ofType { ", "name", "}") + " } } }", "{ __schema { types { " + nested(19, "ofType { ", "name", "}") + " } } }", ""},
	{"15 aliases", "{ server { " + harness.Times(15, "a#: version ") + "} }", "{ server { " + harness.Times(16, "a#: version ") + "} }", "--gql-max-aliases=14"},
	{"20 directives", "{ server { " + spread(20, "version @skip(if: false) ") + "} }", "{ server { " + spread(21, "version @skip(if: false) ") + "} }", "--gql-max-directives=19"},
	{"30 fragments", "{ server { version } ...F0 } " + chained(30), "{ server { version } ...F0 } " + chained(31), "--gql-max-fragments=29"},
	{"10 root fields", "{ " + harness.Times(10, "a#: server { version } ") + "}", "{ " + harness.Times(11, "a#: server { version } ") + "}", "--gql-max-root-fields=9"},
	{"10 times", "{ server { " + harness.Times(10, "version ") + "} }", "{ server { " + harness.Times(11, "version ") + "} }", ""},
	{"10 times", "{ ...A ...A } fragment A on Query { " + harness.Times(5, "server { version } ") + "}", "{ ...A ...A server { version } } fragment A on Query { " + harness.Times(5, "server { version } ") + "}", ""},
	{"contains itself", "{ ...A } fragment A on Query { server { version } }", "{ ...A } fragment A on Query { ... { ...A } }", ""},
	{"password or a token", "mutation { logout }", "mutation { a: logout b: logout }", ""},
	{"too much of the schema", "{ __schema { types { fields { type { fields { name } } } } } }", "{ " + harness.Times(10, muchSchema) + "}", ""},
	{"too much of the schema", "{ " + harness.Times(3, muchSchema) + manyRooms + "}", "{ " + harness.Times(8, muchSchema) + manyRooms + "}", ""}, // each alone may pass
}

const (
	muchSchema = "a#: __schema { types { fields { args { description type { description } } type { fields { name } } } } } "
	manyRooms  = "rooms(first: 200) { nodes { id name topic createdAt __typename lastChat { id text } } } "
)

// serverFields are n fields, 50 a root field; what is above a multiple of 50 is in the first.
func serverFields(n int) string {
	var b strings.Builder
	for i := range n / 50 {
		rest := 0
		if i == 0 {
			rest = n % 50
		}
		fmt.Fprintf(&b, "server { %slimits { %s%s} } ", harness.Times(10, "version time __typename "), harness.Times(10, "pageSize "), harness.Times(8+rest, "chatLength "))
	}
	return b.String()
}

// spread is a text n times, ten of them in one selection.
func spread(n int, text string) string {
	return harness.Times(min(n, 10), text) + harness.Times(min(max(n-10, 0), 10), strings.Replace(text, "version", "time", 1)) + harness.Times(max(n-20, 0), strings.Replace(text, "version", "__typename", 1))
}

// chained are n fragments, each of which contains the next.
func chained(n int) string {
	var b strings.Builder
	for i := range n - 1 {
		fmt.Fprintf(&b, "fragment F%d on Query { ...F%d } ", i, i+1)
	}
	fmt.Fprintf(&b, "fragment F%d on Query { __typename }", n-1)
	return b.String()
}

// Each limit lets through what is at it, and refuses what is above it, in every transport.
func TestLimitsOfDocuments(t *testing.T) {
	s := harness.New(t)
	for _, c := range documentLimits {
		if a := s.Ask("", c.at); len(a.Errors) > 0 && a.Code() != harness.UnsignedCode {
			t.Errorf("%s, at the limit: %s\n%.300s", c.says, a.Body, c.at)
		}
		a := s.Ask("", c.above)
		if a.Code() != harness.ComplexCode || !says(a, c.says) || a.Status != http.StatusOK {
			t.Errorf("%s, above the limit: status %d, %s\n%.300s", c.says, a.Status, a.Body, c.above)
		}
		if a := s.Post(s.Body(c.above), "Accept", "application/graphql-response+json"); a.Code() != harness.ComplexCode || a.Status != http.StatusBadRequest {
			t.Errorf("%s, above the limit: status %d, %s", c.says, a.Status, a.Body)
		}
		if text, status := s.Raw(s.Body(c.above), "text/event-stream"); status != http.StatusOK || !strings.Contains(text, `"`+harness.ComplexCode+`"`) || !strings.Contains(text, "event: complete") {
			t.Errorf("%s, above the limit, as events: status %d, %s", c.says, status, text)
		}
	}
	k := s.Dial("")
	k.Expect("connection_ack")
	for i, c := range documentLimits {
		k.Subscribe(fmt.Sprint(i), c.above, nil)
		if m := k.Expect("error"); !strings.Contains(string(m.Payload), `"`+harness.ComplexCode+`"`) {
			t.Errorf("%s, above the limit, by socket: %s", c.says, m.Payload)
		}
	}
}

// Each limit is a setting.
func TestLimitsOfDocumentsAreSettings(t *testing.T) {
	for _, c := range documentLimits {
		if c.flag == "" {
			continue
		}
		t.Run(c.flag, func(t *testing.T) {
			s := harness.New(t, c.flag)
			name, _, _ := strings.Cut(c.says, " ")
			what := strings.TrimPrefix(c.says, name+" ")
			if a := s.Ask("", c.at); a.Code() != harness.ComplexCode || !says(a, what) {
				t.Errorf("with %s: %s", c.flag, a.Body)
			}
		})
	}
	s := harness.New(t, "--gql-max-cost=100")
	token, _ := s.Register("ann")
	if a := s.Ask(token, "{ rooms(first: 100) { nodes { id } } }"); a.Code() != harness.ComplexCode || !says(a, "costs more than 100") {
		t.Error(a.Body)
	}
	s.Must(nil, token, "{ rooms(first: 99) { nodes { id } } }")
}

// What an operation costs: fields, times the pages they are in, with the variables.
func TestCostOfOperations(t *testing.T) {
	s := harness.New(t)
	token, _ := s.Register("ann")
	const names = "id name topic createdAt __typename lastChat { id text }" // 8 fields
	const letters = "a: id b: id c: id d: id e: id f: id g: id h: id i: id j: id k: id l: id m: id n: id o: id "
	for _, c := range []struct {
		document  string
		variables map[string]any
		refused   bool
	}{
		{`{ chats(room: "x", first: 200) { nodes { ` + letters + `id number username text createdAt editedAt deletedAt cursor __typename } pageInfo { startCursor endCursor } } }`, nil, false},
		{`{ rooms(first: 200) { nodes { ` + letters + names + ` } edges { node { id } } } }`, nil, false},
		{`{ rooms(first: 200) { nodes { ` + letters + names + ` } edges { node { id name } } } }`, nil, true},
		{`query($n: Int) { a: rooms(first: $n) { nodes { ` + names + ` } } b: rooms(first: $n) { nodes { ` + names + ` } } c: rooms(first: $n) { nodes { ` + names + ` } } d: rooms(first: $n) { nodes { ` + names + ` } } }`, map[string]any{"n": 200}, true},
		{`query($n: Int) { a: rooms(first: $n) { nodes { ` + names + ` } } b: rooms(first: $n) { nodes { ` + names + ` } } c: rooms(first: $n) { nodes { ` + names + ` } } d: rooms(first: $n) { nodes { ` + names + ` } } }`, map[string]any{"n": 100}, false},
		{`query($n: Int = 200) { a: rooms(first: $n) { nodes { ` + names + ` } } b: rooms(first: $n) { nodes { ` + names + ` } } c: rooms(first: $n) { nodes { ` + names + ` } } d: rooms(first: $n) { nodes { ` + names + ` } } }`, nil, true},
		{`query($on: Boolean!) { rooms(first: 200) { nodes { ` + names + ` } edges @include(if: $on) { node { ` + names + ` lastChat { room { ` + names + ` } user { id username createdAt } number username cursor } } } } }`, map[string]any{"on": false}, false},
		{`query($on: Boolean!) { rooms(first: 200) { nodes { ` + names + ` } edges @include(if: $on) { node { ` + names + ` lastChat { room { ` + names + ` } user { id username createdAt } number username cursor } } } } }`, map[string]any{"on": true}, true},
	} {
		a := s.Ask(token, c.document, c.variables)
		if refused := a.Code() == harness.ComplexCode; refused != c.refused {
			t.Errorf("%v: %.200s\n%s", c.variables, a.Body, c.document)
		}
	}
}

// What people really send is answered: the introspection of graphql-js with all options, which GraphiQL, Apollo's
// tools and code generators send, and the page that the limit of cost is made for.
func TestNormalDocuments(t *testing.T) {
	s := harness.New(t, "--send-rate", "0", "--room-send-rate", "0")
	introspection, err := os.ReadFile("testdata/introspection.graphql")
	if err != nil {
		t.Fatal(err)
	}
	var data struct {
		Schema struct{ Types []struct{ Name string } } `json:"__schema"`
	}
	if s.Must(&data, "", string(introspection)); len(data.Schema.Types) < 20 {
		t.Errorf("%d types", len(data.Schema.Types))
	}
	token, _ := s.Register("bob")
	s.Must(nil, token, `mutation { createRoom(name: "big") { id } }`)
	for range 200 {
		s.Must(nil, token, `mutation { sendChat(room: "big", text: "hello there") { id } }`)
	}
	var page struct {
		Chats struct{ Nodes []map[string]any }
	}
	s.Must(&page, token, `{ chats(room: "big", first: 200) { nodes { id number username text createdAt editedAt deletedAt cursor __typename room { id name topic createdAt __typename } user { id username createdAt __typename } a: id b: number c: username d: text } pageInfo { hasNextPage endCursor } } }`)
	if len(page.Chats.Nodes) != 200 || len(page.Chats.Nodes[0]) != 15 {
		t.Errorf("%d chats", len(page.Chats.Nodes))
	}
}

// The playground's first page is one document of ten operations, and is sent whole with each.
func TestWelcomeDocument(t *testing.T) {
	s := harness.New(t)
	welcome, err := os.ReadFile("../../web/playground/welcome.graphql")
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`(?m)^(?:query|mutation) (\w+)`).FindAllStringSubmatch(string(welcome), -1)
	if len(names) < 9 {
		t.Fatalf("operations: %v", names)
	}
	var token string
	variables := map[string]string{}
	for _, name := range names {
		body, err := json.Marshal(map[string]any{"query": string(welcome), "operationName": name[1], "variables": variables})
		if err != nil {
			t.Fatal(err)
		}
		a := s.Post(string(body), "Authorization", "Bearer "+token)
		if len(a.Errors) > 0 {
			t.Errorf("%s: %s", name[1], a.Body)
		}
		var data struct {
			Register struct{ AccessToken string }
			SendChat struct{ ID string }
		}
		s.Decode(a, &data)
		switch name[1] {
		case "Register":
			token = data.Register.AccessToken
		case "SendChat":
			variables["chat"] = data.SendChat.ID
		}
	}
	k := s.Dial(token)
	k.Expect("connection_ack")
	payload, err := json.Marshal(map[string]string{"query": string(welcome), "operationName": "Listen"})
	if err != nil {
		t.Fatal(err)
	}
	k.Write(harness.Message{ID: "1", Type: "subscribe", Payload: payload})
	if m := k.Expect("error"); !strings.Contains(string(m.Payload), "NOT_FOUND") { // the room has just been deleted
		t.Errorf("%s", m.Payload)
	}
	_ = k.Conn.Close(websocket.StatusNormalClosure, "")
}

// Each limit of GraphQL is a number from 1 to 1,000,000; anything else stops the start with one line.
func TestWrongLimitsOfDocuments(t *testing.T) {
	for name, normal := range map[string]int{
		"MAX_TOKENS": 1000, "MAX_FIELDS": 500, "MAX_DEPTH": 10, "MAX_ALIASES": 15, "MAX_DIRECTIVES": 20, "MAX_FRAGMENTS": 30,
		"MAX_ROOT_FIELDS": 10, "MAX_COST": 5000, "PARALLEL": 2 * runtime.GOMAXPROCS(0), "CACHE": 200,
	} {
		for _, value := range []string{"0", "-1", "1000001", "many", "", "1.5", "99999999999999999999"} {
			var stderr bytes.Buffer
			t.Setenv("PARLEY_GQL_"+name, value)
			status := harness.RunProgram([]string{"--data", harness.DataDir(t)}, os.Environ(), io.Discard, &stderr)
			text := strings.ToUpper(strings.ReplaceAll(stderr.String(), "-", "_"))
			if status != 1 || !strings.Contains(text, "GQL_"+name) || strings.Count(text, "\n") != 1 {
				t.Errorf("%s=%s: status %d, %q", name, value, status, stderr.String())
			}
		}
		if err := os.Unsetenv("PARLEY_GQL_" + name); err != nil {
			t.Fatal(err)
		}
		flag := "--gql-" + strings.ToLower(strings.ReplaceAll(name, "_", "-"))
		var help bytes.Buffer
		if harness.RunProgram([]string{"--help"}, nil, &help, io.Discard); !regexp.MustCompile(flag + `=` + strconv.Itoa(normal) + `\s`).MatchString(help.String()) {
			t.Errorf("%s=%d is not in the help", flag, normal)
		}
		harness.Config(t, harness.DataDir(t), flag+"=1")
		harness.Config(t, harness.DataDir(t), flag+"=1000000", "--answers-total=2GiB")
	}
}
