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

// until is when bans of these tests end.
var until = time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)

// A may is what somebody of a standing may do in a room of a kind, a letter for each action: y they may, n they may not know
// of the room, f they may not, r READ_ONLY, l LAST_OWNER, b BANNED, k BLOCKED.
type may struct {
	what     string
	room     ent.Room
	standing access.Standing
	want     string
}

// Standings of members.
func as(role access.Role) access.Standing {
	return access.Standing{Member: &access.Membership{Role: role}}
}

func lastOwner() access.Standing {
	s := as(access.Owner)
	s.LastOwner = true
	return s
}

// onceBanned is a member, by a ban that had ended when they joined, and a clock that went back.
func onceBanned() access.Standing {
	s := as(access.Member)
	s.Banned = true
	return s
}

func blocked() access.Standing {
	s := as(access.Member)
	s.Blocked = true
	return s
}

func TestWhoMayWhat(t *testing.T) {
	gone := time.Now()
	for _, c := range []may{
		{"stranger, public", ent.Room{Kind: room.KindPUBLIC, SendRole: 2}, access.Standing{}, "yyyffyfyfffffy"},
		{"stranger, announcements", ent.Room{Kind: room.KindPUBLIC, SendRole: 1}, access.Standing{}, "yyyffyfrfffffy"},
		{"stranger, private", ent.Room{Kind: room.KindPRIVATE, SendRole: 2}, access.Standing{}, "nnnnnnnnnnnnnn"},
		{"stranger, direct", ent.Room{Kind: room.KindDIRECT, SendRole: 2}, access.Standing{}, "nnnnnnnnnnnnnn"},
		{"banned, public", ent.Room{Kind: room.KindPUBLIC, SendRole: 2}, access.Standing{Banned: true, Until: &until}, "bbbbbbbbbbbbbb"},
		{"banned, private", ent.Room{Kind: room.KindPRIVATE, SendRole: 2}, access.Standing{Banned: true, Until: &until}, "nnnnnnnnnnnnnn"},
		{"member, public", ent.Room{Kind: room.KindPUBLIC, SendRole: 2}, as(access.Member), "yyyfyfyyfffffy"},
		{"member, private", ent.Room{Kind: room.KindPRIVATE, SendRole: 2}, as(access.Member), "yyyfyfyyfffffy"},
		{"member, direct", ent.Room{Kind: room.KindDIRECT, SendRole: 2}, as(access.Member), "yyyyyffyfffffy"},
		{"member, direct, one has blocked the other", ent.Room{Kind: room.KindDIRECT, SendRole: 2}, blocked(), "ykyyyffkfffffk"},
		{"member, announcements", ent.Room{Kind: room.KindPRIVATE, SendRole: 1}, as(access.Member), "yyyfyfyrfffffy"},
		{"member who was banned once", ent.Room{Kind: room.KindPUBLIC, SendRole: 2}, onceBanned(), "yyyfyfyyfffffy"},
		{"admin", ent.Room{Kind: room.KindPRIVATE, SendRole: 1}, as(access.Admin), "yyyfyfyyyyyffy"},
		{"admin, owners send", ent.Room{Kind: room.KindPUBLIC, SendRole: 0}, as(access.Admin), "yyyfyfyryyyffy"},
		{"owner", ent.Room{Kind: room.KindPUBLIC, SendRole: 0}, as(access.Owner), "yyyfyfyyyyyyyy"},
		{"last owner", ent.Room{Kind: room.KindPUBLIC, SendRole: 2}, lastOwner(), "yyyfyflyyyyyyy"},
		{"owner, deleted", ent.Room{Kind: room.KindPUBLIC, SendRole: 2, DeletedAt: &gone}, lastOwner(), "nnnnnnnnnnnnnn"},
	} {
		c.judge(t)
	}
}

// A server admin is an owner in public rooms, but for what they are as a person there: a ban leaves them what looks after the room, and
// nothing for which its chats are read, and the last owner stays. In all other rooms they are what they are there, and know of none as
// strangers.
func TestWhoMayWhatAsServerAdmin(t *testing.T) {
	gone := time.Now()
	for _, c := range []may{
		{"stranger", ent.Room{Kind: room.KindPUBLIC, SendRole: 2}, access.Standing{}, "yyyffyfyyyyyyy"},
		{"stranger, owners send", ent.Room{Kind: room.KindPUBLIC, SendRole: 0}, access.Standing{}, "yyyffyfyyyyyyy"},
		{"banned", ent.Room{Kind: room.KindPUBLIC, SendRole: 2}, access.Standing{Banned: true, Until: &until}, "bbbbbbbbbyyyyb"},
		{"member", ent.Room{Kind: room.KindPUBLIC, SendRole: 2}, as(access.Member), "yyyfyfyyyyyyyy"},
		{"member, owners send", ent.Room{Kind: room.KindPUBLIC, SendRole: 0}, as(access.Member), "yyyfyfyyyyyyyy"},
		{"member who was banned once", ent.Room{Kind: room.KindPUBLIC, SendRole: 2}, onceBanned(), "yyyfyfyyyyyyyy"},
		{"last owner", ent.Room{Kind: room.KindPUBLIC, SendRole: 2}, lastOwner(), "yyyfyflyyyyyyy"},
		{"stranger, private", ent.Room{Kind: room.KindPRIVATE, SendRole: 2}, access.Standing{}, "nnnnnnnnnnnnnn"},
		{"stranger, direct", ent.Room{Kind: room.KindDIRECT, SendRole: 2}, access.Standing{}, "nnnnnnnnnnnnnn"},
		{"banned, private", ent.Room{Kind: room.KindPRIVATE, SendRole: 2}, access.Standing{Banned: true, Until: &until}, "nnnnnnnnnnnnnn"},
		{"member, private", ent.Room{Kind: room.KindPRIVATE, SendRole: 2}, as(access.Member), "yyyfyfyyfffffy"},
		{"member, private, announcements", ent.Room{Kind: room.KindPRIVATE, SendRole: 1}, as(access.Member), "yyyfyfyrfffffy"},
		{"admin, private", ent.Room{Kind: room.KindPRIVATE, SendRole: 1}, as(access.Admin), "yyyfyfyyyyyffy"},
		{"member, direct", ent.Room{Kind: room.KindDIRECT, SendRole: 2}, as(access.Member), "yyyyyffyfffffy"},
		{"member, direct, one has blocked the other", ent.Room{Kind: room.KindDIRECT, SendRole: 2}, blocked(), "ykyyyffkfffffk"},
		{"deleted", ent.Room{Kind: room.KindPUBLIC, SendRole: 2, DeletedAt: &gone}, access.Standing{}, "nnnnnnnnnnnnnn"},
	} {
		c.standing.Admin = true
		c.judge(t)
	}
}

// Whoever is disabled may do nothing, wherever they know of the room; a room that they do not know of is none to them still.
func TestWhoMayWhatDisabled(t *testing.T) {
	gone := time.Now()
	for _, c := range []may{
		{"stranger, public", ent.Room{Kind: room.KindPUBLIC, SendRole: 2}, access.Standing{}, "ffffffffffffff"},
		{"banned, public", ent.Room{Kind: room.KindPUBLIC, SendRole: 2}, access.Standing{Banned: true, Until: &until}, "ffffffffffffff"},
		{"member, public", ent.Room{Kind: room.KindPUBLIC, SendRole: 2}, as(access.Member), "ffffffffffffff"},
		{"member, private", ent.Room{Kind: room.KindPRIVATE, SendRole: 2}, as(access.Member), "ffffffffffffff"},
		{"member, direct", ent.Room{Kind: room.KindDIRECT, SendRole: 2}, as(access.Member), "ffffffffffffff"},
		{"last owner", ent.Room{Kind: room.KindPUBLIC, SendRole: 2}, lastOwner(), "ffffffffffffff"},
		{"stranger, private", ent.Room{Kind: room.KindPRIVATE, SendRole: 2}, access.Standing{}, "nnnnnnnnnnnnnn"},
		{"stranger, direct", ent.Room{Kind: room.KindDIRECT, SendRole: 2}, access.Standing{}, "nnnnnnnnnnnnnn"},
		{"owner, deleted", ent.Room{Kind: room.KindPUBLIC, SendRole: 2, DeletedAt: &gone}, lastOwner(), "nnnnnnnnnnnnnn"},
	} {
		c.standing.Disabled = true
		c.judge(t)
	}
}

// judge asks for each action, and for those that are shown.
func (c may) judge(t *testing.T) {
	t.Helper()
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

// Server admins manage whoever is in a public room, owners too. What they may do there only as such is not remembered with what the
// room's own access says, which changes without them.
func TestServerAdminsManageOwners(t *testing.T) {
	for _, c := range []struct {
		what             string
		kind             room.Kind
		standing         access.Standing
		admin            bool // of the server
		manages, lasting bool
	}{
		{"server admin, stranger, public", room.KindPUBLIC, access.Standing{}, true, true, false},
		{"server admin, member, public", room.KindPUBLIC, as(access.Member), true, true, false},
		{"server admin, banned, public", room.KindPUBLIC, access.Standing{Banned: true}, true, true, false},
		{"server admin, stranger, private", room.KindPRIVATE, access.Standing{}, true, false, false},
		{"server admin, admin, private", room.KindPRIVATE, as(access.Admin), true, false, true},
		{"server admin, owner, private", room.KindPRIVATE, as(access.Owner), true, true, true},
		{"stranger, public", room.KindPUBLIC, access.Standing{}, false, false, false},
		{"admin, public", room.KindPUBLIC, as(access.Admin), false, false, true},
		{"owner, public", room.KindPUBLIC, as(access.Owner), false, true, true},
	} {
		c.standing.Admin = c.admin
		in := access.Room{Room: &ent.Room{Kind: c.kind, SendRole: 2}, As: c.standing}
		if err := in.MayManage(&access.Membership{Role: access.Owner}); (err == nil) != c.manages {
			t.Errorf("%s: an owner is managed: %v", c.what, err)
		}
		if got := in.IsLasting(); got != c.lasting {
			t.Errorf("%s: remembered: %v", c.what, got)
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
