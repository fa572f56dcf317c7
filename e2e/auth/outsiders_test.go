package auth

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"parley/auth/issuers/issuertest"
	"parley/e2e/harness"
)

// Two processes see somebody for the first time at once: it is one person, with a session for each token.
func TestFirstSightOnTwoNodes(t *testing.T) {
	dir, issuer := harness.DataDir(t), issuertest.New(t)
	flags := append(harness.NoLimits(), "--login-rate", "0", "--issuers", writeIssuers(t, entryOf(issuer, nil)))
	nodes := []*harness.Server{&harness.StartProcess(t, dir, flags...).Server, &harness.StartProcess(t, dir, flags...).Server}
	for round := range 5 {
		token := issuer.Token(fmt.Sprint(round), map[string]any{"preferred_username": "ann"})
		var wg sync.WaitGroup
		got := make([]outsiderSession, 10)
		for i := range got {
			wg.Go(func() { got[i] = loginWith(nodes[i%2], token) })
		}
		wg.Wait()
		for _, one := range got {
			if one.User != got[0].User {
				t.Errorf("round %d: %+v and %+v", round, one.User, got[0].User)
			}
			nodes[round%2].WantCode(one.AccessToken, "")
		}
	}
	if list := peopleOf(t, nodes[0]); len(list) != 5 || list[0] != "ann" || list[1] != "ann-2" {
		t.Errorf("there are %v", list)
	}
}

// A token says who somebody is to their issuer, never who they are here: whoever is called as a server admin becomes somebody new.
func TestNobodyBecomesAnAdminByName(t *testing.T) {
	p, issuer := withIssuer(t)
	root := newAdmin(t, &p.Server, "root")
	for i, c := range []struct{ name, want string }{{"root", "root-2"}, {"ROOT", "ROOT-3"}, {"Ｒｏｏｔ", "Ｒｏｏｔ-4"}, {"ro ot@example.org", "root-5"}} {
		in := loginWith(&p.Server, issuer.Token(fmt.Sprint(i), map[string]any{"preferred_username": c.name, "name": "root"}))
		if u := in.User; u.Username != c.want {
			t.Errorf("%s is %+v", c.name, u)
		}
		wantReason(t, p.AskThrough(in.AccessToken, `{ invites { id } }`), "FORBIDDEN", "")
	}
	p.Must(nil, root, `{ invites { id } }`)
}

// A backend adds people to a room before they come: by a bot, or by a server admin, and nobody else may.
func TestEnsureUserBeforeTheyCome(t *testing.T) {
	p, issuer := withIssuer(t)
	root := newAdmin(t, &p.Server, "root")
	robot := newBot(&p.Server, root, "robot")
	var room struct{ CreateRoom struct{ ID string } }
	p.Must(&room, robot, `mutation { createRoom(name: "team", kind: PRIVATE) { id } }`)
	token := issuer.Token("7", map[string]any{"preferred_username": "ann", "name": "Ann"})
	var data struct{ EnsureUser outsider }
	p.Must(&data, robot, ensureDocument, map[string]any{"t": token})
	ann := data.EnsureUser
	p.Must(nil, robot, `mutation($r: ID!, $u: ID!) { addMember(room: $r, user: $u) { role } }`, map[string]any{"r": room.CreateRoom.ID, "u": ann.ID})
	p.Must(&data, root, ensureDocument, map[string]any{"t": issuer.Token("7", map[string]any{"name": "Anna"})})
	if again := data.EnsureUser; again.ID != ann.ID || again.Username != "ann" || again.Name != "Anna" {
		t.Errorf("sent again: %+v, was %+v", again, ann)
	}
	in := loginWith(&p.Server, token)
	if in.User.ID != ann.ID {
		t.Errorf("they come as %+v, not %+v", in.User, ann)
	}
	if a := p.AskThrough(in.AccessToken, `{ rooms(scope: JOINED) { nodes { name } } }`); string(a.Data) != `{"rooms":{"nodes":[{"name":"team"}]}}` {
		t.Errorf("they are in %s", a.Body)
	}
	if all, _ := p.SessionsOf(in.AccessToken); len(all) != 1 {
		t.Errorf("their sessions are %v", all)
	}
	wantReason(t, p.AskThrough(in.AccessToken, ensureDocument, map[string]any{"t": token}), "FORBIDDEN", "")
	wantReason(t, p.AskThrough("", ensureDocument, map[string]any{"t": token}), "UNAUTHENTICATED", "")
	wantReason(t, p.AskThrough(robot, ensureDocument, map[string]any{"t": "x"}), "INVALID_CREDENTIALS", "INVALID_TOKEN")
	p.WantCode(robot, "") // that was about the token in the call
}

// An account is deleted with exactly one of a password and a token, and the token is about whoever has the account. Who they were to
// their issuer is forgotten.
func TestDeleteAccountByToken(t *testing.T) {
	p, issuer := withIssuer(t)
	bob, _ := p.Register("bob")
	token := issuer.Token("7", map[string]any{"preferred_username": "ann"})
	in := loginWith(&p.Server, token)
	k := p.Dial(in.AccessToken)
	k.Expect("connection_ack")
	remove := func(who string, with map[string]any) harness.Answer {
		return p.AskThrough(who, `mutation($p: String, $t: String) { deleteAccount(password: $p, token: $t) }`, with)
	}
	for _, c := range []struct {
		who          string
		with         map[string]any
		code, reason string
	}{
		{in.AccessToken, nil, "BAD_USER_INPUT", "REQUIRED"},
		{in.AccessToken, map[string]any{"p": nil, "t": nil}, "BAD_USER_INPUT", "REQUIRED"},
		{in.AccessToken, map[string]any{"p": "correct horse battery", "t": token}, "BAD_USER_INPUT", "REQUIRED"},
		{in.AccessToken, map[string]any{"p": ""}, "INVALID_CREDENTIALS", ""},
		{in.AccessToken, map[string]any{"p": "correct horse battery"}, "INVALID_CREDENTIALS", ""},
		{in.AccessToken, map[string]any{"t": ""}, "INVALID_CREDENTIALS", "INVALID_TOKEN"},
		{in.AccessToken, map[string]any{"t": in.AccessToken}, "INVALID_CREDENTIALS", "INVALID_TOKEN"},
		{in.AccessToken, map[string]any{"t": issuer.Token("8", nil)}, "INVALID_CREDENTIALS", ""},
		{bob, map[string]any{"t": token}, "INVALID_CREDENTIALS", ""},
	} {
		if a := remove(c.who, c.with); a.Code() != c.code || harness.WordOf(a, "reason") != c.reason {
			t.Errorf("%v: got %s, want %s %s", c.with, a.Body, c.code, c.reason)
		}
	}
	p.WantCode(in.AccessToken, "")
	if a := remove(in.AccessToken, map[string]any{"t": token, "p": nil}); string(a.Data) != `{"deleteAccount":"`+in.User.ID+`"}` {
		t.Errorf("got %s", a.Body)
	}
	k.WantClose(4401)
	wantReason(t, remove(in.AccessToken, map[string]any{"t": token}), "SESSION_REVOKED", "ACCOUNT_DELETED")
	if u := loginWith(&p.Server, token).User; u.ID == in.User.ID || u.Username != "ann-2" {
		t.Errorf("they are again %+v", u)
	}
	if a := remove(bob, map[string]any{"p": "correct horse battery"}); len(a.Errors) > 0 {
		t.Errorf("got %s", a.Body)
	}
}

// What the shell does to people, it does to those of an issuer too. It gives them no password.
func TestShellAndPeopleOfIssuers(t *testing.T) {
	p, issuer := withIssuer(t)
	token := issuer.Token("7", map[string]any{"preferred_username": "ann"})
	in := loginWith(&p.Server, token)
	status, stdout, stderr := shell(t, p.Dir, "a new password\n", "user", "set-password", "ann")
	if status == harness.ExitOK || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "ann has no password") {
		t.Errorf("status %d, %q, %q", status, stdout, stderr)
	}
	_, a := p.Login("ann", "a new password")
	wantReason(t, a, "INVALID_CREDENTIALS", "")
	p.WantCode(in.AccessToken, "")
	mustShell(t, p.Dir, "", "user", "disable", "ann")
	wantReason(t, p.AskThrough("", loginWithDocument, map[string]any{"t": token}), "FORBIDDEN", "DISABLED")
	mustShell(t, p.Dir, "", "user", "enable", "ann")
	mustShell(t, p.Dir, "", "admin", "add", "ann")
	p.Must(nil, loginWith(&p.Server, token).AccessToken, `{ invites { id } }`)
}

// An export and an import keep who people are to their issuer.
func TestExportKeepsWhoPeopleAre(t *testing.T) {
	p, issuer := withIssuer(t)
	token := issuer.Token("7", map[string]any{"preferred_username": "ann", "name": "Ann"})
	before := loginWith(&p.Server, token)
	file, moved := filepath.Join(t.TempDir(), "export"), harness.DataDir(t)
	mustShell(t, p.Dir, "", "export", file)
	mustShell(t, moved, "", "import", file)
	keys, err := os.ReadFile(filepath.Join(p.Dir, "keys.json"))
	if err == nil {
		err = os.WriteFile(filepath.Join(harness.MakeDir(t, moved), "keys.json"), keys, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	s := &harness.StartProcess(t, moved, "--issuers", writeIssuers(t, entryOf(issuer, nil))).Server
	if after := loginWith(s, token); after.User.ID != before.User.ID || after.User.Username != "ann" || after.User.Name != "Ann" {
		t.Errorf("they are %+v, were %+v", after.User, before.User)
	}
	s.WantCode(before.AccessToken, "")
}

// A token of an issuer is kept nowhere, whether it was good or not; nor is a secret of HS256.
func TestTokensOfIssuersAreNotKept(t *testing.T) {
	p, issuer := withIssuer(t)
	tokens := []string{issuer.Token("7", nil), issuer.Token("7", map[string]any{"aud": "other"}), issuer.Token("7", map[string]any{"exp": 1})}
	for _, token := range tokens {
		p.AskThrough("", loginWithDocument, map[string]any{"t": token})
		p.AskThrough("", `mutation { loginWith(token: "`+token+`") { accessToken } }`)
	}
	_ = p.Stop()
	wantNoSecret(t, p.Dir, tokens)
	wantNone(t, "the log", p.Log.String(), tokens)
}
