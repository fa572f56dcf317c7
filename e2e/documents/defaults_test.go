package documents

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"parley/e2e/harness"
	"parley/graph"
)

// nulls are the ways to say null for an argument: a document with one placeholder each for the variable's
// definition and the value, and the variables.
var nulls = map[string]struct {
	defined, value string
	variables      any
}{
	"a literal":            {"", "null", nil},
	"a variable":           {"($v: %s)", "$v", map[string]any{"v": nil}},
	"a variable's default": {"($v: %s = null)", "$v", nil},
}

// defaulted returns the arguments that may be null and have a default, wherever in the schema, as Type.field.argument.
func defaulted(schema *ast.Schema) map[string]*ast.ArgumentDefinition {
	found := map[string]*ast.ArgumentDefinition{}
	for _, of := range schema.Types {
		if of.BuiltIn {
			continue
		}
		for _, field := range of.Fields {
			for _, a := range field.Arguments {
				if a.DefaultValue != nil && !a.Type.NonNull {
					found[of.Name+"."+field.Name+"."+a.Name] = a
				}
			}
		}
	}
	return found
}

// Null for an argument that has a default means the default, however it is said. logout dereferenced it,
// and left the session alive.
func TestNullMeansTheDefault(t *testing.T) {
	s := harness.New(t, append(harness.NoLimits(), "--login-attempts", "0")...)
	s.Register("ann")
	asker := s.SignIn("ann", "correct horse battery").AccessToken
	command := append([]string{"admin", "add", "ann", "--data", s.Dir}, harness.DatabaseFlags(t, s.Dir)...)
	if status, _, stderr := harness.Command(command...); status != harness.ExitOK {
		t.Fatal(stderr)
	}
	for i := range 60 { // more than either page
		s.Must(nil, asker, fmt.Sprintf(`mutation { createRoom(name: "room %d") { id } }`, i))
	}
	crowd := make([]string, 55)
	for i := range crowd {
		crowd[i] = fmt.Sprintf("user%d", i)
		s.Register(crowd[i])
	}
	s.Must(nil, asker, `mutation($m: [ID!]) { createRoom(name: "crowd", members: $m) { id } }`, map[string]any{"m": crowd})
	for _, one := range crowd {
		s.Must(nil, asker, `mutation($u: ID!) { banMember(room: "room 2", user: $u) { createdAt } }`, map[string]any{"u": one})
	}
	eve, _ := s.Register("eve")
	s.Must(nil, eve, `mutation { createRoom(name: "hers") { id } }`)
	const answered = "6d1f0b52-1b7e-4b8e-9d4f-0a6b3f5c7e21"
	s.Must(nil, asker, `mutation { sendChat(room: "room 3", text: "x", id: "`+answered+`") { id } }`)
	for range 55 { // each mentions ann, too
		s.Must(nil, eve, `mutation { sendChat(room: "room 3", text: "y", replyTo: "`+answered+`") { id } }`)
	}
	// What an argument is tried with: # is its value, @ another number each time.
	calls := map[string]struct{ call, want string }{
		"Mutation.logout.scope":        {"logout(scope: #)", `{"data":{"logout":1}}`},
		"Mutation.createRoom.kind":     {`createRoom(name: "another @", kind: #) { kind }`, `{"data":{"createRoom":{"kind":"PUBLIC"}}}`},
		"Mutation.createRoom.sendRole": {`createRoom(name: "another @", sendRole: #) { sendRole }`, `{"data":{"createRoom":{"sendRole":"MEMBER"}}}`},
		"Mutation.blockUser.on":        {`blockUser(user: "user@", on: #) { __typename }`, `{"data":{"blockUser":{"__typename":"User"}}}`},
		"Mutation.disableUser.on":      {`disableUser(user: "user@", on: #) { isDisabled }`, `{"data":{"disableUser":{"isDisabled":true}}}`},
		"Mutation.react.on":            {`react(chat: "` + answered + `", emoji: "+1", on: #) { myReactions }`, `{"data":{"react":{"myReactions":["+1"]}}}`},
		"Mutation.addMember.role":      {`addMember(room: "room 1", user: "user@", role: #) { role }`, `{"data":{"addMember":{"role":"MEMBER"}}}`},
		"Mutation.createInvite.uses":   {`createInvite(room: "room 1", uses: #) { uses usesLeft }`, `{"data":{"createInvite":{"uses":1,"usesLeft":1}}}`},
		"Room.members.first":           {`room(id: "crowd") { members(first: #) { nodes { __typename } } }`, `{"data":{"room":{"members":{"nodes":[` + strings.Repeat(`,{"__typename":"Member"}`, 50)[1:] + `]}}}}`},
		"Chat.replies.first":           {`chat(id: "` + answered + `") { replies(first: #) { nodes { __typename } } }`, `{"data":{"chat":{"replies":{"nodes":[` + strings.Repeat(`,{"__typename":"Chat"}`, 50)[1:] + `]}}}}`},
		"Query.mentions.first":         {`mentions(first: #) { nodes { __typename } }`, `{"data":{"mentions":{"nodes":[` + strings.Repeat(`,{"__typename":"Chat"}`, 20)[1:] + `]}}}`},
		"Room.bans.first":              {`room(id: "room 2") { bans(first: #) { nodes { __typename } } }`, `{"data":{"room":{"bans":{"nodes":[` + strings.Repeat(`,{"__typename":"Ban"}`, 50)[1:] + `]}}}}`},
		"Query.rooms.scope":            {`rooms(scope: #, matching: "hers") { nodes { name } }`, `{"data":{"rooms":{"nodes":[{"name":"hers"}]}}}`},
		"Query.rooms.first":            {"rooms(first: #) { nodes { __typename } }", `{"data":{"rooms":{"nodes":[` + strings.Repeat(`,{"__typename":"Room"}`, 50)[1:] + `]}}}`},
		"Query.users.first":            {`users(startingWith: "", first: #) { nodes { __typename } }`, `{"data":{"users":{"nodes":[` + strings.Repeat(`,{"__typename":"User"}`, 20)[1:] + `]}}}`},
	}
	tried := 0
	another := func(document string) string {
		if !strings.Contains(document, "@") {
			return document
		}
		tried++ // fewer than the crowd
		return strings.ReplaceAll(document, "@", strconv.Itoa(tried))
	}
	token := func(name string) string {
		if name == "Mutation.logout.scope" { // which ends the session
			return s.SignIn("ann", "correct horse battery").AccessToken
		}
		return asker
	}
	for name, argument := range defaulted(gqlparser.MustLoadSchema(&ast.Source{Input: graph.Schema})) {
		c, ok := calls[name]
		if !ok {
			t.Errorf("%s has a default and may be null: say here what null comes to", name)
			continue
		}
		kind := "query"
		if strings.HasPrefix(name, "Mutation.") {
			kind = "mutation"
		}
		for how, null := range nulls {
			written := kind + strings.ReplaceAll(null.defined, "%s", argument.Type.String()) + " { " + strings.ReplaceAll(c.call, "#", null.value) + " }"
			document := another(written)
			as := token(name)
			if a := s.Ask(as, document, null.variables); a.Body != c.want {
				t.Errorf("%s by %s over HTTP: %s", name, how, a.Body)
			}
			document = another(written)
			as = token(name)
			k := s.Dial(as)
			k.Expect("connection_ack")
			k.Subscribe("1", document, null.variables)
			if m := k.Expect("next"); string(m.Payload) != c.want {
				t.Errorf("%s by %s over WebSocket: %s", name, how, m.Payload)
			}
			if name == "Mutation.logout.scope" {
				s.WantCode(as, "SESSION_REVOKED")
				s.Must(nil, asker, `{ rooms(first: 1) { nodes { id } } }`) // no other session has ended
			}
		}
	}
	var blocked struct{ BlockedUsers []struct{ ID string } }
	if s.Must(&blocked, asker, `{ blockedUsers { id } }`); len(blocked.BlockedUsers) != 2*len(nulls) {
		t.Errorf("%d are blocked", len(blocked.BlockedUsers))
	}
}
