package accounts

import (
	"testing"

	"parley/audit"
	"parley/auth"
)

// A session that ends is counted once where it was ended, and once where another node finds out.
func TestStatsTellEndedSessions(t *testing.T) {
	n := start(t)
	other := n.another()
	in := n.signUp("ada")
	n.signIn("ada")
	if got := n.logout(auth.LogoutAll, in.AccessToken); got != 2 {
		t.Fatalf("ended %d", got)
	}
	for range 2 { // looking again finds nothing new
		for _, one := range []*node{n, other} {
			if err := one.lookForEnded(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	here, there := n.Stats(), other.Stats()
	if here.Ended[auth.ReasonLogout] != 2 || here.EndedElsewhere[auth.ReasonLogout] != 0 {
		t.Errorf("where they were ended: %v, %v", here.Ended, here.EndedElsewhere)
	}
	if there.Ended[auth.ReasonLogout] != 0 || there.EndedElsewhere[auth.ReasonLogout] != 2 {
		t.Errorf("where they were found: %v, %v", there.Ended, there.EndedElsewhere)
	}
	if here.Hashes != 2 || here.HashQueue+here.HashesRunning != 0 || here.Events[audit.LoginOK] != 1 || here.Events[audit.Registered] != 1 {
		t.Errorf("got %+v", here)
	}
}

// Who finds no slot for a hash is counted, and has not been hashed.
func TestStatsTellRefusedHashes(t *testing.T) {
	n := start(t, oneSlot)
	n.holdSlots()
	n.waits(stranger(11))
	_, err := n.Register(t.Context(), "ada", password, home)
	wantError(t, err, auth.ErrBusy)
	if s := n.Stats(); s.HashesRefused != 1 || s.Hashes != 0 || s.HashQueue != 1 || s.HashesRunning != 1 {
		t.Errorf("got %+v", s)
	}
}
