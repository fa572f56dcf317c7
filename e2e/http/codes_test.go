package http

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"parley/e2e/harness"
	"parley/graph"
)

// Bad input of every kind has its documented code, field and reason, and stores nothing.
func TestBadInputHasItsCode(t *testing.T) {
	s := harness.New(t)
	ann, refresh := s.Register("ann")
	bob, _ := s.Register("bob")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	long := strings.Repeat("x", 10001)
	for _, c := range []struct{ who, document, code, field, reason string }{
		{"", `mutation { register(username: "ab", password: "correct horse battery") { accessToken } }`, "BAD_USER_INPUT", "username", "TOO_SHORT"},
		{"", `mutation { register(username: "a b c", password: "correct horse battery") { accessToken } }`, "BAD_USER_INPUT", "username", "BAD_CHARACTER"},
		{"", `mutation { register(username: "annа", password: "correct horse battery") { accessToken } }`, "BAD_USER_INPUT", "username", "MIXED_SCRIPTS"},
		{"", `mutation { register(username: "cleo", password: "short") { accessToken } }`, "BAD_USER_INPUT", "password", "TOO_SHORT"},
		{"", `mutation { register(username: "Ann", password: "correct horse battery") { accessToken } }`, "USERNAME_TAKEN", "", ""},
		{"", `mutation { login(username: "nobody", password: "correct horse battery") { accessToken } }`, "INVALID_CREDENTIALS", "", ""},
		{"", `mutation { refreshToken { accessToken } }`, "BAD_USER_INPUT", "token", "REQUIRED"},
		{"", `mutation { refreshToken(token: "junk") { accessToken } }`, "UNAUTHENTICATED", "", "INVALID_TOKEN"},
		{"", `mutation { refreshToken(token: "` + ann + `") { accessToken } }`, "UNAUTHENTICATED", "", "INVALID_TOKEN"},
		{"", `{ rooms { nodes { name } } }`, "UNAUTHENTICATED", "", ""},
		{"junk", `{ rooms { nodes { name } } }`, "UNAUTHENTICATED", "", ""},
		{"junk", `{ me { username } }`, "UNAUTHENTICATED", "", ""},
		{refresh, `{ rooms { nodes { name } } }`, "UNAUTHENTICATED", "", ""},
		{ann, `mutation { createRoom(name: "x") { id } }`, "BAD_USER_INPUT", "name", "TOO_SHORT"},
		{ann, `mutation { createRoom(name: "01890a5d-ac96-774b-bcce-b302099a8057") { id } }`, "BAD_USER_INPUT", "name", "LOOKS_LIKE_ID"},
		{ann, `mutation { createRoom(name: "\u0301\u0301") { id } }`, "BAD_USER_INPUT", "name", "BAD_CHARACTER"},
		{ann, `mutation { createRoom(name: "\u00a0\u3000") { id } }`, "BAD_USER_INPUT", "name", "BAD_CHARACTER"},
		{ann, `mutation { createRoom(name: "gеneral") { id } }`, "BAD_USER_INPUT", "name", "MIXED_SCRIPTS"}, // a Cyrillic е
		{bob, `mutation { createRoom(name: "GENERAL") { id } }`, "ROOM_NAME_TAKEN", "", ""},
		{bob, `mutation { deleteRoom(room: "general") }`, "FORBIDDEN", "", ""},
		{ann, `mutation { deleteRoom(room: "nowhere") }`, "NOT_FOUND", "", ""},
		{ann, `mutation { sendChat(room: "general", text: "") { id } }`, "BAD_USER_INPUT", "text", "TOO_SHORT"},
		{ann, `mutation { sendChat(room: "general", text: "` + long + `") { id } }`, "BAD_USER_INPUT", "text", "TOO_LONG"},
		{ann, `mutation { sendChat(room: "general", text: "a\u0000b") { id } }`, "BAD_USER_INPUT", "text", "BAD_CHARACTER"},
		{ann, `mutation { sendChat(room: "general", text: "x", id: "1") { id } }`, "BAD_USER_INPUT", "id", "ID_INVALID"},
		{ann, `mutation { sendChat(room: "general", text: "x", id: "` + harness.NilID + `") { id } }`, "BAD_USER_INPUT", "id", "ID_INVALID"},
		{ann, `mutation { sendChat(room: "nowhere", text: "x") { id } }`, "NOT_FOUND", "", ""},
		{ann, `{ chats(room: "general", first: 201) { nodes { id } } }`, "BAD_USER_INPUT", "first", "OUT_OF_RANGE"},
		{ann, `{ chats(room: "general", last: -1) { nodes { id } } }`, "BAD_USER_INPUT", "last", "OUT_OF_RANGE"},
		{ann, `{ chats(room: "general", after: "x") { nodes { id } } }`, "BAD_USER_INPUT", "after", "CURSOR_INVALID"},
		{ann, `{ chats(room: "general", before: "x") { nodes { id } } }`, "BAD_USER_INPUT", "before", "CURSOR_INVALID"},
		{ann, `{ rooms(after: "x") { nodes { id } } }`, "BAD_USER_INPUT", "after", "CURSOR_INVALID"},
		{ann, `{ rooms(first: 1000) { nodes { id } } }`, "BAD_USER_INPUT", "first", "OUT_OF_RANGE"},
		{ann, `{ room(id: "nowhere") { id } }`, "NOT_FOUND", "", ""},
		{ann, `{ chat(id: "1") { id } }`, "NOT_FOUND", "", ""},
		{ann, `{ user(id: "nobody") { id } }`, "NOT_FOUND", "", ""},
		{ann, `{ node(id: "1") { id } }`, "NOT_FOUND", "", ""},
		{ann, `{ nodes(ids: [` + strings.Repeat(`"x",`, 101) + `]) { id } }`, "BAD_USER_INPUT", "ids", "OUT_OF_RANGE"},
		{ann, `{ chats(room: 5.5) { nodes { id } } }`, "GRAPHQL_VALIDATION_FAILED", "", ""},
		{ann, `{ nonsense }`, "GRAPHQL_VALIDATION_FAILED", "", ""},
		{ann, `{ `, "GRAPHQL_PARSE_FAILED", "", ""},
		{ann, `{ me { ` + strings.Repeat("id ", 1000) + `} }`, "OPERATION_TOO_COMPLEX", "", ""},
		{ann, `subscription { chatSent(room: "general") { id } }`, "BAD_USER_INPUT", "", "STREAM_REQUIRED"},
	} {
		a := s.Ask(c.who, c.document)
		if a.Code() != c.code || harness.WordOf(a, "field") != c.field || harness.WordOf(a, "reason") != c.reason {
			t.Errorf("%.80s: got %.300s, want %s %s %s", c.document, a.Body, c.code, c.field, c.reason)
		}
		if id, _ := a.Extension("requestId").(string); id == "" {
			t.Errorf("%.80s: no requestId in %.300s", c.document, a.Body)
		}
	}
	var data struct{ Chats struct{ Nodes []any } }
	if s.Must(&data, ann, `{ chats(room: "general") { nodes { id } } }`); len(data.Chats.Nodes) != 0 {
		t.Errorf("something was stored: %v", data)
	}
}

// What was sent is neither in the answer nor in the log, however broken it is: it may be a password.
func TestBrokenRequestsAreNotEchoed(t *testing.T) {
	s := harness.New(t)
	const secret = "hunter2hunter2"
	for _, body := range []string{
		`{"query": "mutation { login(username: \"ann\", password: \"` + secret + `\") { accessToken } }"`,
		`{"query": "mutation { login(username: \"ann\", password: \"` + secret + `\" { accessToken } }"}`,
		`{"query": "mutation { login(username: 5, password: {x: \"` + secret + `\"}) { accessToken } }"}`,
		`{"query": "mutation($p: Int!) { login(username: \"ann\", password: $p) { accessToken } }", "variables": {"p": "` + secret + `"}}`,
		`{"query": "{ chats(room: \"x\", first: \"` + secret + `\") { nodes { id } } }"}`,
		`{"query": "{ me { username } }", "operationName": "` + secret + `"}`,
		`{"query": "{ me { username } }", "variables": "` + secret + `"}`,
		`["` + secret + `"]`, `"` + secret + `"`, secret,
	} {
		for _, accept := range []string{"application/json", "application/graphql-response+json", "text/event-stream"} {
			answer, _ := s.Raw(body, accept)
			if strings.Contains(answer, secret) || answer == "" {
				t.Errorf("%s: the answer is %s", body, answer)
			}
		}
	}
	if log := s.Log.String(); strings.Contains(log, secret) {
		t.Errorf("it is in the log: %s", log)
	}
}

// Every root field but the public ones is refused to whoever is not signed in, on every transport and before any
// resolver is called; the list is read from the schema.
func TestEveryFieldRefusesWhoIsNotSignedIn(t *testing.T) {
	s := harness.New(t)
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: graph.Schema})
	unsigned := s.Dial("")
	unsigned.Expect("connection_ack")
	var public []string
	for kind, root := range map[string]*ast.Definition{"query": schema.Query, "mutation": schema.Mutation, "subscription": schema.Subscription} {
		for _, field := range root.Fields {
			if strings.HasPrefix(field.Name, "__") {
				continue
			}
			if field.Directives.ForName("public") != nil {
				public = append(public, field.Name)
				continue
			}
			document := kind + " { ..." + "F } fragment F on " + root.Name + " { " + callOf(schema, field) + " }"
			if kind != "subscription" {
				if a := s.Ask("", document); a.Code() != "UNAUTHENTICATED" || a.Data != nil {
					t.Errorf("HTTP: %s: %s", document, a.Body)
				}
			}
			unsigned.Subscribe(field.Name, document, nil)
			if m := unsigned.Expect("error"); !strings.Contains(string(m.Payload), "UNAUTHENTICATED") {
				t.Errorf("WebSocket: %s: %s", document, m.Payload)
			}
			body, _ := json.Marshal(map[string]string{"query": document})
			if text, status := s.Raw(string(body), "text/event-stream"); status != http.StatusUnauthorized || !strings.Contains(text, "UNAUTHENTICATED") {
				t.Errorf("SSE: %s: %d %s", document, status, text)
			}
		}
	}
	if got := strings.Join(public, " "); len(public) != 7 || !strings.Contains(got, "loginWith") {
		t.Errorf("public are %s, want me server register login loginWith refreshToken logout", got)
	}
	if a := s.Ask("", `{ server { version } rooms { nodes { id } } }`); a.Code() != "UNAUTHENTICATED" || a.Data != nil {
		t.Errorf("a mixed operation: %s", a.Body)
	}
	a := s.Post(`{"query":"{ rooms { nodes { id } } }"}`, "Accept", "application/graphql-response+json")
	if a.Status != http.StatusUnauthorized || !strings.HasPrefix(a.Header.Get("WWW-Authenticate"), "Bearer") {
		t.Errorf("status %d, %v", a.Status, a.Header)
	}
}

// callOf writes a call of a field with some value for each argument that needs one.
func callOf(schema *ast.Schema, field *ast.FieldDefinition) string {
	var arguments []string
	for _, a := range field.Arguments {
		if a.Type.NonNull {
			value := `"x"`
			if a.Type.Elem != nil {
				value = `["x"]`
			} else if kind := schema.Types[a.Type.Name()]; len(kind.EnumValues) > 0 {
				value = kind.EnumValues[0].Name
			}
			arguments = append(arguments, a.Name+": "+value)
		}
	}
	call := field.Name
	if len(arguments) > 0 {
		call += "(" + strings.Join(arguments, ", ") + ")"
	}
	if schema.Types[field.Type.Name()].IsCompositeType() {
		call += " { __typename }"
	}
	return call
}

// Every type, field, argument and enum value explains itself: the playground is the manual.
func TestSchemaIsDescribed(t *testing.T) {
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: graph.Schema})
	want := func(what, description string) {
		if description == "" {
			t.Errorf("%s has no description", what)
		}
	}
	for name, def := range schema.Types {
		if def.BuiltIn || strings.HasPrefix(name, "__") {
			continue
		}
		want(name, def.Description)
		for _, f := range def.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			want(name+"."+f.Name, f.Description)
			for _, a := range f.Arguments {
				want(name+"."+f.Name+"."+a.Name, a.Description)
			}
		}
		for _, v := range def.EnumValues {
			want(name+"."+v.Name, v.Description)
		}
	}
}

// A page of 50 chats with usernames, users and rooms costs at most four statements, whoever wrote them.
func TestPageCostsFourStatements(t *testing.T) {
	s, _, asked := harness.Counted(t)
	var tokens []string
	for i := range 10 {
		token, _ := s.Register(fmt.Sprintf("person%d", i))
		tokens = append(tokens, token)
	}
	s.Must(nil, tokens[0], `mutation { createRoom(name: "general") { id } }`)
	for i := range 60 {
		s.Must(nil, tokens[i%10], `mutation { sendChat(room: "general", text: "x") { id } }`)
	}
	const document = `{ chats(room: "general") { nodes { id number username text createdAt cursor user { id username } room { id name } } pageInfo { startCursor } } }`
	asked.TakeOwn()
	a := s.Ask(tokens[0], document)
	if len(a.Errors) > 0 || strings.Count(a.Body, `"number"`) != 50 {
		t.Fatal(a.Body)
	}
	if texts := asked.TakeOwn(); len(texts) > 4 || len(texts) == 0 {
		t.Errorf("%d statements:\n%s", len(texts), strings.Join(texts, "\n"))
	}
}
