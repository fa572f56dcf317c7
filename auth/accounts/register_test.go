package accounts

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/auth"
	"parley/auth/invites"
	"parley/naming/usernames"
)

// registration lets a server take accounts from whom it says.
func registration(who auth.Registration) func(*Options) {
	return func(o *Options) { o.Registration = who }
}

// registerWith is what comes of making an account with a code; nil: without one.
func (n *node) registerWith(username string, code *string) error {
	_, err := n.Service.Register(n.t.Context(), Registration{Username: username, Password: password, Invite: code}, home)
	return err
}

// invite makes an invite to the server; uses 0: for any number.
func (n *node) invite(by auth.Identity, uses int) *auth.Invite {
	n.t.Helper()
	return must(n.CreateInvite(n.t.Context(), by, invites.Wish{Uses: &uses}))(n.t)
}

// usesLeft is what is left of an invite.
func (n *node) usesLeft(id uuid.UUID) int {
	n.t.Helper()
	return *must(n.store.Read.ServerInvite.Get(n.t.Context(), id))(n.t).UsesLeft
}

func wantClosed(t testing.TB, err error) {
	t.Helper()
	wantReason(t, err, auth.ErrForbidden, auth.ReasonRegistrationClosed)
}

// Who may not is told so before anything is said of the name or the password, and for no hash.
func TestWhoMayRegister(t *testing.T) {
	open := start(t)
	made := open.invite(open.admin("root"), 0)
	for i, c := range []struct {
		who  auth.Registration
		code *string
		in   bool
	}{
		{auth.RegistrationOpen, nil, true},
		{auth.RegistrationOpen, new("junk"), true}, // which is not looked at
		{auth.RegistrationInvite, nil, false},
		{auth.RegistrationInvite, new(""), false},
		{auth.RegistrationInvite, new("junk"), false},
		{auth.RegistrationInvite, new(strings.Repeat("0", 26)), false},
		{auth.RegistrationInvite, &made.Code, true},
		{auth.RegistrationInvite, new(strings.ToLower(made.Code)), true},
		{auth.RegistrationClosed, nil, false},
		{auth.RegistrationClosed, &made.Code, false},
	} {
		n := open.another(registration(c.who))
		if c.in {
			wantInvalid(t, n.registerWith("a", c.code), "username", "TOO_SHORT")
			wantError(t, n.registerWith(fmt.Sprint("person", i), c.code), nil)
			n.signIn(fmt.Sprint("person", i))
			continue
		}
		wantClosed(t, n.registerWith("a", c.code))
		wantClosed(t, n.registerWith("root", c.code))
		if wantClosed(t, n.registerWith("bob", c.code)); n.Stats().Hashes != 0 {
			t.Error("a password was hashed")
		}
	}
	if users, _, _ := open.rows(); users != 5 {
		t.Errorf("%d users", users)
	}
}

// However many come at once, on however many nodes, an invite lets in as many as it says.
func TestInviteLetsInAsManyAsItSays(t *testing.T) {
	open := start(t)
	made := open.invite(open.admin("root"), 3)
	nodes := []*node{open.another(registration(auth.RegistrationInvite)), open.another(registration(auth.RegistrationInvite))}
	got := count(atOnce(t, 30, func(i int) string {
		err := nodes[i%2].registerWith(fmt.Sprint("person", i), &made.Code)
		if err != nil && !errors.Is(err, invites.ErrClosed) {
			t.Errorf("person %d: %v", i, err)
		}
		return map[bool]string{true: "in", false: "closed"}[err == nil]
	}))
	if users, _, _ := open.rows(); got["in"] != 3 || users != 4 || open.usesLeft(made.ID) != 0 {
		t.Errorf("got %v; %d users; %d uses are left", got, users, open.usesLeft(made.ID))
	}
}

// A name that is taken uses nothing, whether that is found before the transaction or in it.
func TestTakenNameUsesNoInvite(t *testing.T) {
	open := start(t)
	made := open.invite(open.admin("root"), 5)
	n := open.another(registration(auth.RegistrationInvite))
	got := count(atOnce(t, 20, func(int) string {
		err := n.registerWith("ada", &made.Code)
		if err != nil && !errors.Is(err, auth.ErrUsernameTaken) {
			t.Error(err)
		}
		return map[bool]string{true: "in", false: "taken"}[err == nil]
	}))
	if left := open.usesLeft(made.ID); got["in"] != 1 || left != 4 {
		t.Errorf("got %v; %d uses are left", got, left)
	}
	taken, _ := usernames.Parse("ada")
	_, _, err := n.create(t.Context(), newAccount{taken, "x", made.Code}, home)
	if wantError(t, err, auth.ErrUsernameTaken); open.usesLeft(made.ID) != 4 {
		t.Errorf("%d uses are left", open.usesLeft(made.ID))
	}
}

// A code that was good when it was looked at is judged once more by the transaction that makes the account.
func TestInviteThatEndsMeanwhileLetsNobodyIn(t *testing.T) {
	open := start(t)
	root := open.admin("root")
	made := open.invite(root, 1)
	n := open.another(registration(auth.RegistrationInvite))
	code := must(n.letIn(t.Context(), &made.Code))(t)
	open.setAdmin(root.User, false)
	name, _ := usernames.Parse("ada")
	_, _, err := n.create(t.Context(), newAccount{name, "x", code}, home)
	if wantClosed(t, err); n.registerWith("ada", &made.Code) == nil {
		t.Error("it lets somebody in behind its end")
	}
	if users, _, _ := open.rows(); users != 1 {
		t.Errorf("%d users", users)
	}
}
