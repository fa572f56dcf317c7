package auth

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/e2e/harness"
)

// noCode has the form of a code, and is that of no invite.
const noCode = "00000000000000000000000000"

const registerDocument = `mutation($u: String!, $p: String!, $i: String) { register(username: $u, password: $p, invite: $i) { user { username } } }`

// registerWith makes an account with the code of an invite; nil is null.
func registerWith(s *harness.Server, username string, code any) harness.Answer {
	s.T.Helper()
	return s.AskThrough("", registerDocument, map[string]any{"u": username, "p": "correct horse battery", "i": code})
}

// wantReason wants an answer to be refused with a code and a reason, "" for none.
func wantReason(t testing.TB, a harness.Answer, code, reason string) {
	t.Helper()
	if a.Code() != code || harness.WordOf(a, "reason") != reason {
		t.Errorf("got %s, want %s %s", a.Body, code, reason)
	}
}

// wantClosed wants somebody not to be let in, whatever is wrong with what they came with.
func wantClosed(t testing.TB, a harness.Answer) {
	t.Helper()
	wantReason(t, a, "FORBIDDEN", "REGISTRATION_CLOSED")
}

// Who may register is what is set, or else what the address and the proxies say. The server tells it to its log, once, and to whoever
// asks, and does as it says.
func TestWhoMayRegister(t *testing.T) {
	for _, c := range []struct {
		flags         []string
		want, because string
	}{
		{[]string{"--registration="}, "OPEN", "PARLEY_ADDR"},
		{[]string{"--registration=", harness.BehindProxy}, "INVITE", "PARLEY_TRUSTED_PROXIES"},
		{[]string{"--registration=open", harness.BehindProxy}, "OPEN", "PARLEY_REGISTRATION"},
		{[]string{"--registration=invite"}, "INVITE", "PARLEY_REGISTRATION"},
		{[]string{"--registration=closed"}, "CLOSED", "PARLEY_REGISTRATION"},
	} {
		t.Run(strings.Join(c.flags, " "), func(t *testing.T) {
			s := harness.New(t, c.flags...)
			var data struct{ Server struct{ Registration string } }
			if s.Must(&data, "", `{ server { registration } }`); data.Server.Registration != c.want {
				t.Errorf("it is said to be %s, want %s", data.Server.Registration, c.want)
			}
			line := `"msg":"who may register","registration":"` + strings.ToLower(c.want) + `","because":"` + c.because
			if log := s.Log.String(); strings.Count(log, "who may register") != 1 || !strings.Contains(log, line) {
				t.Errorf("the log is %s, want %s once", log, line)
			}
			for i, code := range []any{nil, "", noCode} {
				switch a := registerWith(s, fmt.Sprint("guest", i), code); {
				case c.want != "OPEN":
					wantClosed(t, a)
				case len(a.Errors) > 0:
					t.Errorf("with %v: %s", code, a.Body)
				}
			}
		})
	}
}

// A proxy that no setting names makes a server that listens on loopback one for strangers. Where nobody has said that everybody may
// register, the log warns of it, once.
func TestUnnamedProxyIsWarnedOf(t *testing.T) {
	for name, c := range map[string]struct {
		flags    []string
		warnings int
	}{
		"nothing was said": {[]string{"--registration="}, 1},
		"open was said":    {[]string{"--registration=open"}, 0},
		"invite was said":  {[]string{"--registration=invite"}, 0},
		"it was named":     {[]string{"--registration=", harness.BehindProxy}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := harness.New(t, c.flags...)
			warnings := func() int { return strings.Count(s.Log.String(), "a proxy seems to stand in front") }
			s.Post(harness.VersionBody)
			if n := warnings(); n != 0 {
				t.Errorf("%d warnings of a client without a proxy", n)
			}
			for range 3 {
				s.Post(harness.VersionBody, "X-Forwarded-For", "198.51.100.7")
			}
			s.Get("/", "X-Forwarded-For", "198.51.100.8")
			if n := warnings(); n != c.warnings {
				t.Errorf("%d warnings, want %d: %s", n, c.warnings, s.Log)
			}
		})
	}
}

// Where everybody may register an invite is not looked at, so it is not used up either.
func TestOpenRegistrationUsesNoInvite(t *testing.T) {
	s := &harness.StartProcess(t, harness.DataDir(t), harness.NoLimits()...).Server
	root := newAdmin(t, s, "root")
	made := inviteBy(s, root, "")
	for i, code := range []any{nil, "", "no code", noCode, made.Code} {
		if a := registerWith(s, fmt.Sprint("guest", i), code); len(a.Errors) > 0 {
			t.Errorf("with %v: %s", code, a.Body)
		}
	}
	if list := invitesOf(s, root); len(list) != 1 || list[0].UsesLeft == nil || *list[0].UsesLeft != 1 {
		t.Errorf("the invites are %+v", list)
	}
}

// Where nobody may register no invite lets in, whoever made it; the shell does.
func TestClosedRegistrationTakesNoInvite(t *testing.T) {
	s := &harness.StartProcess(t, harness.DataDir(t), append(harness.NoLimits(), "--registration", "closed")...).Server
	root := newAdmin(t, s, "root")
	for _, code := range []string{inviteBy(s, root, "(uses: 0)").Code, shellInvite(t, s, "--uses", "0")} {
		wantClosed(t, registerWith(s, "guest", code))
	}
	mustShell(t, s.Dir, "correct horse battery\n", "user", "add", "guest")
	s.WantCode(s.SignIn("guest", "correct horse battery").AccessToken, "")
}

// In invite mode nothing but the code of an invite to the server lets in, in upper or lower case. That of a room lets in people who
// have an account, and no registration uses it.
func TestOnlyInvitesToTheServerLetIn(t *testing.T) {
	s := &harness.StartProcess(t, harness.DataDir(t), append(harness.NoLimits(), "--registration", "invite")...).Server
	root := newAdmin(t, s, "root")
	var made struct{ CreateRoom struct{ ID string } }
	s.Must(&made, root, `mutation { createRoom(name: "Plans", kind: PRIVATE) { id } }`)
	var toRoom struct{ CreateInvite invitation }
	s.Must(&toRoom, root, `mutation($r: ID!) { createInvite(room: $r) { code } }`, map[string]any{"r": made.CreateRoom.ID})
	code := inviteBy(s, root, "").Code
	room := toRoom.CreateInvite.Code
	for _, junk := range []any{
		nil, "", " ", "x", noCode, strings.Repeat("U", 26), strings.Repeat("0", 10_000), code[:25], code + "0", code + "\n", " " + code, room, strings.ToLower(room),
	} {
		wantClosed(t, registerWith(s, "guest", junk))
	}
	wantClosed(t, s.RegisterAs("guest", "correct horse battery")) // the argument is left out
	if a := registerWith(s, "guest", strings.ToLower(code)); len(a.Errors) > 0 {
		t.Fatalf("in lower case: %s", a.Body)
	}
	wantClosed(t, registerWith(s, "other", code)) // it has been used
	guest := s.SignIn("guest", "correct horse battery").AccessToken
	wantReason(t, s.AskThrough(guest, `mutation($c: String!) { acceptInvite(code: $c) { role } }`, map[string]any{"c": code}), "NOT_FOUND", "")
	var joined struct{ AcceptInvite struct{ Role string } }
	if s.Must(&joined, guest, `mutation($c: String!) { acceptInvite(code: $c) { role } }`, map[string]any{"c": room}); joined.AcceptInvite.Role != "MEMBER" {
		t.Errorf("joined as %+v", joined)
	}
	if people := peopleOf(t, s); !slices.Equal(people, []string{"guest", "root"}) {
		t.Errorf("the accounts are %v", people)
	}
}
