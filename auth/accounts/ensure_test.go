package accounts

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"parley/auth"
	"parley/ent/session"
	"parley/limit"
)

// A session that began with a token ends when the entry of its issuer says, or all sessions do, whichever is first.
func TestSessionLifetimeOfIssuers(t *testing.T) {
	for what, c := range map[string]struct {
		all, theirs, want time.Duration
	}{
		"as it is":               {0, 7 * 24 * time.Hour, 7 * 24 * time.Hour},
		"all sessions are short": {time.Hour, 7 * 24 * time.Hour, time.Hour},
		"theirs are shorter":     {24 * time.Hour, time.Hour, time.Hour},
	} {
		t.Run(what, func(t *testing.T) {
			n := start(t, withApps, func(o *Options) { o.SessionLifetime, o.Issuers[0].SessionLifetime = c.all, c.theirs })
			in := n.come("ann", nil)
			row := n.store.Read.Session.Query().Where(session.ID(in.SessionID)).OnlyX(t.Context())
			if row.EndsAt == nil || row.EndsAt.Sub(row.CreatedAt) != c.want || in.RefreshTokenExpiresAt.After(*row.EndsAt) {
				t.Errorf("it ends at %v, and began at %v", row.EndsAt, row.CreatedAt)
			}
			n.clock.pass(c.want - time.Minute)
			in = must(n.refresh(*in.RefreshToken))(t)
			if in.AccessTokenExpiresAt.After(*row.EndsAt) {
				t.Errorf("an access token is good until %v", in.AccessTokenExpiresAt)
			}
			n.clock.pass(2 * time.Minute)
			_, err := n.refresh(*in.RefreshToken)
			wantReason(t, err, auth.ErrUnauthenticated, auth.ReasonTokenTooOld)
		})
	}
}

// Sign-ins by tokens have the rate of those by password: of one person, and five times that of one network. A token that is not taken
// counts for nobody.
func TestRateOfTokens(t *testing.T) {
	n := start(t, withApps, func(o *Options) { o.LoginRate = limit.Rate{Calls: 2, Per: time.Minute} })
	for range 20 {
		_, err := n.LoginWith(t.Context(), n.tokenOf("app", "ann", map[string]any{"aud": "else"}), home)
		wantError(t, err, auth.ErrUnauthenticated)
	}
	for _, subject := range []string{"ann", "bob", "cid", "dan"} {
		n.come(subject, nil)
		n.come(subject, nil)
		_, err := n.LoginWith(t.Context(), n.tokenOf("app", subject, nil), home)
		wantLimited(t, err, 30*time.Second)
	}
	n.come("eve", nil)
	n.come("eve", nil)
	_, err := n.LoginWith(t.Context(), n.tokenOf("app", "fay", nil), home)
	wantLimited(t, err, 6*time.Second)
	if users, _, _ := n.rows(); users != 5 {
		t.Errorf("%d users, want 5", users)
	}
	n.clock.pass(30 * time.Second)
	n.come("ann", nil)
}

// Bots and server admins make people before they come, and others do not.
func TestEnsureUser(t *testing.T) {
	n := start(t, withApps)
	root, ada := n.admin("root"), n.wantLive(n.signUp("ada").AccessToken)
	_, key := n.bot(root, "robot")
	robot := n.wantLive(key)
	ann := must(n.ensure(robot, "ann"))(t)
	_, sessions, _ := n.rows()
	if again := must(n.ensure(root, "ann"))(t); again.ID != ann.ID {
		t.Errorf("sent again: %+v, was %+v", again, ann)
	}
	if _, now, _ := n.rows(); now != sessions || ann.Username != "ann" || ann.IsBot || ann.IsAdmin {
		t.Errorf("%d sessions, were %d: %+v", now, sessions, ann)
	}
	in := n.come("ann", nil)
	if in.User.ID != ann.ID {
		t.Error("they come as somebody else")
	}
	_, err := n.ensure(ada, "bob")
	wantError(t, err, auth.ErrForbidden)
	_, err = n.ensure(n.wantLive(in.AccessToken), "ann")
	wantError(t, err, auth.ErrForbidden)
	for _, by := range []auth.Identity{robot, root} {
		_, err = n.EnsureUser(t.Context(), by, "no token")
		wantReason(t, err, auth.ErrInvalidCredentials, auth.ReasonInvalidToken)
	}
	n.setAdmin(root.User, false)
	_, err = n.ensure(root, "bob")
	wantError(t, err, auth.ErrForbidden)
	n.setAdmin(root.User, true)
	wantError(t, n.disable(root, "robot", true), nil)
	if _, err = n.ensure(robot, "bob"); err == nil {
		t.Error("a bot that is disabled makes somebody")
	}
	if _, err := n.UserByNameOrID(t.Context(), "bob"); err == nil {
		t.Error("bob was made")
	}
}

// Whoever makes people and whoever comes meet in every order, on three nodes and without a deadlock: each subject is one person.
func TestEnsureAgainstLogin(t *testing.T) {
	nodes := three(t, withApps, func(o *Options) { o.ChangeRate = limit.Rate{} })
	ann, bob := nodes[0].come("ann", nil), nodes[0].come("bob", nil)
	nodes[0].setAdmin(ann.User, true)
	nodes[0].setAdmin(bob.User, true)
	admins := []auth.Identity{nodes[0].wantLive(ann.AccessToken), nodes[0].wantLive(bob.AccessToken)}
	subjects := []string{"ann", "bob", "cid", "dan"}
	got := atOnce(t, 60, func(i int) string {
		n, subject := nodes[i%3], subjects[i%4]
		if i%5 < 2 {
			in, err := n.LoginWith(t.Context(), n.tokenOf("app", subject, nil), home)
			if err != nil {
				return err.Error()
			}
			return subject + in.User.ID.String()
		}
		u, err := n.ensure(admins[i%2], subject)
		if err != nil {
			return err.Error()
		}
		return subject + u.ID.String()
	})
	if found := count(got); len(found) != 4 {
		t.Errorf("got %v", found)
	}
}

// The log says who came, by which issuer, who was made and by whom, and why a token was refused, and never what was in it.
func TestAuditOfTokens(t *testing.T) {
	n, log := audited(t, slog.LevelDebug)
	n.o.Issuers = nil
	withApps(&n.o)
	n.restart(n.store.Store, n.ring)
	in := n.come("ann", nil)
	log.want(entry{"INFO", "registered", fmt.Sprintf("address=%s audit=true issuer=app session_id=%s user_id=%s ", home.Address, in.SessionID, in.User.ID)})
	in = n.come("ann", nil)
	log.want(entry{"INFO", "login_ok", fmt.Sprintf("address=%s audit=true issuer=app session_id=%s user_id=%s ", home.Address, in.SessionID, in.User.ID)})
	_, _ = n.LoginWith(t.Context(), n.tokenOf("app", "ann", map[string]any{"aud": "a-secret"}), home)
	log.want(entry{"WARN", "login_failed", fmt.Sprintf("address=%s audit=true fault=aud holds none of the entry, or one that is not issuer=app ", home.Address)})
	for _, level := range []string{"DEBUG", "WARN"} { // once a minute whoever runs the server is told
		_, _ = n.LoginWith(t.Context(), n.tokenOf("app", "bob", map[string]any{"aud": "a-secret"}), home)
		log.want(entry{level, "login_failed", fmt.Sprintf("address=%s audit=true fault=aud holds none of the entry, or one that is not issuer=app ", home.Address)})
		n.clock.pass(time.Minute)
	}
	_, _ = n.LoginWith(t.Context(), "a.secret.token", home)
	log.want(entry{"WARN", "login_failed", fmt.Sprintf("address=%s audit=true fault=it cannot be read, or is signed in a way that is not taken ", home.Address)})
	root := n.admin("root")
	log.take()
	bob := must(n.ensure(root, "bob"))(t)
	log.want(entry{"INFO", "account_added", fmt.Sprintf("audit=true issuer=app session_id=%s user_id=%s whom=%s ", root.SessionID, root.User.ID, bob.ID)})
	must(n.ensure(root, "bob"))(t)
	log.want()
	wantError(t, n.disable(root, "ann", true), nil)
	log.take()
	_, _ = n.LoginWith(t.Context(), n.tokenOf("app", "ann", nil), home)
	log.want(entry{"WARN", "login_failed", fmt.Sprintf("address=%s audit=true issuer=app user_id=%s ", home.Address, in.User.ID)})
	_, _ = n.EnsureUser(t.Context(), root, "a.secret.token")
	log.want(entry{"DEBUG", "login_failed", fmt.Sprintf("audit=true fault=it cannot be read, or is signed in a way that is not taken session_id=%s user_id=%s ", root.SessionID, root.User.ID)})
}

// A sign-in by a token asks the database as little as a refresh does.
func TestStatementsOfTokens(t *testing.T) {
	n, statements := counted(t, withApps)
	in := n.come("ann", nil)
	token := n.tokenOf("app", "ann", nil)
	before := statements.Load()
	must(n.LoginWith(t.Context(), token, home))(t)
	with := statements.Load() - before
	before = statements.Load()
	must(n.refresh(*in.RefreshToken))(t)
	refreshing := statements.Load() - before
	t.Logf("a sign-in by a token: %d statements, a refresh: %d", with, refreshing)
	if with == 0 || with > refreshing {
		t.Errorf("a sign-in by a token takes %d statements, a refresh %d", with, refreshing)
	}
	before = statements.Load()
	_, _ = n.LoginWith(t.Context(), "a.b.c", home)
	_, _ = n.LoginWith(t.Context(), n.tokenOf("app", "ann", map[string]any{"aud": "x"}), home)
	if got := statements.Load() - before; got != 0 {
		t.Errorf("tokens that are refused take %d statements", got)
	}
}
