package auth

import (
	"testing"
	"time"

	"parley/e2e/harness"
)

// An invite that is made again under its id is the one that is there. What cannot be one is refused, as is the hundred and first.
func TestInvitesAreMadeOnce(t *testing.T) {
	s, root := inviting(t)
	eve := newAdmin(t, s, "eve")
	const id = "6b7f8a52-5a1c-4a8e-9d0e-0a1b2c3d4e5f"
	made := inviteBy(s, root, `(uses: 2, id: "`+id+`")`)
	if a := registerWith(s, "guest", made.Code); len(a.Errors) > 0 {
		t.Fatal(a.Body)
	}
	again := inviteBy(s, root, `(uses: 2, id: "`+id+`")`)
	if again.ID != id || again.Code != made.Code || again.UsesLeft == nil || *again.UsesLeft != 1 {
		t.Errorf("made %+v, and then %+v", made, again)
	}
	wantReason(t, s.AskThrough(eve, `mutation { createInvite(id: "`+id+`") { code } }`), "ID_TAKEN", "")
	for arguments, reason := range map[string]string{
		`uses: -1`: "OUT_OF_RANGE", `uses: 1001`: "OUT_OF_RANGE", `until: "2001-01-01T00:00:00Z"`: "OUT_OF_RANGE",
		`id: "1"`: "ID_INVALID", `id: "00000000-0000-0000-0000-000000000000"`: "ID_INVALID",
	} {
		wantReason(t, s.AskThrough(root, `mutation { createInvite(`+arguments+`) { code } }`), "BAD_USER_INPUT", reason)
	}
	for range 99 {
		inviteBy(s, root, "")
	}
	wantReason(t, s.AskThrough(eve, `mutation { createInvite { code } }`), "LIMIT_REACHED", "INVITES")
	if a := registerWith(s, "other", made.Code); len(a.Errors) > 0 { // uses it up, which makes room for one
		t.Fatal(a.Body)
	}
	inviteBy(s, eve, "")
}

// An invite that ends by time lets in until then, and not later.
func TestInviteEndsByTime(t *testing.T) {
	s, root := inviting(t)
	until := time.Now().Add(5 * time.Second).UTC().Truncate(time.Millisecond)
	made := inviteBy(s, root, `(uses: 0, until: "`+until.Format(time.RFC3339Nano)+`")`)
	if made.Until == nil || !made.Until.Equal(until) || made.Uses != nil || made.UsesLeft != nil {
		t.Errorf("made %+v, want one until %v", made, until)
	}
	harness.Eventually(t, "the end of an invite", func() bool { return !letsIn(s, made.Code) })
	if now := time.Now(); now.Before(until) {
		t.Errorf("it ended at %v, want %v", now, until)
	}
	if list := invitesOf(s, root); len(list) != 0 {
		t.Errorf("the invites are %+v", list)
	}
}
