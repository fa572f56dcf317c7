package accounts

import (
	"testing"

	"parley/auth"
	"parley/rights"
)

// Where members may not list people, bots and server admins may, as long as they are that; one person is found by everybody.
func TestWhoListsPeople(t *testing.T) {
	n := start(t, func(o *Options) { o.Withheld = rights.Withheld{rights.ListPeople} })
	admin, member := n.admin("root"), n.wantLive(n.signUp("ann").AccessToken)
	bot := member
	bot.User = &auth.User{ID: member.User.ID, IsBot: true}
	list := func(by auth.Identity, text string, after *string) error {
		_, err := n.Users(t.Context(), by, text, nil, after)
		return err
	}
	for who, by := range map[string]auth.Identity{"a server admin": admin, "a bot": bot} {
		if err := list(by, "", nil); err != nil {
			t.Errorf("%s: %v", who, err)
		}
	}
	junk := "junk"
	for _, text := range []string{"", "a", "ann", "!"} {
		wantReason(t, list(member, text, nil), auth.ErrForbidden, rights.NotForMembers)
		wantReason(t, list(member, text, &junk), auth.ErrForbidden, rights.NotForMembers)
	}
	if found := must(n.UserByNameOrID(t.Context(), "ROOT"))(t); found.ID != admin.User.ID {
		t.Errorf("found %+v", found)
	}
	n.setAdmin(admin.User, false)
	wantReason(t, list(admin, "", nil), auth.ErrForbidden, rights.NotForMembers)
	n.setAdmin(member.User, true) // which their identity does not know of
	if err := list(member, "", nil); err != nil {
		t.Error(err)
	}
}
