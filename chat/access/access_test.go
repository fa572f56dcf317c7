package access_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/chat/access"
	"parley/ent"
	"parley/ent/room"
)

// actions are all that there are, in the order of the columns below.
var actions = []access.Action{
	access.Read, access.ChangeOwnChat, access.DeleteOwnChat, access.Hide, access.MarkRead, access.Join, access.Leave, access.Send, access.DeleteAnyChat, access.Update,
	access.ManageMembers, access.SetRoles, access.Delete, access.React,
}

// Everything that somebody of a standing may do in a room of a kind, a letter for each action: y they may, n they may not know
// of the room, f they may not, r READ_ONLY, l LAST_OWNER, b BANNED, k BLOCKED.
func TestWhoMayWhat(t *testing.T) {
	until := time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)
	as := func(role access.Role) access.Standing { return access.Standing{Member: &access.Membership{Role: role}} }
	last := as(access.Owner)
	last.LastOwner = true
	stale := as(access.Member)
	stale.Banned = true // by a ban that had ended when they joined, and a clock that went back
	blocked := as(access.Member)
	blocked.Blocked = true
	gone := time.Now()
	for _, c := range []struct {
		what     string
		room     ent.Room
		standing access.Standing
		want     string
	}{
		{"stranger, public", ent.Room{Kind: room.KindPUBLIC, SendRole: 2}, access.Standing{}, "yyyffyfyfffffy"},
		{"stranger, announcements", ent.Room{Kind: room.KindPUBLIC, SendRole: 1}, access.Standing{}, "yyyffyfrfffffy"},
		{"stranger, private", ent.Room{Kind: room.KindPRIVATE, SendRole: 2}, access.Standing{}, "nnnnnnnnnnnnnn"},
		{"stranger, direct", ent.Room{Kind: room.KindDIRECT, SendRole: 2}, access.Standing{}, "nnnnnnnnnnnnnn"},
		{"banned, public", ent.Room{Kind: room.KindPUBLIC, SendRole: 2}, access.Standing{Banned: true, Until: &until}, "bbbbbbbbbbbbbb"},
		{"banned, private", ent.Room{Kind: room.KindPRIVATE, SendRole: 2}, access.Standing{Banned: true, Until: &until}, "nnnnnnnnnnnnnn"},
		{"member, public", ent.Room{Kind: room.KindPUBLIC, SendRole: 2}, as(access.Member), "yyyfyfyyfffffy"},
		{"member, private", ent.Room{Kind: room.KindPRIVATE, SendRole: 2}, as(access.Member), "yyyfyfyyfffffy"},
		{"member, direct", ent.Room{Kind: room.KindDIRECT, SendRole: 2}, as(access.Member), "yyyyyffyfffffy"},
		{"member, direct, one has blocked the other", ent.Room{Kind: room.KindDIRECT, SendRole: 2}, blocked, "ykyyyffkfffffk"},
		{"member, announcements", ent.Room{Kind: room.KindPRIVATE, SendRole: 1}, as(access.Member), "yyyfyfyrfffffy"},
		{"member who was banned once", ent.Room{Kind: room.KindPUBLIC, SendRole: 2}, stale, "yyyfyfyyfffffy"},
		{"admin", ent.Room{Kind: room.KindPRIVATE, SendRole: 1}, as(access.Admin), "yyyfyfyyyyyffy"},
		{"admin, owners send", ent.Room{Kind: room.KindPUBLIC, SendRole: 0}, as(access.Admin), "yyyfyfyryyyffy"},
		{"owner", ent.Room{Kind: room.KindPUBLIC, SendRole: 0}, as(access.Owner), "yyyfyfyyyyyyyy"},
		{"last owner", ent.Room{Kind: room.KindPUBLIC, SendRole: 2}, last, "yyyfyflyyyyyyy"},
		{"owner, deleted", ent.Room{Kind: room.KindPUBLIC, SendRole: 2, DeletedAt: &gone}, last, "nnnnnnnnnnnnnn"},
	} {
		in := access.Room{Room: &c.room, As: c.standing}
		var shown []access.Action
		for i, do := range actions {
			if got := letterOf(in.May(do), until); got != c.want[i:i+1] {
				t.Errorf("%s: %s is %s, want %s", c.what, do, got, c.want[i:i+1])
			}
			if !slices.Contains([]access.Action{access.Read, access.ChangeOwnChat, access.DeleteOwnChat, access.Hide, access.MarkRead, access.React}, do) && in.May(do) == nil {
				shown = append(shown, do)
			}
		}
		if got := in.Actions(); !slices.Equal(got, shown) {
			t.Errorf("%s: shown %v, want %v", c.what, got, shown)
		}
	}
}

func letterOf(err error, until time.Time) string {
	var refused *access.ForbiddenError
	switch {
	case err == nil:
		return "y"
	case errors.Is(err, access.ErrNoRoom):
		return "n"
	case !errors.As(err, &refused) || !errors.Is(err, access.ErrForbidden):
		return "?"
	case (refused.Reason == "BANNED") != (refused.Until != nil && refused.Until.Equal(until)):
		return "!"
	case refused.Reason == "":
		return "f"
	}
	if refused.Reason == "BLOCKED" {
		return "k"
	}
	return strings.ToLower(refused.Reason[:1])
}
