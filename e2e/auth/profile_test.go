package auth

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/e2e/harness"
)

const nameDocument = `mutation($n: String) { updateMe(name: $n) { username name } }`

// rename gives whoever has a token a name beside their username.
func rename(s *harness.Server, token, name string) {
	s.T.Helper()
	s.Must(nil, token, nameDocument, map[string]any{"n": name})
}

// Who has set nothing is shown by their username, and is an ordinary person.
func TestWhoHasSetNothing(t *testing.T) {
	s := harness.New(t)
	ann, _ := s.Register("Ann")
	bob, _ := s.Register("bob")
	const want = `{"username":"Ann","name":"Ann","image":null,"isBot":false,"isDisabled":false,"serverRole":"MEMBER"}`
	const fields = ` { username name image isBot isDisabled serverRole }`
	if a := s.AskThrough(ann, `{ me`+fields+` }`); string(a.Data) != `{"me":`+want+`}` {
		t.Errorf("to herself she is %s", a.Body)
	}
	if a := s.AskThrough(bob, `{ user(id: "ann")`+fields+` }`); string(a.Data) != `{"user":`+want+`}` {
		t.Errorf("to others she is %s", a.Body)
	}
	if a := s.AskThrough("", `{ me`+fields+` }`); string(a.Data) != `{"me":null}` {
		t.Errorf("nobody is %s", a.Body)
	}
}

// A name is stored without spaces that nobody sees. Null takes it away; an argument that is left out changes nothing, nor does the same
// again. Two people may have one name, also one that is another's username.
func TestNamesAreSet(t *testing.T) {
	s := harness.New(t, "--mutation-rate", "0")
	ann, _ := s.Register("Ann")
	bob, _ := s.Register("bob")
	rename(s, bob, "Ann of the House")
	for i, c := range []struct {
		variables map[string]any
		want      string
	}{
		{map[string]any{}, "Ann"},
		{map[string]any{"n": "  Ann   of  the House "}, "Ann of the House"},
		{map[string]any{"n": "  Ann   of  the House "}, "Ann of the House"},
		{map[string]any{}, "Ann of the House"},
		{map[string]any{"n": nil}, "Ann"},
		{map[string]any{"n": nil}, "Ann"},
		{map[string]any{"n": "bob"}, "bob"},
		{map[string]any{"n": strings.Repeat("🦊", 64)}, strings.Repeat("🦊", 64)},
	} {
		var data struct {
			UpdateMe, Me struct{ Username, Name string }
		}
		s.Must(&data, ann, nameDocument, c.variables)
		s.Must(&data, ann, `{ me { username name } }`)
		if data.UpdateMe.Name != c.want || data.Me != data.UpdateMe || data.Me.Username != "Ann" {
			t.Errorf("%d: %v makes %+v, want %s", i, c.variables, data, c.want)
		}
	}
	if a := s.Ask("", nameDocument, map[string]any{"n": "nobody"}); a.Code() != harness.UnsignedCode {
		t.Errorf("signed out: %s", a.Body)
	}
}

// What others could be misled by, or cannot see, is no name, and changes none.
func TestNamesThatMislead(t *testing.T) {
	s := harness.New(t, "--mutation-rate", "0")
	ann, _ := s.Register("ann")
	rename(s, ann, "Ann of the House")
	for name, reason := range map[string]string{
		"": "TOO_SHORT", "   ": "TOO_SHORT", "\u00a0\u2003": "TOO_SHORT",
		strings.Repeat("n", 65): "TOO_LONG", strings.Repeat("n", 10_000): "TOO_LONG", strings.Repeat("\ufdfa", 10): "TOO_LONG", // 18 characters each in NFKC
		"a\x00b": "BAD_CHARACTER", "a\nb": "BAD_CHARACTER", "a\tb": "BAD_CHARACTER", "a\u0085b": "BAD_CHARACTER", "a\u2028b": "BAD_CHARACTER",
		"a\u202eb": "BAD_CHARACTER", "a\u200fb": "BAD_CHARACTER", "a\u061cb": "BAD_CHARACTER", "a\u2066b": "BAD_CHARACTER", // marks of direction
		"a\u200bb": "BAD_CHARACTER", "a\u200db": "BAD_CHARACTER", "\u3164": "BAD_CHARACTER", "a\ue000": "BAD_CHARACTER",
	} {
		a := s.AskThrough(ann, nameDocument, map[string]any{"n": name})
		if wantReason(t, a, "BAD_USER_INPUT", reason); harness.WordOf(a, "field") != "name" {
			t.Errorf("%.40q: %s", name, a.Body)
		}
	}
	if a := s.AskThrough(ann, `{ me { name } }`); string(a.Data) != `{"me":{"name":"Ann of the House"}}` {
		t.Errorf("she is %s", a.Body)
	}
}

// A name is shown wherever its owner is, as it is now, in streams too. It finds nobody: the username does.
func TestNamesAreShownToOthers(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	bob, _ := s.Register("bob")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	s.Must(nil, bob, `mutation { joinRoom(room: "general") { id } }`)
	s.SendChat(ann, "first") // sent while she was called nothing else
	e := s.Follow(bob, `subscription($after: Cursor) { chatSent(room: "general", after: $after) { username user { name } } }`, s.End(bob))
	for _, name := range []string{"Ann of the House", "Annie"} {
		rename(s, ann, name)
		s.SendChat(ann, "now")
		if kind, data := e.Next(); kind != "next" || !strings.Contains(data, `"username":"ann","user":{"name":"`+name+`"}`) {
			t.Errorf("the stream has %s %s, want %s", kind, data, name)
		}
	}
	const document = `{
		user(id: "ann") { username name }
		users(startingWith: "an", first: 5) { nodes { name } }
		chats(room: "general", first: 1) { nodes { username user { name } } }
		room(id: "general") { members(first: 5) { nodes { user { username name } } } }
	}`
	const want = `{"user":{"username":"ann","name":"Annie"},"users":{"nodes":[{"name":"Annie"}]},"chats":{"nodes":[{"username":"ann","user":{"name":"Annie"}}]},` +
		`"room":{"members":{"nodes":[{"user":{"username":"ann","name":"Annie"}},{"user":{"username":"bob","name":"bob"}}]}}}`
	if a := s.AskThrough(bob, document); string(a.Data) != want {
		t.Errorf("got %s, want %s", a.Body, want)
	}
	wantReason(t, s.AskThrough(bob, `{ user(id: "Annie") { id } }`), "NOT_FOUND", "")
}

// With the account goes what it was called, from the database too. The username stays on its chats.
func TestDeletedAccountsHaveNoName(t *testing.T) {
	s := &harness.StartProcess(t, harness.DataDir(t)).Server
	ann, _ := s.Register("ann")
	bob, _ := s.Register("bob")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	s.SendChat(ann, "mine")
	rename(s, ann, "Ann of the House")
	exported := func(file string) string {
		t.Helper()
		file = filepath.Join(t.TempDir(), file)
		mustShell(t, s.Dir, "", "export", file)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if !strings.Contains(exported("before"), `"Ann of the House"`) {
		t.Error("an export does not hold the name")
	}
	s.Must(nil, ann, `mutation { deleteAccount(password: "correct horse battery") }`)
	if text := exported("after"); strings.Contains(text, "Ann of the House") || !strings.Contains(text, `"ann"`) || !strings.Contains(text, `"mine"`) {
		t.Errorf("an export holds %s", text)
	}
	a := s.AskThrough(bob, `{ chats(room: "general") { nodes { username text user { name } } } }`)
	if want := `{"chats":{"nodes":[{"username":"ann","text":"mine","user":null}]}}`; string(a.Data) != want {
		t.Errorf("got %s, want %s", a.Data, want)
	}
}
