package auth

import (
	"slices"
	"strings"
	"testing"

	"parley/e2e/harness"
)

func TestUsersByPrefix(t *testing.T) {
	s := harness.New(t, "--register-rate", "0")
	for _, name := range []string{"Anna", "anton", "bob", "ANGELA"} {
		s.Register(name)
	}
	token, _ := s.Register("zoe")
	var names []string
	var after any
	for {
		var data struct {
			Users struct {
				Nodes    []struct{ Username string }
				PageInfo struct {
					EndCursor   string
					HasNextPage bool
				}
			}
		}
		s.Must(&data, token, `query($a: Cursor) { users(startingWith: "ＡＮ", first: 1, after: $a) { nodes { username } edges { cursor node { id } } pageInfo { endCursor hasNextPage } } }`, map[string]any{"a": after})
		for _, n := range data.Users.Nodes {
			names = append(names, n.Username)
		}
		if !data.Users.PageInfo.HasNextPage {
			break
		}
		after = data.Users.PageInfo.EndCursor
	}
	if got := strings.Join(names, " "); got != "ANGELA Anna anton" {
		t.Errorf("got %s", got)
	}
}

// One name has many spellings; all are the account that was made with one of them, and it is shown as
// it was given.
func TestSpellingsAreOneName(t *testing.T) {
	s := harness.New(t, "--login-attempts", "0")
	s.Register("Anna")
	for _, spelling := range []string{"anna", "ANNA", "Ａｎｎａ", "Anna"} {
		if a := s.RegisterAs(spelling, "another horse battery"); a.Code() != "USERNAME_TAKEN" {
			t.Errorf("register %s: %s", spelling, a.Body)
		}
		var data struct{ Me struct{ Username string } }
		if s.Must(&data, s.SignIn(spelling, "correct horse battery").AccessToken, `{ me { username } }`); data.Me.Username != "Anna" {
			t.Errorf("%s signs in as %s", spelling, data.Me.Username)
		}
	}
}

// A name that cannot be is refused with its reason and makes no account; as a name to sign in with it
// is nobody.
func TestNamesThatCannotBe(t *testing.T) {
	s := harness.New(t, "--register-rate", "0", "--login-attempts", "0")
	token, _ := s.Register("zoe")
	for name, reason := range map[string]string{
		"": "TOO_SHORT", "ab": "TOO_SHORT", strings.Repeat("a", 33): "TOO_LONG", strings.Repeat("a", 257): "TOO_LONG",
		"an na": "BAD_CHARACTER", "anna ": "BAD_CHARACTER", "an\x00na": "BAD_CHARACTER", "an\nna": "BAD_CHARACTER",
		"an\u200bna": "BAD_CHARACTER", "an\u200dna": "BAD_CHARACTER", "an\u202ena": "BAD_CHARACTER", "an😀na": "BAD_CHARACTER",
		"an@na": "BAD_CHARACTER", "an/na": "BAD_CHARACTER", "anna.": "BAD_CHARACTER", "anna-": "BAD_CHARACTER", "-anna": "BAD_CHARACTER",
		"аnna": "MIXED_SCRIPTS", "annaα": "MIXED_SCRIPTS",
		"anq\u0301na": "BAD_CHARACTER", "123\u0301": "BAD_CHARACTER",
		"01890a5dac96774bbcceb302099a8057": "LOOKS_LIKE_ID", "01890a5d-ac96-774b-bcce-b302099a8057": "TOO_LONG",
	} {
		a := s.RegisterAs(name, "correct horse battery")
		if a.Code() != "BAD_USER_INPUT" || harness.WordOf(a, "field") != "username" || harness.WordOf(a, "reason") != reason {
			t.Errorf("register %.40q: %s, want %s", name, a.Body, reason)
		}
		if _, a := s.Login(name, "correct horse battery"); a.Code() != "INVALID_CREDENTIALS" {
			t.Errorf("login %.40q: %s", name, a.Body)
		}
	}
	for _, name := range []string{"abc", strings.Repeat("x", 32), "_an.na-1", "анна", "山田はな", "नमस्ते"} {
		if a := s.RegisterAs(name, "correct horse battery"); len(a.Errors) > 0 {
			t.Errorf("register %s: %s", name, a.Body)
		}
	}
	var data struct{ Users struct{ Nodes []any } }
	if s.Must(&data, token, `{ users(startingWith: "", first: 200) { nodes { username } } }`); len(data.Users.Nodes) != 7 {
		t.Errorf("%d accounts, want 7: %v", len(data.Users.Nodes), data.Users.Nodes)
	}
}

// Whatever is accepted as a name and a password comes back: as oneself, by id, in the list of people, and as
// a way in.
func TestUnusualNamesAreReadBack(t *testing.T) {
	s := harness.New(t, "--register-rate", "0")
	const document = `query($i: ID!, $n: String!) { me { username } node(id: $i) { ... on User { username } } users(startingWith: $n, first: 200) { nodes { id username } } sessions { userAgent } }`
	for name, password := range map[string]string{
		"000": " \t\n\r leading", "0x1f": "null\x00null\x00", "1e9": strings.Repeat("😀💬", 4), "null": `"},{"query":"`, "true": "${jndi:ldap}", "__proto__": "' OR 1=1 --",
		"constructor": "\u202eright to left", "a.b-c_d": strings.Repeat("éx", 341), "s__": "%s%d%n%x", "undefined": "\ufeffa mark first",
		strings.Repeat("ß", 32): "e\u0301e\u0302e\u0303e\u0304e\u0306e\u0307e\u0308e\u0309", "שלום": "\u2028\u2029\u0085 lines", "한국어": "\uffff\ufffe\ufdd0 no chars", "ไทย": "\U0010ffff is the last",
	} {
		a := s.RegisterAs(name, password, "User-Agent", "odd \t\"<agent>\"\u00e9\xff")
		if len(a.Errors) > 0 {
			t.Errorf("register %q: %s", name, a.Body)
			continue
		}
		token := s.SignIn(name, password).AccessToken
		var me struct{ Me struct{ ID string } }
		s.Must(&me, token, `{ me { id } }`)
		type person struct{ ID, Username string }
		var data struct {
			Me, Node person
			Users    struct{ Nodes []person }
		}
		s.Must(&data, token, document, map[string]any{"i": me.Me.ID, "n": name})
		if data.Me.Username != name || data.Node.Username != name || !slices.Contains(data.Users.Nodes, person{me.Me.ID, name}) {
			t.Errorf("%q is %+v", name, data)
		}
	}
}
