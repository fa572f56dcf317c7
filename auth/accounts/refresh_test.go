package accounts

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/auth"
	"parley/auth/keys"
	"parley/auth/tokens"
)

func TestRefreshMakesNewPair(t *testing.T) {
	n := start(t)
	first := n.signUp("ada")
	n.clock.pass(time.Hour)
	token := *first.RefreshToken
	second := must(n.Refresh(t.Context(), &token, nil, auth.Client{Address: netip.MustParseAddr("2001:db8::1"), UserAgent: "x\x00y" + strings.Repeat("ü", 200)}))(t)
	if *second.RefreshToken == token || second.AccessToken == first.AccessToken || *second.User != *first.User {
		t.Errorf("got %+v after %+v", second, first)
	}
	if want := n.store.Now().Truncate(time.Second).Add(90 * 24 * time.Hour); !second.RefreshTokenExpiresAt.Equal(want) {
		t.Errorf("expires %v, want %v", second.RefreshTokenExpiresAt, want)
	}
	n.wantLive(first.AccessToken)
	n.wantLive(second.AccessToken)
	row := n.session(second.AccessToken)
	if row.Generation != 1 || !row.LastUsedAt.Equal(n.store.Now()) || *row.IPNetwork != "2001:db8::/64" || len(*row.UserAgent) != 256 || !strings.HasPrefix(*row.UserAgent, "xyü") {
		t.Errorf("session is %+v", row)
	}
	if _, sessions, blacklisted := n.rows(); sessions != 1 || blacklisted != 1 {
		t.Errorf("%d sessions, %d blacklisted", sessions, blacklisted)
	}
	must(n.Refresh(t.Context(), second.RefreshToken, nil, auth.Client{}))(t)
	if row := n.session(second.AccessToken); row.IPAddress != nil || row.IPNetwork != nil || row.UserAgent != nil {
		t.Errorf("session keeps another client's address: %+v", row)
	}
}

func TestRefreshArguments(t *testing.T) {
	n := start(t)
	in := n.signUp("ada")
	_, err := n.Refresh(t.Context(), nil, nil, home)
	wantInvalid(t, err, "token", "REQUIRED")
	_, err = n.refresh("")
	wantInvalid(t, err, "token", "REQUIRED")
	_, err = n.refreshWith(*in.RefreshToken, "")
	wantInvalid(t, err, "idempotencyKey", "TOO_SHORT")
	_, err = n.refreshWith(*in.RefreshToken, strings.Repeat("k", 201))
	wantInvalid(t, err, "idempotencyKey", "TOO_LONG")
	must(n.refreshWith(*in.RefreshToken, strings.Repeat("k", 200)))(t)
}

// One token, one successor: by 50 calls, over two processes on one file.
func TestOneSuccessor(t *testing.T) {
	for _, c := range []struct {
		name string
		key  func(i int) *string
	}{
		{"no key", func(int) *string { return nil }},
		{"different keys", func(i int) *string { k := fmt.Sprint("key ", i); return &k }},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := start(t)
			nodes := []*node{n, n.another()}
			token := *n.signUp("ada").RefreshToken
			winners := make(chan *auth.Tokens, 50)
			got := count(atOnce(t, 50, func(i int) string {
				tokens, err := nodes[i%2].Refresh(t.Context(), &token, c.key(i), home)
				if err == nil {
					winners <- tokens
					return "pair"
				}
				return err.Error()
			}))
			if got["pair"] != 1 || got[auth.ErrTokenRotated.Error()] != 49 {
				t.Fatalf("got %v", got)
			}
			winner := <-winners
			n.wantLive(winner.AccessToken)
			must(n.refresh(*winner.RefreshToken))(t)
		})
	}
}

func TestSameAttemptGetsSameBytes(t *testing.T) {
	n := start(t)
	nodes := []*node{n, n.another()}
	token := *n.signUp("ada").RefreshToken
	got := count(atOnce(t, 50, func(i int) string { return describe(nodes[i%2].refreshWith(token, "one attempt")) }))
	if len(got) != 1 {
		t.Errorf("got %v", got)
	}
	if _, _, blacklisted := n.rows(); blacklisted != 1 {
		t.Errorf("%d blacklisted", blacklisted)
	}
	for issued := range got {
		n.wantLive(strings.Fields(issued)[0])
	}
}

func TestFailedCommitChangesNothing(t *testing.T) {
	n := start(t)
	in := n.signUp("ada")
	repair := n.failCommits("INSERT", "blacklisted_tokens")
	_, err := n.refresh(*in.RefreshToken)
	if err == nil || !strings.Contains(err.Error(), "commit") {
		t.Fatalf("got %v, want a commit that fails", err)
	}
	if _, _, blacklisted := n.rows(); blacklisted != 0 || n.session(in.AccessToken).Generation != 0 {
		t.Error("something was stored")
	}
	repair()
	must(n.refresh(*in.RefreshToken))(t)
}

func TestJunkTouchesNoRow(t *testing.T) {
	n := start(t)
	in := n.signUp("ada")
	foreign := tokens.New(must(keys.Parse("v1"+example[2:]))(t), 0)
	now := n.store.Now().Truncate(time.Second)
	good := must(n.tokens().Parse(*in.RefreshToken, tokens.Refresh, n.store.Now()))(t)
	make := func(with *tokens.Codec, change func(*tokens.Claims)) string {
		x := good
		change(&x)
		return must(with.Sign(x, tokens.Refresh, ""))(t)
	}
	before := n.session(in.AccessToken).String()
	for range 100 {
		for _, c := range []struct {
			token, reason string
			class         error
		}{
			{"junk", auth.ReasonInvalidToken, auth.ErrUnauthenticated},
			{make(foreign, func(*tokens.Claims) {}), auth.ReasonInvalidToken, auth.ErrUnauthenticated},
			{make(n.tokens(), func(x *tokens.Claims) { x.ExpiresAt = now.Add(-time.Hour); x.IssuedAt = now.Add(-2 * time.Hour) }), auth.ReasonTokenTooOld, auth.ErrUnauthenticated},
			// From a history this database does not have, as after a restored backup.
			{make(n.tokens(), func(x *tokens.Claims) { x.Generation++ }), auth.ReasonInvalidToken, auth.ErrUnauthenticated},
			{make(n.tokens(), func(x *tokens.Claims) { x.User = uuid.New() }), auth.ReasonInvalidToken, auth.ErrUnauthenticated},
			{make(n.tokens(), func(x *tokens.Claims) { x.JTI = uuid.New() }), auth.ReasonInvalidToken, auth.ErrUnauthenticated},
			{make(n.tokens(), func(x *tokens.Claims) { x.Session = uuid.New() }), auth.ReasonUnknown, auth.ErrSessionRevoked},
		} {
			_, err := n.refresh(c.token)
			wantReason(t, err, c.class, c.reason)
		}
	}
	if _, sessions, blacklisted := n.rows(); sessions != 1 || blacklisted != 0 || n.session(in.AccessToken).String() != before {
		t.Errorf("%d sessions, %d blacklisted", sessions, blacklisted)
	}
	n.wantLive(in.AccessToken)
	must(n.refresh(*in.RefreshToken))(t)
}

func TestChainKeepsTenRows(t *testing.T) {
	n := start(t)
	first := n.signUp("ada")
	at := first
	for range 300 {
		at = must(n.refresh(*at.RefreshToken))(t)
	}
	if _, _, blacklisted := n.rows(); blacklisted != 10 {
		t.Errorf("%d blacklisted", blacklisted)
	}
	_, err := n.refresh(*first.RefreshToken)
	wantReason(t, err, auth.ErrSessionRevoked, auth.ReasonTokenReused)
	n.wantDead(at.AccessToken, auth.ReasonTokenReused)
	if err := n.clean(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, sessions, blacklisted := n.rows(); sessions != 1 || blacklisted != 0 {
		t.Errorf("%d sessions, %d blacklisted", sessions, blacklisted)
	}
}
