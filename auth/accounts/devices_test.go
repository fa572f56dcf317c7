package accounts

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/auth"
)

// ids are the sessions a list shows, in its order.
func (n *node) ids(who auth.Identity) []uuid.UUID {
	n.t.Helper()
	ids := []uuid.UUID{}
	for _, s := range must(n.Sessions(n.t.Context(), who))(n.t) {
		ids = append(ids, s.ID)
	}
	return ids
}

func TestSessionsLatestUsedFirst(t *testing.T) {
	n := start(t)
	n.signUp("bob")
	first := n.signUp("ada")
	n.clock.pass(time.Second)
	second := must(n.Login(t.Context(), "ada", password, auth.Client{}))(t)
	third := n.signIn("ada") // at the same moment: the later one first
	who := n.wantLive(second.AccessToken)
	if got := n.ids(who); !slices.Equal(got, []uuid.UUID{third.SessionID, second.SessionID, first.SessionID}) {
		t.Errorf("got %v", got)
	}
	began := n.store.Now()
	n.clock.pass(time.Second)
	token := *first.RefreshToken
	must(n.Refresh(t.Context(), &token, nil, auth.Client{Address: netip.MustParseAddr("2001:db8::1"), UserAgent: "new"}))(t)
	list := must(n.Sessions(t.Context(), who))(t)
	if len(list) != 3 || list[0].ID != first.SessionID || list[1].ID != third.SessionID {
		t.Fatalf("got %v", n.ids(who))
	}
	got, own := list[0], list[2]
	if *got.UserAgent != "new" || *got.IPAddress != "2001:db8::1" || got.IsCurrent ||
		!got.CreatedAt.Equal(began.Add(-time.Second)) || !got.LastUsedAt.Equal(n.store.Now()) {
		t.Errorf("got %+v", got)
	}
	if own.ID != second.SessionID || !own.IsCurrent || own.UserAgent != nil || own.IPAddress != nil ||
		!own.CreatedAt.Equal(began) || !own.LastUsedAt.Equal(began) || list[1].IsCurrent {
		t.Errorf("got %+v", own)
	}
}

func TestSessionsThatHaveEndedAreNotListed(t *testing.T) {
	n := start(t, func(o *Options) { o.RefreshTokenLifetime = 3 * time.Hour })
	expired := n.signUp("ada")
	n.clock.pass(time.Hour)
	bounded := n.another(func(o *Options) { o.SessionLifetime = time.Hour }).signIn("ada")
	ended, live := n.signIn("ada"), n.signIn("ada")
	who := n.wantLive(live.AccessToken)
	n.logout(auth.LogoutCurrent, ended.AccessToken)
	wantList := func(want ...*auth.Tokens) {
		t.Helper()
		ids := []uuid.UUID{}
		for _, in := range want {
			ids = append(ids, in.SessionID)
		}
		if got := n.ids(who); !slices.Equal(got, ids) {
			t.Errorf("got %v, want %v", got, ids)
		}
		all := []uuid.UUID{live.SessionID, bounded.SessionID, expired.SessionID, ended.SessionID}
		for i, s := range must(n.SessionsByID(t.Context(), who, all))(t) {
			if listed := slices.Contains(ids, all[i]); listed != (s != nil) {
				t.Errorf("session %d is listed: %v, and found: %+v", i, listed, s)
			}
		}
	}
	until := func(end time.Time) { n.clock.pass(end.Sub(n.clock.Now()) - time.Millisecond) }
	wantList(live, bounded, expired)
	until(bounded.RefreshTokenExpiresAt) // which is cut to whole seconds, and is the end of both
	wantList(live, bounded, expired)
	n.clock.pass(time.Millisecond)
	wantList(live, expired)
	until(expired.RefreshTokenExpiresAt)
	wantList(live, expired)
	n.clock.pass(time.Millisecond)
	wantList(live)
}

// The end of a session counts where a token outlives it too.
func TestSessionPastItsEndIsNotListed(t *testing.T) {
	n := start(t)
	in := n.signUp("ada")
	who := n.wantLive(in.AccessToken)
	n.sql(`UPDATE sessions SET ends_at = '2030-01-02 03:04:05.678+00:00'`)
	if got := n.ids(who); len(got) != 0 {
		t.Errorf("got %v", got)
	}
	n.clock.pass(-time.Millisecond)
	if got := n.ids(who); len(got) != 1 {
		t.Errorf("got %v", got)
	}
}

func TestSessionsByID(t *testing.T) {
	n := start(t)
	theirs := n.signUp("bob").SessionID
	a, b := n.signUp("ada"), n.signIn("ada")
	who := n.wantLive(a.AccessToken)
	ask := []uuid.UUID{b.SessionID, theirs, a.SessionID, uuid.New(), b.SessionID, {}}
	got := must(n.SessionsByID(t.Context(), who, ask))(t)
	for i, want := range []bool{true, false, true, false, true, false} {
		if (got[i] != nil) != want || want && (got[i].ID != ask[i] || got[i].IsCurrent != (ask[i] == a.SessionID)) {
			t.Errorf("session %d is %+v", i, got[i])
		}
	}
	if got := must(n.SessionsByID(t.Context(), who, nil))(t); len(got) != 0 {
		t.Errorf("none is %v", got)
	}
}

func TestEndSession(t *testing.T) {
	n := start(t)
	a, b, c := n.signUp("ada"), n.signIn("ada"), n.signIn("ada")
	who := n.wantLive(a.AccessToken)
	n.wantLive(b.AccessToken) // now in the cache
	id := b.SessionID.String()
	for _, form := range []string{id, id, strings.ToUpper(id)} { // and sent again
		if got := must(n.EndSession(t.Context(), who, form))(t); got != b.SessionID {
			t.Errorf("got %v", got)
		}
	}
	n.wantDead(b.AccessToken, auth.ReasonSessionEnded)
	_, err := n.refresh(*b.RefreshToken)
	wantReason(t, err, auth.ErrSessionRevoked, auth.ReasonSessionEnded)
	if !slices.Equal(n.told, []uuid.UUID{b.SessionID}) {
		t.Errorf("told of %v", n.told)
	}
	n.logout(auth.LogoutCurrent, c.AccessToken)
	must(n.EndSession(t.Context(), who, c.SessionID.String()))(t)
	n.wantDead(c.AccessToken, auth.ReasonLogout) // the reason stays the first one
	n.wantLive(a.AccessToken)
	must(n.EndSession(t.Context(), who, a.SessionID.String()))(t)
	n.wantDead(a.AccessToken, auth.ReasonSessionEnded)
}

// What somebody may not end does not exist for them, whatever it is.
func TestOnlyOwnSessionsAreEnded(t *testing.T) {
	n := start(t)
	bob := n.signUp("bob")
	n.logout(auth.LogoutCurrent, n.signIn("bob").AccessToken)
	in := n.signUp("ada")
	who := n.wantLive(in.AccessToken)
	before := n.session(bob.AccessToken).String()
	ended := must(n.store.Read.Session.Query().All(t.Context()))(t)[1]
	for _, text := range []string{
		bob.SessionID.String(), ended.ID.String(), uuid.NewString(), uuid.Nil.String(), in.User.ID.String(),
		"", "junk", in.SessionID.String() + "0", " " + in.SessionID.String(), in.AccessToken, "'; DELETE FROM sessions; --",
	} {
		_, err := n.EndSession(t.Context(), who, text)
		wantError(t, err, auth.ErrNoSession)
		if text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("an error repeats what was sent: %v", err)
		}
	}
	if after := n.session(bob.AccessToken).String(); after != before {
		t.Errorf("was %s\nand is %s", before, after)
	}
	n.wantLive(bob.AccessToken)
	n.wantLive(in.AccessToken)
}

func TestEndSessionAtOnce(t *testing.T) {
	n := start(t)
	nodes := []*node{n, n.another()}
	a, b := n.signUp("ada"), n.signIn("ada")
	ask := []auth.Identity{n.wantLive(a.AccessToken), n.wantLive(b.AccessToken)}
	atOnce(t, 20, func(i int) uuid.UUID {
		return must(nodes[i/2%2].EndSession(t.Context(), ask[i%2], b.SessionID.String()))(t)
	})
	n.clock.pass(2 * time.Second) // the other node may have been the one
	n.wantDead(b.AccessToken, auth.ReasonSessionEnded)
	n.wantLive(a.AccessToken)
	if told := len(nodes[0].told) + len(nodes[1].told); told != 1 {
		t.Errorf("%d were told of one end", told)
	}
}

// A session whose refresh token has run out within the leeway can still be refreshed.
func TestEndSessionWithinTheLeeway(t *testing.T) {
	n := start(t)
	old := n.signUp("ada")
	n.clock.pass(old.RefreshTokenExpiresAt.Sub(n.clock.Now()) + 4*time.Second)
	who := n.wantLive(n.signIn("ada").AccessToken)
	must(n.EndSession(t.Context(), who, old.SessionID.String()))(t)
	_, err := n.refresh(*old.RefreshToken)
	wantReason(t, err, auth.ErrSessionRevoked, auth.ReasonSessionEnded)
}
