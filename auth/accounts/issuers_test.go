package accounts

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/auth"
	"parley/auth/issuers"
	"parley/auth/issuers/issuertest"
	"parley/ent/user"
)

const appSecret = "a secret of the app's own backend, long enough"

// withApps has the tokens of two other systems taken, app and other, which have secrets of their own.
func withApps(o *Options) {
	for _, name := range []string{"app", "other"} {
		entry := issuers.Defaults()
		entry.Name, entry.Audience, entry.Secrets = name, []string{issuertest.Audience}, []auth.Secret{auth.Secret(name + appSecret)}
		o.Issuers = append(o.Issuers, entry)
	}
}

// tokenOf is a token of one of them about a subject.
func (n *node) tokenOf(issuer, subject string, more map[string]any) string {
	n.t.Helper()
	now := n.clock.Now().Unix()
	all := map[string]any{"iat": now, "exp": now + 600, "preferred_username": subject}
	for name, value := range more {
		all[name] = value
	}
	return issuertest.Secret(issuer+appSecret).Sign(n.t, issuertest.ClaimsOf(issuer, subject, all), nil)
}

// come signs in by a token of app.
func (n *node) come(subject string, more map[string]any) *auth.Tokens {
	n.t.Helper()
	return must(n.LoginWith(n.t.Context(), n.tokenOf("app", subject, more), home))(n.t)
}

// ensure is what comes of a wish to make somebody of app.
func (n *node) ensure(by auth.Identity, subject string) (*auth.User, error) {
	return n.EnsureUser(n.t.Context(), by, n.tokenOf("app", subject, nil))
}

func (n *node) deleteByToken(who auth.Identity, token string) error {
	_, err := n.Service.DeleteAccount(n.t.Context(), who, Proof{Token: &token})
	return err
}

// Many first tokens about one subject at once, on three nodes, make one person.
func TestFirstSightMakesOnePerson(t *testing.T) {
	nodes := three(t, withApps)
	for round := range 5 {
		subject := fmt.Sprint("person", round)
		token := nodes[0].tokenOf("app", subject, nil)
		got := atOnce(t, 30, func(i int) string {
			in, err := nodes[i%3].LoginWith(t.Context(), token, home)
			if err != nil {
				return err.Error()
			}
			return in.User.ID.String() + " " + in.User.Username
		})
		if found := count(got); len(found) != 1 || !strings.HasSuffix(got[0], " "+subject) {
			t.Fatalf("round %d: got %v", round, found)
		}
		if users, sessions, _ := nodes[0].rows(); users != round+1 || sessions != 30*(round+1) {
			t.Fatalf("round %d: %d users, %d sessions", round, users, sessions)
		}
	}
}

// Many who are called alike come at once, on three nodes: each gets a username, and nobody that of another.
func TestManyOfOneName(t *testing.T) {
	nodes := three(t, withApps)
	got := atOnce(t, 40, func(i int) string {
		n := nodes[i%3]
		in, err := n.LoginWith(t.Context(), n.tokenOf("app", fmt.Sprint(i), map[string]any{"preferred_username": "ann@example.org"}), home)
		if err != nil {
			return err.Error()
		}
		return in.User.Username
	})
	if found := count(got); len(found) != 40 || found["ann"] != 1 || found["ann-2"] != 1 {
		t.Errorf("got %v", found)
	}
}

// Whoever is called as somebody else is somebody new, whoever that is: who they are is issuer and subject and nothing else.
func TestNobodyBecomesAnother(t *testing.T) {
	n := start(t, withApps)
	root := n.admin("root")
	ann := n.come("1", map[string]any{"preferred_username": "ann"})
	n.setAdmin(ann.User, true)
	seen := map[uuid.UUID]string{root.User.ID: "root", ann.User.ID: "ann"}
	for what, token := range map[string]string{
		"the name of a server admin":           n.tokenOf("app", "2", map[string]any{"preferred_username": "root"}),
		"that in another spelling":             n.tokenOf("app", "3", map[string]any{"preferred_username": "ＲＯＯＴ"}),
		"the name of an admin of theirs":       n.tokenOf("app", "4", map[string]any{"preferred_username": "ann"}),
		"the subject of another issuer":        n.tokenOf("other", "1", map[string]any{"preferred_username": "ann"}),
		"the username as a subject":            n.tokenOf("app", "ann", nil),
		"the id as a subject":                  n.tokenOf("app", ann.User.ID.String(), map[string]any{"preferred_username": ann.User.ID.String()}),
		"the subject with something behind it": n.tokenOf("app", "1 ", nil),
		"the subject in upper case":            n.tokenOf("app", "ANN", nil),
		"issuer and subject as one text":       n.tokenOf("app", "app\u00a01", nil),
		"no name":                              n.tokenOf("app", "5", map[string]any{"preferred_username": nil}),
		"no text as name":                      n.tokenOf("app", "6", map[string]any{"preferred_username": []string{"root"}}),
		"an e-mail address":                    n.tokenOf("app", "7", map[string]any{"preferred_username": nil, "email": "root@example.org"}),
	} {
		in, err := n.LoginWith(t.Context(), token, home)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if other, known := seen[in.User.ID]; known {
			t.Errorf("%s: it is %s", what, other)
		}
		seen[in.User.ID] = what
		if in.User.IsAdmin || in.User.Username == "root" || in.User.Username == "ann" {
			t.Errorf("%s: got %+v", what, in.User)
		}
	}
	if again := n.come("1", map[string]any{"preferred_username": "root"}); again.User.ID != ann.User.ID || again.User.Username != "ann" || !again.User.IsAdmin {
		t.Errorf("the one subject is now %+v", again.User)
	}
}

// What is shown of somebody is what their last token says; what does not fit is left out. Their username stays.
func TestNameAndImageFollow(t *testing.T) {
	n := start(t, withApps, func(o *Options) {
		o.Issuers[1].Claims = issuers.Claims{Username: "preferred_username", Image: "avatar"}
	})
	image := "https://example.org/a.png"
	for i, c := range []struct {
		name, picture any
		want          string
		image         *string
	}{
		{"Ann Lee", image, "Ann Lee", &image},
		{" Ann   Lee ", image, "Ann Lee", &image},
		{nil, nil, "Ann Lee", nil}, // it may be their own
		{strings.Repeat("n", 65), image + strings.Repeat("a", 500), "Ann Lee", nil},
		{strings.Repeat("n", 64), image + strings.Repeat("a", 475), strings.Repeat("n", 64), pointerTo(image + strings.Repeat("a", 475))},
		{"a\u202eb", "javascript:alert(1)", strings.Repeat("n", 64), nil},
		{"Bea", "", "Bea", nil},
		{"", "", "Bea", nil},
		{7, []string{image}, "Bea", nil},
		{"An\uFFFDn", "data:image/png;base64,AA==", "An\uFFFDn", nil},
		{"Ann", image, "Ann", &image},
	} {
		in := n.come("1", map[string]any{"preferred_username": fmt.Sprint("1st", i), "name": c.name, "picture": c.picture})
		got := in.User
		want := c.want
		if want == "1" {
			want = "1st0"
		}
		if got.Username != "1st0" || got.Name != want || (got.Image == nil) != (c.image == nil) || c.image != nil && *got.Image != *c.image {
			t.Errorf("%v, %v: got %+v", c.name, c.picture, got)
		}
		if row := must(n.UserByNameOrID(t.Context(), "1st0"))(t); row.Name != got.Name || *in.User != *got {
			t.Errorf("what is stored is %+v", row)
		}
	}
	// Where an entry takes the name from no claim, it is what they have set themselves.
	other := func(more map[string]any) *auth.Tokens {
		return must(n.LoginWith(t.Context(), n.tokenOf("other", "bob", more), home))(t)
	}
	who := n.wantLive(other(map[string]any{"name": "Robert", "avatar": image}).AccessToken)
	if who.User.Name != "bob" || who.User.Image == nil {
		t.Errorf("got %+v", who.User)
	}
	name := "Bobby"
	set := &name
	must(n.UpdateMe(t.Context(), who, Profile{Name: &set}))(t)
	if again := other(map[string]any{"name": "Robert"}); again.User.Name != "Bobby" || again.User.Image != nil {
		t.Errorf("got %+v", again.User)
	}
}

func pointerTo(text string) *string { return &text }

// Nobody signs in by a password who has none: a sign-in and a change of it fail as with a wrong one, and cost what it costs.
func TestPeopleOfIssuersHaveNoPassword(t *testing.T) {
	n := start(t, withApps)
	n.signUp("ada")
	who := n.wantLive(n.come("ann", nil).AccessToken)
	cost := func(do func() error) (uint64, error) {
		before := n.Stats().Hashes
		err := do()
		return n.Stats().Hashes - before, err
	}
	wrong, _ := cost(func() error { _, err := n.Login(t.Context(), "ada", "a wrong one", home); return err })
	for what, do := range map[string]func() error{
		"login":              func() error { _, err := n.Login(t.Context(), "ann", password, home); return err },
		"login with nothing": func() error { _, err := n.Login(t.Context(), "ann", "", home); return err },
		"change":             func() error { _, err := n.ChangePassword(t.Context(), who, password, fresh); return err },
		"change of nothing":  func() error { _, err := n.ChangePassword(t.Context(), who, "", fresh); return err },
		"delete":             func() error { _, err := n.DeleteAccount(t.Context(), who, ""); return err },
	} {
		hashes, err := cost(do)
		if wantError(t, err, auth.ErrInvalidCredentials); hashes != wrong || hashes != 1 {
			t.Errorf("%s: %d hashes, want %d", what, hashes, wrong)
		}
	}
	if row := n.store.Read.User.Query().Where(user.ID(who.User.ID)).OnlyX(t.Context()); row.PasswordHash != nil {
		t.Error("they have a password")
	}
}

// Whoever is disabled is told so and nothing of theirs changes; let in again they are who they were.
func TestDisabledWithToken(t *testing.T) {
	n := start(t, withApps)
	root := n.admin("root")
	in := n.come("ann", map[string]any{"name": "Ann"})
	wantError(t, n.disable(root, "ann", true), nil)
	n.wantDead(in.AccessToken, auth.ReasonDisabled)
	_, err := n.LoginWith(t.Context(), n.tokenOf("app", "ann", map[string]any{"name": "Other"}), home)
	wantReason(t, err, auth.ErrForbidden, auth.ReasonDisabled)
	if u := must(n.UserByNameOrID(t.Context(), "ann"))(t); u.Name != "Ann" || !u.IsDisabled {
		t.Errorf("they are %+v", u)
	}
	if u := must(n.ensure(root, "ann"))(t); !u.IsDisabled {
		t.Error("a backend lets them in again")
	}
	wantError(t, n.disable(root, "ann", false), nil)
	if again := n.come("ann", nil); again.User.ID != in.User.ID {
		t.Error("they are somebody else")
	}
}

// An account is deleted by a token about the same subject of the same issuer, and by nothing else; the next token makes somebody new.
func TestDeleteByToken(t *testing.T) {
	n := start(t, withApps)
	ada := n.wantLive(n.signUp("ada").AccessToken)
	in := n.come("ann", nil)
	other := n.come("ann", nil)
	who := n.wantLive(in.AccessToken)
	token := n.tokenOf("app", "ann", nil)
	_, err := n.Service.DeleteAccount(t.Context(), who, Proof{})
	wantInvalid(t, err, "password", "REQUIRED")
	_, err = n.Service.DeleteAccount(t.Context(), who, Proof{Password: pointerTo(password), Token: &token})
	wantInvalid(t, err, "token", "REQUIRED")
	for what, token := range map[string]string{
		"another subject":    n.tokenOf("app", "bob", nil),
		"another issuer":     n.tokenOf("other", "ann", nil),
		"a subject that was": n.tokenOf("app", "ANN", nil),
	} {
		if err := n.deleteByToken(who, token); err == nil {
			t.Fatalf("%s: it is deleted", what)
		} else {
			wantError(t, err, auth.ErrInvalidCredentials)
		}
	}
	wantError(t, n.deleteByToken(ada, token), auth.ErrInvalidCredentials)
	wantReason(t, n.deleteByToken(who, in.AccessToken), auth.ErrInvalidCredentials, auth.ReasonInvalidToken)
	wantReason(t, n.deleteByToken(who, ""), auth.ErrInvalidCredentials, auth.ReasonInvalidToken)
	old := n.tokenOf("app", "ann", map[string]any{"exp": n.clock.Now().Unix() - 60})
	wantReason(t, n.deleteByToken(who, old), auth.ErrInvalidCredentials, auth.ReasonTokenExpired)
	n.wantLive(in.AccessToken)

	wantError(t, n.deleteByToken(who, token), nil)
	n.wantDead(in.AccessToken, auth.ReasonAccountDeleted)
	n.wantDead(other.AccessToken, auth.ReasonAccountDeleted)
	wantReason(t, n.deleteByToken(who, token), auth.ErrSessionRevoked, auth.ReasonAccountDeleted)
	row := n.store.Read.User.GetX(t.Context(), who.User.ID)
	if row.Issuer != nil || row.Subject != nil || row.Name != nil || row.Image != nil || row.DeletedAt == nil {
		t.Errorf("the row is %+v", row)
	}
	if again := n.come("ann", nil); again.User.ID == who.User.ID || again.User.Username != "ann-2" {
		t.Errorf("they are again %+v", again.User)
	}
}
