package members_test

import (
	"context"
	"slices"
	"testing"

	"parley/chat/access"
	"parley/ent"
	"parley/ent/room"
)

// become changes what somebody is on the server.
func (w *world) become(who access.Caller, change func(*ent.UserUpdateOne)) {
	w.t.Helper()
	w.write(func(ctx context.Context, tx *ent.Tx) error {
		row := tx.User.UpdateOneID(who.ID)
		change(row)
		return row.Exec(ctx)
	})
}

// Whoever takes over from a deleted account should act as an owner: somebody who is disabled, and may be let in again, takes over only
// where no other person is left, and a bot only where all are bots, since a room with members has an owner. Where a live account owns the
// room already, nobody does.
func TestDeletedAccountHandsOverToPeopleWhoAreLetIn(t *testing.T) {
	w := newWorld(t)
	ann, bob, bot, mal, ned := w.person("ann"), w.person("bob"), w.person("bot"), w.person("mal"), w.person("ned")
	w.become(bot, func(row *ent.UserUpdateOne) { row.SetBot(true) })
	for _, disabled := range []access.Caller{mal, ned} {
		w.become(disabled, func(row *ent.UserUpdateOne) { row.SetDisabledAt(w.now()) })
	}
	owns := as{ann, access.Owner}
	many := []as{owns, {bot, access.Admin}, {mal, access.Admin}, {bob, access.Member}}
	left := []string{"MEMBER_LEFT ann by ann"}
	handed := func(to string) []string { return append([]string{"MEMBER_CHANGED " + to + " by -"}, left...) }
	for _, c := range []struct {
		what string
		kind room.Kind
		in   []as
		then string
		told []string
	}{
		{"a member before a bot and a disabled admin", room.KindPRIVATE, many, "bob OWNER, bot ADMIN, mal ADMIN", handed("bob")},
		{"in a public room too", room.KindPUBLIC, many, "bob OWNER, bot ADMIN, mal ADMIN", handed("bob")},
		{"only somebody disabled", room.KindPRIVATE, []as{owns, {bot, access.Admin}, {mal, access.Member}}, "mal OWNER, bot ADMIN", handed("mal")},
		{"of the disabled the admin", room.KindPUBLIC, []as{owns, {ned, access.Member}, {mal, access.Admin}}, "mal OWNER, ned MEMBER", handed("mal")},
		{"only a bot, private", room.KindPRIVATE, []as{owns, {bot, access.Member}}, "bot OWNER", handed("bot")},
		{"only a bot, public", room.KindPUBLIC, []as{owns, {bot, access.Member}}, "bot OWNER", handed("bot")},
		{"beside an owner who is disabled", room.KindPRIVATE, []as{owns, {mal, access.Owner}, {bob, access.Member}}, "mal OWNER, bob MEMBER", left},
		{"beside an owner who is a bot", room.KindPRIVATE, []as{owns, {bot, access.Owner}, {bob, access.Member}}, "bot OWNER, bob MEMBER", left},
		{"a member of a bot's room", room.KindPRIVATE, []as{{bot, access.Owner}, {ann, access.Member}}, "bot OWNER", left},
	} {
		t.Run(c.what, func(t *testing.T) {
			w.t = t
			w.mayReturn(ann)
			in := w.room(c.kind, c.in...)
			w.deleteAccount(ann)
			w.leaveAll()
			if roles, told := w.roles(in), w.events(in); roles != c.then || !slices.Equal(told, c.told) {
				t.Errorf("there is %s, by %v", roles, told)
			}
			if deleted := w.row(in).DeletedAt != nil; deleted || w.leaving() {
				t.Errorf("the room is deleted: %v; somebody is leaving: %v", deleted, w.leaving())
			}
		})
	}
}
