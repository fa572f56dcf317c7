package accounts

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/google/uuid"

	"parley/auth"
	"parley/auth/attempts"
	"parley/auth/invites"
	"parley/auth/standing"
	"parley/ent"
)

// setAdmin makes somebody a server admin, or one no more, as the shell does.
func (n *node) setAdmin(who *auth.User, on bool) {
	n.t.Helper()
	err := n.store.Write(n.t.Context(), func(ctx context.Context, tx *ent.Tx) error {
		_, err := standing.SetAdmin(ctx, tx, who.ID, on)
		return err
	})
	if err != nil {
		n.t.Fatal(err)
	}
}

// admin is a new server admin who is signed in.
func (n *node) admin(username string) auth.Identity {
	n.t.Helper()
	in := n.signUp(username)
	n.setAdmin(in.User, true)
	return n.wantLive(in.AccessToken)
}

// disable is what comes of somebody's wish to disable somebody, or to let them in again.
func (n *node) disable(who auth.Identity, whom string, on bool) error {
	_, err := n.DisableUser(n.t.Context(), who, whom, on)
	return err
}

// All sessions of whoever is disabled have ended when the call returns; those of others live on. What they are called stays.
func TestDisabledAreSignedOut(t *testing.T) {
	n := start(t)
	root, bob := n.admin("root"), n.signUp("bob")
	in := []*auth.Tokens{n.signUp("Ada"), n.signIn("ada")}
	for _, one := range in {
		n.wantLive(one.AccessToken) // now in the cache
	}
	for _, by := range []string{"ADA", in[0].User.ID.String()} { // sent again it changes nothing
		if got := must(n.DisableUser(t.Context(), root, by, true))(t); got != in[0].User.ID {
			t.Errorf("%s is %v", by, got)
		}
	}
	for _, one := range in {
		n.wantDead(one.AccessToken, auth.ReasonDisabled)
		_, err := n.refresh(*one.RefreshToken)
		wantReason(t, err, auth.ErrSessionRevoked, auth.ReasonDisabled)
		if !n.wasTold(one.SessionID) {
			t.Error("sockets were not told")
		}
	}
	n.wantLive(bob.AccessToken)
	if got := must(n.UserByNameOrID(t.Context(), "ada"))(t); !got.IsDisabled || got.Username != "Ada" {
		t.Errorf("they are %+v", got)
	}
	wantError(t, n.disable(root, "ada", false), nil)
	if got := must(n.UserByNameOrID(t.Context(), "ada"))(t); got.IsDisabled {
		t.Errorf("let in again they are %+v", got)
	}
	n.wantDead(in[0].AccessToken, auth.ReasonDisabled) // and are to sign in
	n.wantLive(n.signIn("ada").AccessToken)
}

// Only whoever knows the password learns that the account is disabled. It was right, so it takes none of the tokens that are for wrong
// ones, however often it is sent.
func TestDisabledAreToldBehindTheirPassword(t *testing.T) {
	n := start(t)
	n.signUp("ada")
	root := n.admin("root")
	wantError(t, n.disable(root, "ada", true), nil)
	_, before, _ := n.rows()
	wantError(t, n.tryWrong("ada", stranger(1)), auth.ErrInvalidCredentials)
	for range 20 { // twice as many as may be wrong
		_, err := n.Login(t.Context(), "ada", password, stranger(2))
		wantReason(t, err, auth.ErrForbidden, auth.ReasonDisabled)
	}
	account, network := n.taken(ofUnknown, "ada", 1), n.taken(ofNetwork, "198.51.100.2/32", 5)
	if _, after, _ := n.rows(); account != 1 || network != 0 || after != before {
		t.Errorf("%d and %d tokens are taken by one wrong password; %d sessions more", account, network, after-before)
	}
	wantError(t, n.disable(root, "ada", false), nil)
	n.signIn("ada")
}

// An account that was disabled between the check of the password and the session would have a session that nothing has ended.
func TestLoginSeesThatSomebodyIsDisabled(t *testing.T) {
	n := start(t)
	in := n.signUp("ada")
	root := n.admin("root")
	err := n.attempt(t.Context(), must(n.attempts.Resolve(t.Context(), "ada", home))(t), password, func(a *attempts.Attempt) error {
		wantError(t, n.disable(root, "ada", true), nil)
		_, err := n.Service.signIn(t.Context(), a, home)
		return err
	})
	wantReason(t, err, auth.ErrForbidden, auth.ReasonDisabled)
	n.wantDead(in.AccessToken, auth.ReasonDisabled)
	if _, sessions, _ := n.rows(); sessions != 2 {
		t.Errorf("%d sessions", sessions)
	}
}

// Whoever is disabled is refused as what they are, and not only because their sessions were ended: a node that did not know of it may have
// begun one.
func TestSessionsOfTheDisabledAreRefused(t *testing.T) {
	n := start(t)
	in := n.signUp("ada")
	n.sql(`UPDATE users SET disabled_at = created_at WHERE username = 'ada'`)
	n.wantDead(in.AccessToken, auth.ReasonDisabled)
	_, err := n.refresh(*in.RefreshToken)
	wantReason(t, err, auth.ErrSessionRevoked, auth.ReasonDisabled)
}

// Whoever is none is told nothing of whom they name; and server admins are for the shell alone.
func TestOnlyServerAdminsDisable(t *testing.T) {
	n := start(t)
	ada, bob := n.signUp("ada"), n.wantLive(n.signUp("bob").AccessToken)
	n.signUp("gone")
	n.sql(`UPDATE users SET deleted_at = created_at, password_hash = NULL WHERE username = 'gone'`)
	root, peer := n.admin("root"), n.admin("peer")
	for _, c := range []struct {
		who  auth.Identity
		whom string
		want error
	}{
		{bob, "ada", auth.ErrForbidden},
		{bob, "bob", auth.ErrForbidden},
		{bob, "no.such.person", auth.ErrForbidden},
		{root, "peer", auth.ErrForbidden},
		{root, peer.User.ID.String(), auth.ErrForbidden},
		{root, "root", auth.ErrForbidden},
		{root, "no.such.person", auth.ErrNoUser},
		{root, "gone", auth.ErrNoUser},
	} {
		for _, on := range []bool{true, false} {
			if err := n.disable(c.who, c.whom, on); !errors.Is(err, c.want) {
				t.Errorf("%s by %s: %v, want %v", c.whom, c.who.User.Username, err, c.want)
			}
		}
	}
	n.wantLive(ada.AccessToken)
}

// Whoever was a server admin when their request was let in is judged by what they are when it is carried out, also on another node.
func TestWhoIsServerAdminNoMoreActsAsNone(t *testing.T) {
	for what, end := range map[string]func(n *node, who auth.Identity){
		"taken away": func(n *node, who auth.Identity) { n.setAdmin(who.User, false) },
		"disabled": func(n *node, who auth.Identity) {
			n.sql(`UPDATE users SET disabled_at = created_at WHERE username = 'root'`)
		},
		"deleted": func(n *node, who auth.Identity) { must(n.DeleteAccount(n.t.Context(), who, password))(n.t) },
	} {
		t.Run(what, func(t *testing.T) {
			n := start(t)
			ada, root, peer := n.signUp("ada"), n.admin("root"), n.admin("peer")
			made := must(n.CreateInvite(t.Context(), peer, invites.Wish{}))(t)
			end(n.another(), root)
			wantError(t, n.disable(root, "ada", true), auth.ErrForbidden)
			_, err := n.CreateInvite(t.Context(), root, invites.Wish{})
			wantError(t, err, auth.ErrForbidden)
			_, err = n.Invites(t.Context(), root)
			wantError(t, err, auth.ErrForbidden)
			_, err = n.DeleteInvite(t.Context(), root, made.ID.String())
			wantError(t, err, auth.ErrNoInvite)
			n.wantLive(ada.AccessToken)
			if left := must(n.Invites(t.Context(), peer))(t); len(left) != 1 {
				t.Errorf("there are %d invites", len(left))
			}
		})
	}
}

func TestAuditOfServerAdmins(t *testing.T) {
	n, r := audited(t, slog.LevelDebug)
	in, who := n.signUp("ada"), n.admin("root")
	ctx := auth.WithCaller(t.Context(), auth.Caller{Identity: &who, Address: home.Address})
	by, whom := rest(who.User.ID, who.SessionID, 0, ""), "whom="+in.User.ID.String()+" "
	r.take()
	for range 2 { // which disables them once
		must(n.DisableUser(ctx, who, "ada", true))(t)
	}
	r.want(entry{"INFO", "sessions_ended", rest(in.User.ID, in.SessionID, 1, auth.ReasonDisabled)}, entry{"INFO", "account_disabled", by + whom})
	_, err := n.Login(ctx, "ada", password, home)
	wantError(t, err, auth.ErrForbidden)
	r.want(entry{"WARN", "login_failed", rest(in.User.ID, uuid.Nil, 0, "")})
	for range 2 {
		must(n.DisableUser(ctx, who, "ada", false))(t)
	}
	r.want(entry{"INFO", "account_enabled", by + whom})
	_, err = n.DisableUser(ctx, who, "root", true)
	wantError(t, err, auth.ErrForbidden)
	r.want()
}
