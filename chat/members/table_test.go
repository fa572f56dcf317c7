package members_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/chat/access"
	"parley/ent/ban"
	"parley/ent/room"
)

// What a call comes to, besides a refusal: the event that it adds, "same" if it changes nothing at all, "banned" or "let back"
// if no more than a ban is there or gone.
const (
	joined, removed, changed = "MEMBER_JOINED", "MEMBER_REMOVED", "MEMBER_CHANGED"
	same, banned, letBack    = "same", "banned", "let back"
	no, noMember, shut       = "FORBIDDEN", "no member", "FORBIDDEN BANNED"
)

// targets are whom calls are about; each of them is in the room but the first two.
var targets = []string{"stranger", "banned", "member", "admin", "owner"}

// In a public or private room, by who calls. Members may none of it.
var table = []struct {
	do    string
	admin []string // by target
	owner []string
}{
	{"add", []string{joined, shut, same, same, same}, []string{joined, shut, same, same, same}},
	{"add as MEMBER", []string{joined, shut, same, same, same}, []string{joined, shut, same, same, same}},
	{"add as ADMIN", []string{no, no, no, no, no}, []string{joined, shut, same, same, same}},
	{"add as OWNER", []string{no, no, no, no, no}, []string{joined, shut, same, same, same}},
	{"remove", []string{same, same, removed, no, no}, []string{same, same, removed, removed, removed}},
	{"set MEMBER", []string{no, no, no, no, no}, []string{noMember, noMember, same, changed, changed}},
	{"set ADMIN", []string{no, no, no, no, no}, []string{noMember, noMember, changed, same, changed}},
	{"set OWNER", []string{no, no, no, no, no}, []string{noMember, noMember, changed, changed, same}},
	{"ban", []string{banned, same, removed, no, no}, []string{banned, same, removed, removed, removed}},
	{"unban", []string{same, letBack, same, same, same}, []string{same, letBack, same, same, same}},
}

// cast is a room with somebody of each standing.
type cast struct {
	*world
	people map[string]access.Caller
	kind   room.Kind
	in     string
}

func newCast(w *world, kind room.Kind) *cast {
	c := &cast{world: w, people: map[string]access.Caller{}, kind: kind}
	for _, name := range append(targets, "first owner", "second admin", "second member", "left") {
		c.people[name] = w.person(name)
	}
	c.fill()
	return c
}

func (c *cast) fill() {
	c.t.Helper()
	people := func(role access.Role, names ...string) (in []as) {
		for _, name := range names {
			in = append(in, as{c.people[name], role})
		}
		return in
	}
	c.in = c.room(c.kind, slices.Concat(people(access.Owner, "first owner", "owner"),
		people(access.Admin, "admin", "second admin"), people(access.Member, "member", "second member", "left"))...)
	c.ban(c.in, c.people["banned"])
	if c.kind != room.KindDIRECT {
		must(c.LeaveRoom(c.t.Context(), c.people["left"], c.in))(c.t)
	}
}

// call does something to somebody.
func (c *cast) call(ctx context.Context, caller, do, whom string) error {
	what, role, _ := strings.Cut(do, " ")
	as, named := access.ParseRole(strings.TrimPrefix(role, "as "))
	var err error
	switch by, user := c.people[caller], c.people[whom].Username; what {
	case "add":
		var given *access.Role
		if named {
			given = &as
		}
		_, err = c.AddMember(ctx, by, c.in, user, given)
	case "remove":
		_, err = c.RemoveMember(ctx, by, c.in, user)
	case "set":
		_, err = c.SetRole(ctx, by, c.in, user, as)
	case "ban":
		_, err = c.BanMember(ctx, by, c.in, user, nil, nil)
	case "unban":
		_, err = c.UnbanMember(ctx, by, c.in, c.people[whom].ID.String())
	}
	return err
}

func (c *cast) isBanned(whom string) bool {
	return must(c.shared.Store.Read.Ban.Query().Where(ban.RoomID(uuid.MustParse(c.in)), ban.UserID(c.people[whom].ID)).Exist(c.t.Context()))(c.t)
}

// try calls, and compares what it comes to.
func (c *cast) try(caller, do, whom, wanted string) {
	c.t.Helper()
	what := string(c.kind) + ": " + caller + " does " + do + " to " + whom
	before, events := c.shown(c.in), len(c.events(c.in))
	was := c.isBanned(whom)
	err := c.call(c.t.Context(), caller, do, whom)
	if wanted == banned && c.kind == room.KindPUBLIC {
		wanted = removed // there, readers are told
	}
	if after := c.shown(c.in); err != nil || after == before {
		if wanted == same {
			wanted = "ok"
		}
		want(c.t, what, err, wanted)
		if after != before {
			c.t.Errorf("%s: it was refused, and changes\n%sto\n%s", what, before, after)
		}
		return
	}
	defer c.fill()
	switch got := c.events(c.in)[events:]; {
	case wanted == banned || wanted == letBack:
		if len(got) > 0 || c.isBanned(whom) == was {
			c.t.Errorf("%s: %v, banned %v as before", what, got, was)
		}
	case !slices.Equal(got, []string{wanted + " " + c.people[whom].Username + " by " + c.people[caller].Username}):
		c.t.Errorf("%s: %v, want %s", what, got, wanted)
	case do == "ban" && !c.isBanned(whom):
		c.t.Errorf("%s: they are not banned", what)
	}
	if !strings.Contains(c.roles(c.in), " OWNER") {
		c.t.Errorf("%s: the room has no owner any more", what)
	}
}

// All that somebody may do to somebody else, and what nobody may.
func TestWhoMayDoWhatToWhom(t *testing.T) {
	w := newWorld(t)
	for i, kind := range []room.Kind{room.KindPUBLIC, room.KindPRIVATE} {
		if i > 0 {
			w = newWorld(t)
		}
		c := newCast(w, kind)
		for _, line := range table {
			for j, whom := range targets {
				c.try("second admin", line.do, whom, line.admin[j])
				c.try("first owner", line.do, whom, line.owner[j])
				c.try("second member", line.do, whom, no)
				hidden := map[room.Kind][]string{room.KindPUBLIC: {no, no, shut}, room.KindPRIVATE: {"no room", "no room", "no room"}}[kind]
				for k, outside := range []string{"stranger", "left", "banned"} {
					if outside != whom {
						c.try(outside, line.do, whom, hidden[k])
					}
				}
			}
		}
	}
}

// Of a direct room nobody changes who is in it, and who is not in it knows of none.
func TestNobodyChangesADirectRoom(t *testing.T) {
	c := newCast(newWorld(t), room.KindDIRECT)
	for _, line := range table {
		for _, whom := range targets {
			c.try("first owner", line.do, whom, no)
		}
		c.try("stranger", line.do, "member", "no room")
	}
	before := c.shown(c.in)
	_, err := c.LeaveRoom(t.Context(), c.people["member"], c.in)
	want(t, "leave", err, no)
	for who, wanted := range map[string]string{"member": no, "stranger": "no room"} {
		_, err = c.JoinRoom(t.Context(), c.people[who], c.in)
		want(t, who+" joins", err, wanted)
	}
	_, err = c.DeleteRoom(t.Context(), c.people["first owner"], c.in)
	want(t, "delete", err, no)
	if c.shown(c.in) != before {
		t.Error("it has changed")
	}
}

// Whom nobody knows, and whose account is gone, by then or only under the lock.
func TestWhoIsNot(t *testing.T) {
	c := newCast(newWorld(t), room.KindPUBLIC)
	late := c.person("late")
	for _, line := range table {
		for _, nobody := range []string{"", "nobody", "\x00", uuid.NewString(), uuid.Nil.String()} {
			c.people["nobody"] = access.Caller{Username: nobody}
			err := c.call(t.Context(), "first owner", strings.Replace(line.do, "unban", "remove", 1), "nobody")
			want(t, line.do+" "+nobody, err, "no person")
		}
	}
	before := c.shown(c.in)
	c.deleteAccount(late)
	c.people["late"] = late
	for _, line := range table {
		want(t, line.do, c.call(t.Context(), "first owner", line.do, "late"), "no person")
	}
	c.shared.FindPerson = func(context.Context, string) (access.Caller, error) { return late, nil }
	c.Roster = newRoster(c.world)
	for _, line := range table {
		want(t, line.do, c.call(t.Context(), "first owner", line.do, "late"), "no person")
	}
	_, err := c.JoinRoom(t.Context(), late, c.in)
	want(t, "join", err, "no person")
	if c.shown(c.in) != before {
		t.Error("it has changed")
	}
}
