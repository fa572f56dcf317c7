package members

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/e2e/harness"
)

// A trail reads what the audit says of rooms, ids by what they stand for.
type trail struct {
	*harness.Server
	tokens map[string]string
	known  *strings.Replacer
	names  []string // pairs for it
	read   int
}

func newTrail(t *testing.T, level string) *trail {
	t.Helper()
	x := &trail{Server: harness.New(t, append(harness.NoLimits(), "--log-level", level, "--metrics-addr", "127.0.0.1:0")...), tokens: map[string]string{}}
	for _, who := range []string{"ann", "bob", "cid", "dan", "eve"} {
		x.tokens[who], _ = x.Register(who)
		var data struct{ Me struct{ ID string } }
		x.Must(&data, x.tokens[who], `{ me { id } }`)
		x.name(data.Me.ID, who)
	}
	return x
}

func (x *trail) name(id, called string) {
	x.names = append(x.names, id, called)
	x.known = strings.NewReplacer(x.names...)
}

// records are those of rooms that were written since the last call: level, message, and what else is in them, in order of keys.
func (x *trail) records() (all []string) {
	x.T.Helper()
	text := x.Log.String()
	text = text[:strings.LastIndex(text, "\n")+1]
	for line := range strings.Lines(text[x.read:]) {
		var record map[string]any
		if json.Unmarshal([]byte(line), &record) != nil || record["audit"] != true || record["room_id"] == nil {
			continue
		}
		said := fmt.Sprint(record["level"], " ", record["msg"])
		if record["request_id"] != nil {
			said += " request"
		}
		for _, key := range slices.Sorted(maps.Keys(record)) {
			if !slices.Contains([]string{"time", "level", "msg", "audit", "request_id"}, key) {
				said += fmt.Sprintf(" %s=%v", key, record[key])
			}
		}
		all = append(all, x.known.Replace(said))
	}
	x.read = len(text)
	return all
}

// want makes a call twice and wants these records of the first: what changes nothing has none.
func (x *trail) want(who, call string, records ...string) {
	x.T.Helper()
	x.Must(nil, x.tokens[who], `mutation { `+call+` }`)
	if got := x.records(); !slices.Equal(got, records) {
		x.T.Errorf("%s: %s\nrecords\n%s\nwant\n%s", who, call, strings.Join(got, "\n"), strings.Join(records, "\n"))
	}
	x.AskThrough(x.tokens[who], `mutation { `+call+` }`)
	if got := x.records(); got != nil {
		x.T.Errorf("%s, again: %s\nrecords\n%s", who, call, strings.Join(got, "\n"))
	}
}

// refused makes a call that is refused, of which there is no record.
func (x *trail) refused(who, call string) {
	x.T.Helper()
	if a := x.AskThrough(x.tokens[who], `mutation { `+call+` }`); a.Code() == "" {
		x.T.Errorf("%s: %s: %s", who, call, a.Body)
	}
	if got := x.records(); got != nil {
		x.T.Errorf("%s: %s\nrecords\n%s", who, call, strings.Join(got, "\n"))
	}
}

// until waits for a record that background work writes, and returns all up to it.
func (x *trail) until(t *testing.T, message string) (all []string) {
	t.Helper()
	harness.Eventually(t, message, func() bool {
		all = append(all, x.records()...)
		return slices.ContainsFunc(all, func(r string) bool { return strings.Contains(r, " "+message+" ") })
	})
	return all
}

// Who let whom into a private room, took whom out and gave whom which role is written down once, with ids and usernames, and
// nothing that was written there or opens it.
func TestAuditOfPrivateRooms(t *testing.T) {
	x := newTrail(t, "info")
	room, invite := uuid.NewString(), uuid.NewString()
	x.name(room, "ROOM")
	x.name(invite, "INVITE")
	in := func(call string) string { return strings.ReplaceAll(call, "ROOM", `"`+room+`"`) }
	x.want("ann", in(`createRoom(name: "hushed", topic: "whispers", kind: PRIVATE, id: ROOM, members: ["bob"]) { id }`),
		"INFO room_created request actor=ann actor_id=ann kind=PRIVATE room_id=ROOM",
		"INFO member_added request actor=ann actor_id=ann role=MEMBER room_id=ROOM user_id=bob username=bob")
	x.want("ann", in(`addMember(room: ROOM, user: "CID", role: ADMIN) { role }`),
		"INFO member_added request actor=ann actor_id=ann role=ADMIN room_id=ROOM user_id=cid username=cid")
	x.want("ann", in(`setRole(room: ROOM, user: "cid", role: MEMBER) { role }`),
		"INFO role_changed request actor=ann actor_id=ann from=ADMIN role=MEMBER room_id=ROOM user_id=cid username=cid")
	x.refused("cid", in(`addMember(room: ROOM, user: "dan") { role }`))
	x.refused("eve", in(`removeMember(room: ROOM, user: "ann")`))
	x.refused("ann", in(`leaveRoom(room: ROOM)`))
	x.want("ann", in(`setRole(room: ROOM, user: "bob", role: ADMIN) { role }`),
		"INFO role_changed request actor=ann actor_id=ann from=MEMBER role=ADMIN room_id=ROOM user_id=bob username=bob")
	x.want("bob", in(`removeMember(room: ROOM, user: "cid")`),
		"INFO member_removed request actor=bob actor_id=bob room_id=ROOM user_id=cid username=cid")
	x.want("bob", in(`banMember(room: ROOM, user: "cid", reason: "gossip", until: "2999-01-01T00:00:00Z") { until }`),
		"INFO member_banned request actor=bob actor_id=bob room_id=ROOM until=2999-01-01T00:00:00Z user_id=cid username=cid")
	x.want("ann", in(`unbanMember(room: ROOM, user: "cid")`),
		"INFO member_unbanned request actor=ann actor_id=ann room_id=ROOM user_id=cid username=cid")
	var data struct{ CreateInvite struct{ Code string } }
	x.Must(&data, x.tokens["bob"], in(`mutation { createInvite(room: ROOM, id: "`+invite+`", uses: 0) { code } }`))
	x.want("bob", in(`createInvite(room: ROOM, id: "`+invite+`") { id }`),
		"INFO invite_created request actor=bob actor_id=bob invite_id=INVITE room_id=ROOM")
	x.refused("dan", `acceptInvite(code: "`+noCode+`") { role }`)
	x.want("dan", `acceptInvite(code: "`+data.CreateInvite.Code+`") { role }`,
		"INFO invite_used request invite_id=INVITE room_id=ROOM user_id=dan username=dan")
	x.refused("dan", `deleteInvite(invite: "`+invite+`")`)
	x.want("ann", `deleteInvite(invite: "`+invite+`")`, "INFO invite_deleted request actor=ann actor_id=ann invite_id=INVITE room_id=ROOM")
	x.want("dan", in(`leaveRoom(room: ROOM)`), "INFO member_left request room_id=ROOM user_id=dan username=dan")
	x.want("ann", in(`banMember(room: ROOM, user: "bob") { until }`),
		"INFO member_banned request actor=ann actor_id=ann room_id=ROOM user_id=bob username=bob")
	x.want("ann", `openDirectRoom(users: ["bob"]) { id }`)
	x.want("ann", in(`deleteRoom(room: ROOM)`), "INFO room_deleted request actor=ann actor_id=ann room_id=ROOM")
	for _, secret := range []string{"hushed", "whispers", "gossip", data.CreateInvite.Code} {
		if strings.Contains(x.Log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// Who joins a public room by themselves, by a send too, gets nothing that others have not: that is told at level debug, but
// for who finds nobody there and owns it from then on. All are counted.
func TestAuditOfPublicRooms(t *testing.T) {
	x := newTrail(t, "debug")
	room := uuid.NewString()
	x.name(room, "ROOM")
	x.want("ann", `createRoom(name: "general", id: "`+room+`") { id }`,
		"INFO room_created request actor=ann actor_id=ann kind=PUBLIC room_id=ROOM")
	x.want("bob", `sendChat(room: "general", text: "hello") { id }`, "DEBUG member_joined role=MEMBER room_id=ROOM user_id=bob username=bob")
	x.want("cid", `joinRoom(room: "general") { role }`, "DEBUG member_joined request role=MEMBER room_id=ROOM user_id=cid username=cid")
	for _, who := range []string{"bob", "cid"} {
		x.want(who, `leaveRoom(room: "general")`, "INFO member_left request room_id=ROOM user_id="+who+" username="+who)
	}
	const remove = `mutation { deleteAccount(password: "correct horse battery") }`
	x.Must(nil, x.tokens["ann"], remove)
	harness.Eventually(t, "an empty room", func() bool {
		var data struct{ Room struct{ MemberCount int } }
		x.Must(&data, x.tokens["bob"], `{ room(id: "general") { memberCount } }`)
		return data.Room.MemberCount == 0
	})
	x.want("bob", `joinRoom(room: "general") { role }`, "INFO member_joined request role=OWNER room_id=ROOM user_id=bob username=bob")
	x.want("bob", `addMember(room: "general", user: "cid") { role }`,
		"INFO member_added request actor=bob actor_id=bob role=MEMBER room_id=ROOM user_id=cid username=cid")
	x.Must(nil, x.tokens["bob"], remove)
	if got, want := x.until(t, "room_handed_over"), "INFO room_handed_over room_id=ROOM user_id=cid username=cid"; len(got) != 1 || got[0] != want {
		t.Errorf("got %q, want %q", got, want)
	}
	alone := uuid.NewString()
	x.name(alone, "ALONE")
	x.want("dan", `createRoom(name: "alone", kind: PRIVATE, id: "`+alone+`") { id }`,
		"INFO room_created request actor=dan actor_id=dan kind=PRIVATE room_id=ALONE")
	x.Must(nil, x.tokens["dan"], remove)
	if got, want := x.until(t, "room_deleted"), "INFO room_deleted room_id=ALONE"; len(got) != 1 || got[0] != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for event, n := range map[string]int{"member_joined": 3, "member_left": 2, "member_added": 1, "room_handed_over": 1, "room_deleted": 1, "room_created": 2, "registered": 5} {
		if want := fmt.Sprintf("\nparley_audit_events_total{event=%q} %d\n", event, n); !strings.Contains(x.Scrape(), want) {
			t.Errorf("there is no line %s", want)
		}
	}
}
