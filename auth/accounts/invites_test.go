package accounts

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/auth"
	"parley/auth/invites"
)

// Invites to the server are for all server admins, whoever of them has made one, and nobody else can tell them from none.
func TestServerAdminsShareInvites(t *testing.T) {
	n := start(t)
	root, peer := n.admin("root"), n.admin("peer")
	bob := n.wantLive(n.signUp("bob").AccessToken)
	first := n.invite(root, 1)
	n.clock.pass(time.Millisecond)
	second := n.invite(peer, 0)
	for _, who := range []auth.Identity{root, peer} {
		list := must(n.Invites(t.Context(), who))(t)
		if len(list) != 2 || list[0].ID != first.ID || list[0].Code != first.Code || list[1].ID != second.ID || list[1].Uses != nil {
			t.Errorf("%s sees %+v", who.User.Username, list)
		}
		found := must(n.InvitesByID(t.Context(), who, []uuid.UUID{second.ID, uuid.New(), first.ID, second.ID}))(t)
		if found[0] == nil || found[0].ID != second.ID || found[1] != nil || found[2] == nil || found[2].ID != first.ID || found[3] == nil {
			t.Errorf("%s finds %v", who.User.Username, found)
		}
	}
	_, err := n.Invites(t.Context(), bob)
	wantError(t, err, auth.ErrForbidden)
	_, err = n.CreateInvite(t.Context(), bob, invites.Wish{})
	wantError(t, err, auth.ErrForbidden)
	if found := must(n.InvitesByID(t.Context(), bob, []uuid.UUID{first.ID}))(t); found[0] != nil {
		t.Errorf("a stranger finds %+v", found[0])
	}
	for _, c := range []struct {
		who  auth.Identity
		id   string
		want error
	}{
		{bob, first.ID.String(), auth.ErrNoInvite},
		{root, uuid.NewString(), auth.ErrNoInvite},
		{root, "junk", auth.ErrNoInvite},
		{peer, strings.ToUpper(first.ID.String()), nil},
		{peer, first.ID.String(), auth.ErrNoInvite}, // sent again
	} {
		got, err := n.DeleteInvite(t.Context(), c.who, c.id)
		if wantError(t, err, c.want); err == nil && got != first.ID.String() {
			t.Errorf("ended %s", got)
		}
	}
	if list := must(n.Invites(t.Context(), root))(t); len(list) != 1 || list[0].ID != second.ID {
		t.Errorf("there are %+v", list)
	}
}

// Sent again, a call makes nothing, is told of once, and answers the invite as it is now; also if both are under way at once.
func TestInviteIsMadeOnce(t *testing.T) {
	n, r := audited(t, slog.LevelInfo)
	root, peer := n.admin("root"), n.admin("peer")
	r.take()
	id := "01890a5d-ac96-774b-bcce-b302099a8057"
	got := atOnce(t, 10, func(int) string {
		return must(n.CreateInvite(t.Context(), root, invites.Wish{Uses: new(5), ID: &id}))(t).Code
	})
	if all := count(got); all[got[0]] != 10 {
		t.Errorf("the codes are %v", all)
	}
	if told := r.take(); len(told) != 1 || told[0].message != "server_invite_created" || !strings.Contains(told[0].rest, "invite_id="+id+" ") || strings.Contains(told[0].rest, got[0]) {
		t.Errorf("told of %v", told)
	}
	wantError(t, n.another(registration(auth.RegistrationInvite)).registerWith("ada", &got[0]), nil)
	again := must(n.CreateInvite(t.Context(), root, invites.Wish{Uses: new(7), ID: &id}))(t)
	if *again.Uses != 5 || *again.UsesLeft != 4 {
		t.Errorf("it has become %+v", again)
	}
	_, err := n.CreateInvite(t.Context(), peer, invites.Wish{ID: &id})
	wantError(t, err, auth.ErrIDTaken)
	for field, w := range map[string]invites.Wish{"uses": {Uses: new(1001)}, "until": {Until: new(n.clock.Now())}} {
		_, err := n.CreateInvite(t.Context(), root, w)
		wantInvalid(t, err, field, "OUT_OF_RANGE")
	}
	_, err = n.CreateInvite(t.Context(), root, invites.Wish{ID: new("junk")})
	wantInvalid(t, err, "id", "ID_INVALID")
	must(n.DeleteInvite(t.Context(), root, id))(t)
	if told := r.take(); len(told) != 1 || told[0].message != "server_invite_deleted" {
		t.Errorf("told of %v", told)
	}
}

// Who came in by which invite is in the audit, which holds no code.
func TestAuditOfRegistrationNamesTheInvite(t *testing.T) {
	n, r := audited(t, slog.LevelInfo)
	made := n.invite(n.admin("root"), 1)
	n.restartAs(auth.RegistrationInvite)
	r.take()
	wantError(t, n.registerWith("ada", &made.Code), nil)
	told := r.take()
	if len(told) != 1 || told[0].message != "registered" || !strings.Contains(told[0].rest, "invite_id="+made.ID.String()+" ") || strings.Contains(told[0].rest, made.Code) {
		t.Errorf("told of %v", told)
	}
}

// restartAs begins anew with other accounts that may be made.
func (n *node) restartAs(who auth.Registration) {
	n.t.Helper()
	n.o.Registration = who
	n.restart(n.store.Store, n.ring)
}
