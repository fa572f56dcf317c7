package accounts

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/auth"
	"parley/db/dbtest"
	"parley/limit"
	"parley/rounds"
)

// three are nodes on one database.
func three(t *testing.T, change ...func(*Options)) []*node {
	t.Helper()
	first := start(t, change...)
	return []*node{first, first.another(change...), first.another(change...)}
}

// Whatever ends a session: another node knows by its next look, though it has just read that the session
// is live, and tells its sockets.
func TestEveryEndIsSeenByOtherNodes(t *testing.T) {
	for reason, end := range map[string]func(here *node, in *auth.Tokens, own auth.Identity){
		auth.ReasonLogout: func(here *node, in *auth.Tokens, _ auth.Identity) { here.logout(auth.LogoutCurrent, in.AccessToken) },
		auth.ReasonSessionEnded: func(here *node, in *auth.Tokens, own auth.Identity) {
			must(here.EndSession(here.t.Context(), own, in.SessionID.String()))(here.t)
		},
		auth.ReasonPasswordChanged: func(here *node, _ *auth.Tokens, own auth.Identity) {
			must(here.ChangePassword(here.t.Context(), own, password, fresh))(here.t)
		},
		auth.ReasonAccountDeleted: func(here *node, _ *auth.Tokens, own auth.Identity) {
			must(here.DeleteAccount(here.t.Context(), own, password))(here.t)
		},
		auth.ReasonTokenReused: func(here *node, in *auth.Tokens, _ auth.Identity) {
			must(here.refresh(*in.RefreshToken))(here.t)
			_, err := here.refresh(*in.RefreshToken)
			wantError(here.t, err, auth.ErrSessionRevoked)
		},
		auth.ReasonTooManySessions: func(here *node, _ *auth.Tokens, _ auth.Identity) {
			here.clock.pass(time.Millisecond) // the others are younger
			for range 100 {
				here.signIn("ada")
			}
		},
		auth.ReasonDisabled: func(here *node, _ *auth.Tokens, _ auth.Identity) {
			must(here.DisableUser(here.t.Context(), here.admin("root"), "ada", true))(here.t)
		},
	} {
		t.Run(reason, func(t *testing.T) {
			nodes := three(t, strict)
			own := nodes[0].wantLive(nodes[0].signUp("ada").AccessToken)
			in := nodes[1].signIn("ada")
			for _, n := range nodes {
				n.wantLive(in.AccessToken)
			}
			end(nodes[0], in, own)
			nodes[0].wantDead(in.AccessToken, reason)
			for _, n := range nodes {
				if err := n.lookForEnded(t.Context()); err != nil {
					t.Fatal(err)
				}
				n.wantDead(in.AccessToken, reason)
				if !n.wasTold(in.SessionID) {
					t.Error("sockets were not told")
				}
				_, err := n.refresh(*in.RefreshToken)
				wantReason(t, err, auth.ErrSessionRevoked, reason)
			}
		})
	}
}

// Fifty uses of one token at once over three nodes, round after round: one successor. With one key all
// are one attempt, with fifty keys or none the others were late.
func TestRefreshesRacedOverThreeNodes(t *testing.T) {
	for name, key := range map[string]func(round, i int) string{
		"no key":     func(int, int) string { return "" },
		"fifty keys": func(round, i int) string { return fmt.Sprint(round, " ", i) },
		"one key":    func(round, _ int) string { return fmt.Sprint("attempt ", round) },
	} {
		t.Run(name, func(t *testing.T) {
			nodes := three(t)
			token := *nodes[0].signUp("ada").RefreshToken
			for round := range 25 {
				got := count(atOnce(t, 50, func(i int) string {
					if key := key(round, i); key != "" {
						return describe(nodes[i%3].refreshWith(token, key))
					}
					return describe(nodes[i%3].refresh(token))
				}))
				late := got[auth.ErrTokenRotated.Error()]
				delete(got, auth.ErrTokenRotated.Error())
				if len(got) != 1 || late != map[bool]int{true: 0, false: 49}[name == "one key"] {
					t.Fatalf("round %d: %v, and %d were late", round, got, late)
				}
				for pair := range got {
					nodes[round%3].wantLive(strings.Fields(pair)[0])
					token = strings.Fields(pair)[1]
				}
			}
			if _, sessions, blacklisted := nodes[0].rows(); sessions != 1 || blacklisted != 10 {
				t.Errorf("%d sessions, %d blacklisted", sessions, blacklisted)
			}
		})
	}
}

// All that touches the sessions of one user at once, on three nodes, the background work too: when the
// password has changed only its own session lives. No call fails for a lock, and Postgres finds no
// deadlock, which would cost the others a second.
func TestPasswordChangeAgainstEverythingOnThreeNodes(t *testing.T) {
	nodes := three(t)
	nodes[0].signUp("ada")
	current, next := password, fresh
	for round := range rounds.Of(t, 20, 60) {
		own, other := must(nodes[0].Login(t.Context(), "ada", current, home))(t), must(nodes[1].Login(t.Context(), "ada", current, home))(t)
		who := nodes[2].wantLive(own.AccessToken)
		nodes[0].clock.pass(5*time.Minute + time.Second)
		for _, n := range nodes { // all will write when these were last used
			n.wantLive(own.AccessToken)
			n.wantLive(other.AccessToken)
		}
		calls := []func(n *node) (err error, may error){
			func(n *node) (error, error) { _, err := n.refresh(*own.RefreshToken); return err, auth.ErrTokenRotated },
			func(n *node) (error, error) { _, err := n.refresh(*own.RefreshToken); return err, auth.ErrTokenRotated },
			func(n *node) (error, error) {
				_, err := n.refresh(*other.RefreshToken)
				return err, auth.ErrSessionRevoked
			},
			func(n *node) (error, error) {
				_, err := n.Login(t.Context(), "ada", current, home)
				return err, auth.ErrInvalidCredentials
			},
			func(n *node) (error, error) {
				_, err := n.ChangePassword(t.Context(), who, current, next)
				return err, nil
			},
			func(n *node) (error, error) {
				_, err := n.Logout(auth.WithCaller(t.Context(), auth.Caller{Token: auth.Secret(own.AccessToken)}), auth.LogoutOthers, nil)
				return err, nil
			},
			func(n *node) (error, error) { return n.writeLastUsed(t.Context()), nil },
			func(n *node) (error, error) { return n.writeLastUsed(t.Context()), nil },
			func(n *node) (error, error) { return n.clean(t.Context()), nil },
		}
		atOnce(t, len(calls), func(i int) bool {
			if err, may := calls[i](nodes[(round+i)%3]); err != nil && (may == nil || !errors.Is(err, may)) {
				t.Errorf("round %d, call %d: %v", round, i, err)
			}
			return true
		})
		current, next = next, current
		if ids := nodes[0].ids(who); len(ids) != 1 || ids[0] != own.SessionID {
			t.Fatalf("round %d: %v live, want %v", round, ids, own.SessionID)
		}
	}
	wantNoDeadlock(t, nodes)
}

// wantNoDeadlock ends the nodes, so that Postgres adds up what it has counted.
func wantNoDeadlock(t *testing.T, nodes []*node) {
	t.Helper()
	for _, n := range nodes {
		if err := n.store.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if !dbtest.OnPostgres() {
		return
	}
	var deadlocks int
	pool := dbtest.Pool(t, nodes[0].dir)
	err := pool.QueryRowContext(t.Context(), `SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()`).Scan(&deadlocks)
	if err != nil || deadlocks > 0 {
		t.Errorf("%d deadlocks, %v", deadlocks, err)
	}
}

// Sign-ins, right and wrong, from one network for several accounts on all nodes, while all clean up: the
// rows of the limits are locked by everybody in one order, and a row that goes meanwhile is made again.
func TestLimitsAgainstCleanUpOnThreeNodes(t *testing.T) {
	nodes := three(t, func(o *Options) { o.LoginAttempts = limit.Rate{Calls: 1000, Per: time.Second} })
	for _, name := range []string{"ada", "bob", "eve"} {
		nodes[0].signUp(name)
	}
	names := []string{"ada", "bob", "eve", "nobody"}
	for range rounds.Of(t, 15, 40) {
		nodes[0].clock.pass(time.Second) // all buckets are full again, and their rows may go
		atOnce(t, 15, func(i int) bool {
			n := nodes[i%3]
			if i >= 12 {
				if err := n.clean(t.Context()); err != nil {
					t.Error(err)
				}
				return true
			}
			name := names[i/3]
			if i%2 == 0 {
				wantWrong(t, n.tryWrong(name, home))
			} else if _, err := n.Login(t.Context(), name, password, home); err != nil && name != "nobody" {
				t.Errorf("%s: %v", name, err)
			}
			return true
		})
	}
	wantNoDeadlock(t, nodes)
}

func wantWrong(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, auth.ErrInvalidCredentials) {
		t.Errorf("a wrong password: %v", err)
	}
}

// Nodes that clean up at the same moment find the same rows: each leaves nothing behind, whoever removed it.
func TestCleanUpOnThreeNodes(t *testing.T) {
	nodes := three(t)
	in := nodes[0].signUp("ada")
	for range 5 {
		nodes[0].blacklist(in.SessionID, 2600)
		atOnce(t, 3, func(i int) bool {
			if err := nodes[i].clean(t.Context()); err != nil {
				t.Error(err)
			}
			if _, _, blacklisted := nodes[i].rows(); blacklisted != 0 {
				t.Errorf("node %d leaves %d rows", i, blacklisted)
			}
			return true
		})
	}
	wantNoDeadlock(t, nodes)
}

// Registrations of one name at once on three nodes.
func TestOneNameOnThreeNodes(t *testing.T) {
	nodes := three(t)
	for round := range 10 {
		got := count(atOnce(t, 30, func(i int) string {
			_, err := nodes[i%3].Register(t.Context(), fmt.Sprint("ada", round), password, home)
			switch {
			case err == nil:
				return "in"
			case errors.Is(err, auth.ErrUsernameTaken):
				return "taken"
			}
			return err.Error()
		}))
		if got["in"] != 1 || got["taken"] != 29 {
			t.Fatalf("round %d: %v", round, got)
		}
	}
	if users, sessions, _ := nodes[0].rows(); users != 10 || sessions != 10 {
		t.Errorf("%d users, %d sessions", users, sessions)
	}
}
