package auth

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/e2e/harness"
)

// An invitation is an invite as server admins see it.
type invitation struct {
	ID, Code       string
	Uses, UsesLeft *int
	Until          *time.Time
	CreatedBy      *struct{ Username string }
	Room           *struct{ ID string }
}

const invitationFields = ` { id code uses usesLeft until createdBy { username } room { id } }`

// invitesOf are the invites to the server that let somebody in.
func invitesOf(s *harness.Server, token string) []invitation {
	s.T.Helper()
	var data struct{ Invites []invitation }
	s.Must(&data, token, `{ invites`+invitationFields+` }`)
	return data.Invites
}

// inviteBy makes one, with arguments as they are written in a document.
func inviteBy(s *harness.Server, token, arguments string) invitation {
	s.T.Helper()
	var data struct{ CreateInvite invitation }
	s.Must(&data, token, `mutation { createInvite`+arguments+invitationFields+` }`)
	return data.CreateInvite
}

// letsIn says whether a code lets somebody in, by a name that cannot be: since the code is judged before it, nobody comes in.
func letsIn(s *harness.Server, code string) bool {
	s.T.Helper()
	a := registerWith(s, "x", code)
	if a.Code() == "BAD_USER_INPUT" && harness.WordOf(a, "field") == "username" {
		return true
	}
	wantClosed(s.T, a)
	return false
}

// inviting is a server that wants an invite, and a token of its server admin, root.
func inviting(t *testing.T) (s *harness.Server, root string) {
	t.Helper()
	s = &harness.StartProcess(t, harness.DataDir(t), append(harness.NoLimits(), "--registration", "invite")...).Server
	return s, newAdmin(t, s, "root")
}

// The code is judged before the name and the password, so whoever has none learns nothing of names; and what is refused behind it uses
// nothing.
func TestCodesAreJudgedFirst(t *testing.T) {
	s, root := inviting(t)
	made := inviteBy(s, root, "")
	code := made.Code
	for _, c := range []struct{ name, password, code, want, reason string }{
		{"x", "correct horse battery", noCode, "FORBIDDEN", "REGISTRATION_CLOSED"},
		{"guest", "short", noCode, "FORBIDDEN", "REGISTRATION_CLOSED"},
		{"root", "correct horse battery", noCode, "FORBIDDEN", "REGISTRATION_CLOSED"},
		{"x", "correct horse battery", code, "BAD_USER_INPUT", "TOO_SHORT"},
		{"guest", "short", code, "BAD_USER_INPUT", "TOO_SHORT"},
		{"ROOT", "correct horse battery", code, "USERNAME_TAKEN", ""},
	} {
		wantReason(t, s.AskThrough("", registerDocument, map[string]any{"u": c.name, "p": c.password, "i": c.code}), c.want, c.reason)
	}
	if list := invitesOf(s, root); len(list) != 1 || list[0].UsesLeft == nil || *list[0].UsesLeft != 1 {
		t.Fatalf("after what was refused the invites are %+v", list)
	}
	if a := registerWith(s, "guest", code); len(a.Errors) > 0 {
		t.Fatal(a.Body)
	}
	wantClosed(t, registerWith(s, "guest", code)) // not USERNAME_TAKEN
	if list := invitesOf(s, root); len(list) != 0 {
		t.Errorf("when it is used up the invites are %+v", list)
	}
	record := `"msg":"registered","audit":true,"invite_id":"` + made.ID + `"`
	harness.Eventually(t, "the record of who came by the invite", func() bool { return strings.Contains(s.Log.String(), record) })
	if log := s.Log.String(); strings.Contains(log, code) {
		t.Errorf("the code is in the log: %s", log)
	}
}

// Thirty people come at once with a code that lets one in, over two nodes: one is let in.
func TestOneUseLetsOnePersonIn(t *testing.T) {
	nodes := harness.StartNodes(t, 2, "--registration", "invite", "--hash-queue", "1000")
	rounds := max(3, races(t)/10)
	for round := range rounds {
		code := shellInvite(t, nodes[0])
		outcomes := map[string]int{}
		var mu sync.Mutex
		var wg sync.WaitGroup
		for i := range 30 {
			wg.Go(func() {
				a := registerWith(nodes[i%2], fmt.Sprintf("guest%d-%d", round, i), code)
				outcome := "in"
				if len(a.Errors) > 0 {
					outcome = a.Code() + " " + harness.WordOf(a, "reason")
				}
				mu.Lock()
				defer mu.Unlock()
				outcomes[outcome]++
			})
		}
		wg.Wait()
		if outcomes["in"] != 1 || outcomes["FORBIDDEN REGISTRATION_CLOSED"] != 29 {
			t.Fatalf("round %d: %v", round, outcomes)
		}
	}
	if people := peopleOf(t, nodes[0]); len(people) != rounds {
		t.Errorf("%d invites let in %v", rounds, people)
	}
}

// A server admin ends an invite of another one. Nobody else can, or learns that it is there.
func TestInviteIsDeleted(t *testing.T) {
	s, root := inviting(t)
	made := inviteBy(s, root, "(uses: 0)")
	if a := registerWith(s, "guest", made.Code); len(a.Errors) > 0 {
		t.Fatal(a.Body)
	}
	guest := s.SignIn("guest", "correct horse battery").AccessToken
	id := map[string]any{"i": made.ID}
	const show, remove = `query($i: ID!) { node(id: $i) { id } }`, `mutation($i: ID!) { deleteInvite(invite: $i) }`
	for _, document := range []string{show, remove} {
		wantReason(t, s.AskThrough(guest, document, id), "NOT_FOUND", "")
	}
	wantReason(t, s.AskThrough(guest, `{ invites { id } }`), "FORBIDDEN", "")
	wantReason(t, s.AskThrough(guest, `mutation { createInvite { id } }`), "FORBIDDEN", "")
	if !letsIn(s, made.Code) {
		t.Error("it was ended by somebody who is no server admin")
	}
	eve := newAdmin(t, s, "eve")
	if a := s.AskThrough(eve, show, id); string(a.Data) != `{"node":{"id":"`+made.ID+`"}}` {
		t.Errorf("a server admin sees %s", a.Body)
	}
	var deleted struct{ DeleteInvite string }
	if s.Must(&deleted, eve, remove, id); deleted.DeleteInvite != made.ID {
		t.Errorf("deleted %s, want %s", deleted.DeleteInvite, made.ID)
	}
	if letsIn(s, made.Code) {
		t.Error("it lets in after its end")
	}
	for _, document := range []string{show, remove} {
		wantReason(t, s.AskThrough(eve, document, id), "NOT_FOUND", "")
	}
}

// An invite lets in while its maker is a server admin, and is let in themselves. Whoever is made one again has none of those that they had
// made. That of the shell has no maker who could go.
func TestInviteEndsWithItsMaker(t *testing.T) {
	s, root := inviting(t)
	eve := newAdmin(t, s, "eve")
	hers, others := inviteBy(s, eve, "(uses: 0)"), inviteBy(s, root, "(uses: 0)")
	if hers.CreatedBy == nil || hers.CreatedBy.Username != "eve" {
		t.Errorf("made by %+v", hers.CreatedBy)
	}
	codes := map[string]bool{hers.Code: true, others.Code: true, shellInvite(t, s, "--uses", "0"): true}
	want := func(after string, still bool) {
		t.Helper()
		codes[hers.Code] = still
		for code, still := range codes {
			if letsIn(s, code) != still {
				t.Errorf("after %s one of %s's lets in: %v", after, map[bool]string{true: "eve", false: "others"}[code == hers.Code], !still)
			}
		}
		if n := len(invitesOf(s, root)); n != map[bool]int{true: 3, false: 2}[still] {
			t.Errorf("after %s %d let in", after, n)
		}
	}
	want("no change", true)
	for _, step := range []struct {
		command string
		still   bool
	}{
		{"user disable eve", false},
		{"user enable eve", true},
		{"admin remove eve", false},
		{"admin add eve", false},
	} {
		mustShell(t, s.Dir, "", strings.Fields(step.command)...)
		want(step.command, step.still)
	}
	eve = s.SignIn("eve", "correct horse battery").AccessToken
	delete(codes, hers.Code)
	hers = inviteBy(s, eve, "(uses: 0)")
	want("another one", true)
	s.Must(nil, eve, `mutation { deleteAccount(password: "correct horse battery") }`)
	want("the end of the account", false)
}
