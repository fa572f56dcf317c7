package documents

import (
	"testing"

	"parley/e2e/harness"
)

// A variable has exactly its type (GraphQL, October 2021, §3.5 and §6.1.2): nothing is executed otherwise, and
// the answer names the variable.
func TestVariablesHaveTheirTypes(t *testing.T) {
	s := harness.New(t)
	ann, _ := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	const (
		first  = `query($v: Int) { chats(room: "general", first: $v) { nodes { id } } }`
		after  = `query($v: Cursor) { chats(room: "general", after: $v) { nodes { id } } }`
		id     = `query($v: ID!) { room(id: $v) { name } }`
		ids    = `query($v: [ID!]!) { nodes(ids: $v) { id } }`
		skip   = `query($v: Boolean!) { me @skip(if: $v) { id } server { version } }`
		scope  = `mutation($v: LogoutScope) { logout(scope: $v) }`
		text   = `mutation($v: String!) { sendChat(room: "general", text: $v) { text } }`
		normal = `query($v: Int = 1) { chats(room: "general", first: $v) { nodes { id } } }`
	)
	for _, c := range []struct {
		document, value string
		fits            bool
	}{
		{first, `1`, true},
		{first, `null`, true},
		{first, `"1"`, false},
		{first, `1.0`, false},
		{first, `1e2`, false},
		{first, `2147483648`, false},
		{first, `-2147483649`, false},
		{first, `true`, false},
		{first, `[1]`, false},
		{normal, `2`, true},
		{after, `null`, true},
		{after, `5`, false},
		{after, `true`, false},
		{after, `{}`, false},
		{after, `["x"]`, false},
		{id, `"general"`, true},
		{id, `null`, false},
		{id, `1.5`, false},
		{id, `true`, false},
		{ids, `"x"`, true},
		{ids, `["x", 5]`, true},
		{ids, `["x", null]`, false},
		{ids, `["x", 1.5]`, false},
		{ids, `[["x"]]`, false},
		{skip, `true`, true},
		{skip, `"true"`, false},
		{skip, `1`, false},
		{scope, `"OTHERS"`, true},
		{scope, `"others"`, false},
		{scope, `"NOBODY"`, false},
		{scope, `1`, false},
		{text, `"x"`, true},
		{text, `5`, false},
		{text, `null`, false},
	} {
		a := s.Post(`{"query":`+harness.Quoted(c.document)+`,"variables":{"v":`+c.value+`}}`, "Authorization", "Bearer "+ann)
		refused := a.Code() == "BAD_USER_INPUT" && harness.WordOf(a, "reason") == "VARIABLE_INVALID" && a.Data == nil &&
			a.Errors[0].Message == "The variable $v does not fit its type." && a.Errors[0].Path == nil
		if c.fits == refused || c.fits && harness.WordOf(a, "reason") != "" {
			t.Errorf("%s of %s: %s", c.value, c.document, a.Body)
		}
	}
	for _, variables := range []string{`{}`, `{"v":1}`} {
		if a := s.Post(`{"query":`+harness.Quoted(normal)+`,"variables":`+variables+`}`, "Authorization", "Bearer "+ann); len(a.Errors) > 0 {
			t.Errorf("with a default, %s: %s", variables, a.Body)
		}
	}
}
