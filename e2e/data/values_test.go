package data

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"parley/e2e/harness"
	"parley/graph"
)

const unusualChat = "01890a5d-ac96-774b-bcce-b302099a8057" // bob's

// unusualTexts are legal values of a String, an ID or a Cursor that nobody expects.
func unusualTexts() []string {
	texts := []string{
		"", " ", "\t", "\r\n", "\x00", "a\x00b", "\x01\x02\x1f\x7f", "\u0085\u009f", "\u2028\u2029", "\u00a0\u3000", "\ufeff", "\u200b", "\u202ea",
		"\u0301", "e\u0301\u0302\u0303", "\ufffd", "\ufffe\uffff", "\U0010ffff", "\ue000", "\ufe0f", "\u200d",
		"null", "true", "0", "-1", "1e9", `"'\` + "`", "</script><!--", "%_", "' OR 1=1 --", "{{.}}", "../..", "hello",
		"日本語", "नमस्ते", "مرحبا", "Привет", "ελληνικά", "Ａｎｎａ", "𝕬𝖓𝖓", "аnna", "👩‍🚀", "❤️ x", "1️⃣2", "ﬁﬀ", "İı", "ß",
		strings.Repeat("é", 64), strings.Repeat("é", 10_000), strings.Repeat("x", 10_001), strings.Repeat("\x01", 10_000), strings.Repeat("y", 50_000),
	}
	for _, id := range []string{unusualChat, harness.NilID, "ffffffff-ffff-ffff-ffff-ffffffffffff"} {
		texts = append(texts, id, strings.ToUpper(id), "{"+id+"}", "urn:uuid:"+id, strings.ReplaceAll(id, "-", ""), "x"+id+"y", " "+id, id+"\x00")
	}
	return texts
}

// An unusualValues is a server that is asked odd things.
type unusualValues struct {
	*harness.Server
	test      *testing.T
	schema    *ast.Schema
	bob, cleo string // bob asks, but for what cleo may do no harm with
	start     string // the cursor of the beginning of general
	socket    *harness.Socket
	asked     int
	sent      map[string]string // id → text of chats that were taken
	passwords map[string]string // username → password
	names     []string          // of rooms that were taken
}

// values are odd ones of a type.
func (w *unusualValues) values(t *ast.Type) (values []any) {
	if t.Elem != nil {
		for _, one := range w.values(t.Elem) {
			values = append(values, []any{one}, []any{one, one})
		}
		return append(values, []any{}, slices.Repeat([]any{"x"}, 100))
	}
	if !t.NonNull {
		values = append(values, nil)
	}
	switch kind := w.schema.Types[t.NamedType]; {
	case t.NamedType == "Int":
		return append(values, 0, 1, -1, 200, 201, 1<<31-1, -1<<31)
	case kind.Kind == ast.Enum:
		for _, v := range kind.EnumValues {
			values = append(values, v.Name)
		}
		return values
	}
	for _, text := range unusualTexts() {
		values = append(values, text)
	}
	if t.NamedType == "JSON" {
		for _, text := range []string{`1.0`, `-0`, `1e400`, `12345678901234567890`, `[[[]]]`, `{"\u0000":{"":null}}`, `false`, `"` + strings.Repeat(`\u0001`, 683) + `"`} {
			values = append(values, json.RawMessage(text))
		}
	}
	if t.NamedType == "Cursor" {
		return append(values, w.start, strings.ToUpper(w.start), w.start+"=", roomsCursor(0), usersCursor("bob"))
	}
	return values
}

// document calls a field with a variable for each argument.
func (w *unusualValues) document(kind string, field *ast.FieldDefinition) string {
	var defined, given string
	for _, a := range field.Arguments {
		defined += fmt.Sprintf("$%s: %s ", a.Name, a.Type)
		given += fmt.Sprintf("%s: $%s ", a.Name, a.Name)
	}
	return fmt.Sprintf("%s(%s) { it: %s(%s) %s}", kind, defined, field.Name, given, w.leaves(w.schema.Types[field.Type.Name()], 2, kind == "subscription"))
}

// expected are the codes of what is refused. Anything else is a fault, or would be no answer.
var expected = map[string]bool{
	"BAD_USER_INPUT": true, "NOT_FOUND": true, "FORBIDDEN": true, "UNAUTHENTICATED": true, "INVALID_CREDENTIALS": true, "USERNAME_TAKEN": true,
	"ROOM_NAME_TAKEN": true, "ID_TAKEN": true, "CURSOR_DIVERGED": true, "OPERATION_TOO_COMPLEX": true,
}

// odd sends one odd value in an argument, and keeps what was taken.
func (w *unusualValues) odd(kind string, field *ast.FieldDefinition, variables map[string]any) {
	w.T.Helper()
	var a harness.Answer
	if document := w.document(kind, field); kind == "subscription" {
		a = w.first(document, field, variables)
	} else {
		token := w.bob
		if field.Directives.ForName("public") != nil {
			token = ""
		} else if field.Name == "deleteRoom" {
			token = w.cleo
		}
		a = w.Ask(token, document, variables)
	}
	for _, e := range a.Errors {
		code, _ := e.Extensions["code"].(string)
		if id, _ := e.Extensions["requestId"].(string); !expected[code] || id == "" {
			w.T.Errorf("%s(%.300q): %.500s", field.Name, fmt.Sprint(variables), a.Body)
		}
	}
	if len(a.Errors) == 0 && kind == "mutation" {
		w.keep(field.Name, variables, a)
	}
}

// first opens a stream and returns what it says first, as over HTTP.
func (w *unusualValues) first(document string, field *ast.FieldDefinition, variables map[string]any) (a harness.Answer) {
	w.T.Helper()
	id := fmt.Sprint(w.asked)
	w.socket.Subscribe(id, document, variables)
	enough := func() {}
	if field.Name == "chatSent" && variables["after"] == nil {
		enough = w.talk(variables["room"])
	}
	m, code := w.socket.Read()
	for code == 0 && m.ID != id { // what is left of the one before
		m, code = w.socket.Read()
	}
	enough()
	if code != 0 {
		w.T.Fatalf("%s(%.300q) closed the socket with %d", field.Name, fmt.Sprint(variables), code)
	}
	if m.Type == "error" {
		m.Payload = append(append([]byte(`{"errors":`), m.Payload...), '}')
	} else {
		w.socket.Write(harness.Message{ID: id, Type: "complete"})
	}
	a.Body = string(m.Payload)
	if err := json.Unmarshal(m.Payload, &a); err != nil {
		w.T.Fatalf("%s: %s", m.Type, m.Payload)
	}
	return a
}

// talk sends until it is told to stop: a stream that begins now sees the next chat, whenever it has begun.
func (w *unusualValues) talk(room any) (stop func()) {
	done, followedRoom := make(chan struct{}), sync.WaitGroup{}
	followedRoom.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			var data struct{ SendChat struct{ ID string } }
			w.Must(&data, w.bob, `mutation($r: ID!) { sendChat(room: $r, text: "live") { id } }`, map[string]any{"r": room})
			w.sent[data.SendChat.ID] = "live"
		}
	})
	return func() { close(done); followedRoom.Wait() }
}

// keep notes what a mutation has stored.
func (w *unusualValues) keep(field string, variables map[string]any, a harness.Answer) {
	var data struct{ It json.RawMessage }
	w.Decode(a, &data)
	var it struct {
		ID, Name, Text string
		Room           struct{ Name string }
	}
	switch field {
	case "register":
		w.passwords[variables["username"].(string)] = variables["password"].(string)
		return
	case "sendChat", "editChat", "deleteChat", "createRoom":
		if err := json.Unmarshal(data.It, &it); err != nil {
			w.T.Fatal(a.Body)
		}
	}
	switch field {
	case "createRoom":
		if variables["kind"] != "PRIVATE" { // which no name finds
			w.names = append(w.names, it.Name)
		}
		if variables["kind"] != "PRIVATE" && variables["id"] == nil { // else it may be one that was there
			w.names = append(w.names, variables["name"].(string))
		}
	case "sendChat", "editChat":
		if id, given := variables["id"].(string); it.Text != variables["text"] || given && it.ID != strings.ToLower(id) {
			if _, known := w.sent[it.ID]; !known { // sent again it is what it was
				w.T.Errorf("%s(%.200q) is %.200s", field, variables, a.Body)
			}
		}
		fallthrough
	case "deleteChat":
		if it.Room.Name == "general" { // else it was the name of a room that was odd
			w.sent[it.ID] = it.Text
		}
	}
}

// Whatever an argument may be given is refused with a reason or taken; and whatever is taken can be read again, by page,
// stream, node, and after it has moved to another database.
func TestUnusualValuesAreReadable(t *testing.T) {
	dir := harness.DataDir(t)
	s := harness.Start(t, harness.Config(t, dir, append(harness.NoLimits(), "--address-request-rate", "0", "--login-attempts", "0", "--gql-max-cost", "1000000", "--answers-total", "2GiB")...))
	ann, _ := s.Register("ann")
	bob, _ := s.Register("bob")
	cleo, _ := s.Register("cleo")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	w := &unusualValues{
		Server: s, test: t, schema: gqlparser.MustLoadSchema(&ast.Source{Input: graph.Schema}), bob: bob, cleo: cleo,
		start: s.End(bob)["after"].(string), sent: map[string]string{}, passwords: map[string]string{},
	}
	s.Must(nil, bob, `mutation { createRoom(name: "bobs", id: "`+unusualRoom+`") { id } }`)
	w.socket = s.Dial(bob)
	w.socket.Expect("connection_ack")
	s.Must(nil, bob, `mutation { sendChat(room: "general", text: "first", id: "`+unusualChat+`") { id } }`)
	w.sent[unusualChat] = "first"
	hashes := map[string]bool{"login": true, "changePassword": true, "deleteAccount": true}
	for _, kind := range []string{"query", "mutation", "subscription"} {
		root := map[string]*ast.Definition{"query": w.schema.Query, "mutation": w.schema.Mutation, "subscription": w.schema.Subscription}[kind]
		for _, field := range root.Fields {
			for _, argument := range field.Arguments {
				if strings.HasPrefix(field.Name, "__") {
					continue
				}
				for i, value := range w.values(argument.Type) {
					if hashes[field.Name] && i%8 != 0 {
						continue // each takes a tenth of a second
					}
					variables := w.normal(field.Name)
					if variables == nil {
						variables = map[string]any{}
					}
					variables[argument.Name] = value
					w.odd(kind, field, variables)
				}
			}
		}
	}
	if len(w.sent) < 30 || len(w.names) < 30 || len(w.passwords) < 10 {
		t.Errorf("too little was taken: %d chats, %d names, %d accounts", len(w.sent), len(w.names)/2, len(w.passwords))
	}
	w.readBack()
	w.move(dir)
	w.readBack()
}
