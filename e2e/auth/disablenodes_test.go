package auth

import (
	"sync"
	"testing"

	"parley/e2e/harness"
)

// Another process disables somebody: within two seconds they are signed out there too, and nowhere do they come in.
func TestDisablingIsSeenByOtherProcesses(t *testing.T) {
	dir := harness.DataDir(t)
	one, two := &harness.StartProcess(t, dir).Server, &harness.StartProcess(t, dir).Server
	root := newAdmin(t, one, "root")
	ann, refresh := one.Register("ann")
	one.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	k, e := two.Dial(ann), two.Follow(ann, harness.FollowDocument, one.End(ann))
	k.Expect("connection_ack")
	two.SendChat(ann, "before")
	e.Want("before")
	mustDisable(one, root, true)
	k.WantClose(4401)
	e.WantCut()
	for _, node := range []*harness.Server{one, two} {
		wantSignedOut(node, ann, refresh, "DISABLED")
		_, a := node.Login("ann", "correct horse battery")
		wantReason(t, a, "FORBIDDEN", "DISABLED")
	}
	mustDisable(two, root, false)
	one.WantCode(one.SignIn("ann", "correct horse battery").AccessToken, "")
}

// After it has answered nothing of theirs works, however many sign-ins and refreshes were under way.
func TestDisablingAgainstSignIns(t *testing.T) {
	s := &harness.StartProcess(t, harness.DataDir(t), append(harness.NoLimits(), "--login-rate", "0")...).Server
	root := newAdmin(t, s, "root")
	s.Register("ann")
	for round := range max(5, races(t)/4) {
		pairs := []harness.Tokens{s.SignIn("ann", "correct horse battery")}
		var mu sync.Mutex
		var wg sync.WaitGroup
		keep := func(p harness.Tokens, a harness.Answer) {
			mu.Lock()
			defer mu.Unlock()
			if len(a.Errors) == 0 {
				pairs = append(pairs, p)
			} else if reason := harness.WordOf(a, "reason"); reason != "DISABLED" && a.Code() != "SERVER_BUSY" {
				t.Errorf("round %d: %s", round, a.Body)
			}
		}
		held := pairs[0].RefreshToken
		for range 4 {
			wg.Go(func() { keep(s.Login("ann", "correct horse battery")) })
		}
		wg.Go(func() { keep(s.Refresh(held, "")) })
		wg.Go(func() { mustDisable(s, root, true) })
		wg.Wait()
		for _, p := range pairs {
			wantSignedOut(s, p.AccessToken, p.RefreshToken, "DISABLED")
		}
		mustDisable(s, root, false)
	}
}
