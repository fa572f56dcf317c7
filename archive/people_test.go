package archive

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/chat/rowcheck"
	"parley/db"
	"parley/db/dbtest"
	"parley/ent"
	"parley/ent/room"
	"parley/ent/roomevent"
)

// addPeople stores a private room whose log tells of its people, somebody banned and invited, and a direct room.
func addPeople(ctx context.Context, tx *ent.Tx, ann uuid.UUID, now time.Time) error {
	bob, carl, secret, direct := uuid.New(), uuid.New(), uuid.New(), uuid.New()
	both := []string{ann.String(), bob.String()}
	slices.Sort(both)
	enter := func(in, who uuid.UUID, role int, key string) *ent.MemberCreate {
		return tx.Member.Create().SetID(uuid.New()).SetRoomID(in).SetUserID(who).SetRole(role).SetUsernameKey(key).SetJoinedPlace(0).SetJoinedAt(now)
	}
	tell := func(place int64, kind roomevent.Kind) *ent.RoomEventCreate {
		return tx.RoomEvent.Create().SetRoomID(secret).SetPlace(place).SetNumber(0).SetTag(place).SetKind(kind).SetAt(now).SetActorID(ann)
	}
	return errors.Join(
		tx.User.Create().SetID(bob).SetUsername("Bob").SetUsernameKey("bob").SetPasswordHash("$argon2id$x").SetCreatedAt(now).SetRoomsVersion(7).Exec(ctx),
		tx.User.Create().SetID(carl).SetUsername("carl").SetUsernameKey("carl").SetCreatedAt(now).SetDeletedAt(now).SetLeaving(true).Exec(ctx),
		tx.Room.Create().SetID(secret).SetCreatedBy(ann).SetKind(room.KindPRIVATE).SetName("Secret").SetNameKey("secret").SetCreatedAt(now).SetLastAt(now).
			SetLastPlace(6).SetLastTag(6).SetSendRole(1).SetMemberCount(3).SetAccessVersion(9).SetRevokedPlace(3).SetEnrolling(true).Exec(ctx),
		enter(secret, ann, 0, "änn").Exec(ctx), enter(secret, bob, 1, "bob").SetJoinedPlace(4).SetJoinedVersion(7).Exec(ctx), enter(secret, carl, 2, "carl").Exec(ctx),
		tell(1, roomevent.KindMEMBER_JOINED).SetUserID(bob).SetUsername("Bob").Exec(ctx),
		tell(2, roomevent.KindMEMBER_LEFT).SetUserID(bob).SetUsername("Bob").SetName("Secret").Exec(ctx),
		tell(3, roomevent.KindMEMBER_REMOVED).SetUserID(carl).SetUsername("carl").SetName("").Exec(ctx),
		tell(4, roomevent.KindROOM_UPDATED).Exec(ctx),
		tell(5, roomevent.KindMEMBER_JOINED).SetUserID(bob).SetUsername("Bob").Exec(ctx),
		tell(6, roomevent.KindMEMBER_CHANGED).SetActorID(uuid.Nil).SetUserID(bob).SetUsername("Bob").Exec(ctx),
		tx.Ban.Create().SetRoomID(secret).SetUserID(carl).SetBannedBy(bob).SetReason("loud").SetUntil(now).SetCreatedAt(now).Exec(ctx),
		tx.Invite.Create().SetID(uuid.New()).SetRoomID(secret).SetCreatedBy(bob).SetCode("0123456789ABCDEFGHJKMNPQRR").SetUses(3).SetUsesLeft(1).SetUntil(now).SetCreatedAt(now).Exec(ctx),
		tx.Invite.Create().SetID(uuid.New()).SetRoomID(secret).SetCreatedBy(bob).SetCode("0123456789ABCDEFGHJKMNPQRW").SetCreatedAt(now).Exec(ctx),
		tx.Room.Create().SetID(direct).SetCreatedBy(bob).SetKind(room.KindDIRECT).SetDirectKey(strings.Join(both, " ")).SetName("Bob, Änn").SetNameKey("bob, änn").
			SetCreatedAt(now).SetLastAt(now).SetMemberCount(2).Exec(ctx),
		enter(direct, ann, 2, "änn").SetHiddenNumber(0).Exec(ctx), enter(direct, bob, 2, "bob").Exec(ctx))
}

// What an export says of people is refused where rooms would not be as they say.
func TestUnsoundPeopleAreRefused(t *testing.T) {
	text := everything(t)
	for _, c := range []struct{ from, to, says string }{
		{`"member_count":3`, `"member_count":2`, "as many members as it says"},
		{`"member_count":2`, `"member_count":3`, "as many members as it says"},
		{`"role":0`, `"role":1`, "no owner"},
		{`"username_key":"bob","joined_place":4`, `"username_key":"bab","joined_place":4`, "does not fit their room"},
		{`"joined_place":4`, `"joined_place":7`, "does not fit their room"},
		{`"joined_version":7`, `"joined_version":8`, "does not fit their room"},
		{`"leaving":true`, `"leaving":null`, "does not fit their room"},
		{`"hidden_number":0`, `"hidden_number":1`, "does not fit their room"},
		{`"revoked_place":3`, `"revoked_place":2`, "last ended"},
		{`"name":"Bob, Änn"`, `"name":"Bob, Ann"`, "is not called"},
		{`"direct_key":"`, `"direct_key":"x`, "not of the people"},
		{`"until":"2026-01-31T12:00:00.250Z","created_at"`, `"until":null,"created_at"`, "is banned from a room that they are in"},
		{`"kind":"MEMBER_JOINED"`, `"kind":"ROOM_UPDATED"`, "the person that it is about"},
		{`"kind":"MEMBER_LEFT"`, `"kind":"MEMBER_JOINED"`, "the name that the room had"},
		{`"kind":"MEMBER_CHANGED"`, `"kind":"MEMBER_JOINED"`, "actor_id: the nil UUID"},
		{`"enrolling":true`, `"enrolling":false`, "true or null"},
	} {
		if c.says == "no owner" { // of the private room, whose members come in order of nothing
			c.from, c.to = `"role":0,"username_key":"änn"`, `"role":1,"username_key":"änn"`
		}
		o := db.Options{URL: "sqlite:parley.db", Dir: t.TempDir()}
		_, err := importRows(t.Context(), o, bytes.NewReader(sealed(t, text, c.from, c.to)), nil)
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want %s", c.to, err, c.says)
		}
	}
}

// What no release has stored of rooms and their people is refused by the row that says it.
func TestRowsOfPeopleAreJudged(t *testing.T) {
	text := everything(t)
	for _, c := range []struct{ from, to, says string }{
		{`"kind":"PRIVATE"`, `"kind":"SECRET"`, "rooms.kind"},
		{`"kind":"PRIVATE"`, `"kind":"DIRECT"`, "rooms.direct_key"},
		{`"kind":"DIRECT"`, `"kind":"PRIVATE"`, "rooms.direct_key"},
		{`"direct_key":"`, `"direct_key":"0`, "rooms.direct_key"},
		{`"name_key":"bob, änn"`, `"name_key":"änn, bob"`, "rooms.name_key"},
		{`"name":"Bob, Änn","name_key":"bob, änn"`, `"name":"Änn, Bob","name_key":"bob, änn"`, "rooms.name_key"},
		{`"name_key":"secret"`, `"name_key":"secret "`, "rooms.name_key"},
		{`"send_role":1`, `"send_role":3`, "rooms.send_role"},
		{`"role":1`, `"role":3`, "members.role"},
		{`"reason":"loud"`, `"reason":""`, "bans.reason"},
		{`"reason":"loud"`, `"reason":"` + strings.Repeat("x", 251) + `"`, "bans.reason"},
		{`"code":"0123`, `"code":"U123`, "invites.code"},
		{`"code":"0123`, `"code":"123`, "invites.code"},
		{`"uses":3`, `"uses":1001`, "invites.uses"},
		{`"uses":3`, `"uses":null`, "invites.uses"},
		{`"uses_left":1`, `"uses_left":4`, "invites.uses"},
	} {
		o := db.Options{URL: "sqlite:parley.db", Dir: t.TempDir()}
		_, err := importRows(t.Context(), o, bytes.NewReader(sealed(t, text, c.from, c.to)), rowcheck.Check)
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want %s", c.to, err, c.says)
		}
	}
	o := db.Options{URL: "sqlite:parley.db", Dir: t.TempDir()}
	if _, err := importRows(t.Context(), o, bytes.NewReader(text), rowcheck.Check); err != nil {
		t.Error(err)
	}
}

// An export of the first release is taken, judged as all others, and what migrations did with such rows is done: rooms have owners,
// and wait to be enrolled.
func TestReleasedExportIsTaken(t *testing.T) {
	server := dbtest.StartServer(t)
	for _, o := range []db.Options{{URL: "sqlite:parley.db", Dir: t.TempDir()}, {URL: server.URL("postgres")}} {
		sum, err := Import(t.Context(), o, bytes.NewReader(dbtest.ReleasedExport))
		if err != nil || sum.Users != 8 || sum.Rooms != 7 || sum.Chats != 25 {
			t.Fatal(sum, err)
		}
		wantReleased(t, o)
		// What it has become is an export of today, which is taken as it is.
		text, again := exported(t, o), db.Options{URL: "sqlite:parley.db", Dir: t.TempDir()}
		if _, err := Import(t.Context(), again, bytes.NewReader(text)); err != nil || !bytes.Equal(exported(t, again), text) {
			t.Errorf("taken once more: %v", err)
		}
	}
}

func wantReleased(t *testing.T, o db.Options) {
	t.Helper()
	s, err := db.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	rooms, err := s.Read.Room.Query().WithCreator().WithMembers(func(q *ent.MemberQuery) { q.WithUser() }).All(t.Context())
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	for _, r := range rooms {
		got := r.Edges.Creator.Username + ":"
		for _, m := range r.Edges.Members {
			got += " " + m.Edges.User.Username + map[int]string{0: "*"}[m.Role]
			if m.LastRead != r.LastNumber {
				t.Errorf("%s, %q: read up to %d of %d", o.URL, r.Name, m.LastRead, r.LastNumber)
			}
		}
		if r.Enrolling != nil {
			got += " waits"
		}
		if want := map[string]string{
			"general": "Ann: Ann* waits", "silent": "Ann: Ann*", "left by its owner": "dora: Cleo* waits", "left by all": "dora: waits",
			"Große Pause": "emil: bob* waits", "never used": "dora:", "": "bob:",
		}[r.Name]; got != want {
			t.Errorf("%s, %q: %q, want %q", o.URL, r.Name, got, want)
		}
	}
}

// An export of an older release holds what that release had, and nothing of today.
func TestReleasedExportHoldsNothingOfToday(t *testing.T) {
	for _, c := range []struct{ from, to, says string }{
		{`"owner_id":`, `"created_by":`, "no field"},
		{`{"table":"rooms",`, `{"table":"rooms","kind":"PUBLIC",`, "no field"},
		{`{"table":"chats",`, `{"table":"members","role":2}` + "\n" + `{"table":"chats",`, "no rows of a table"},
		{`"schema":20261127200457`, `"schema":20261125010253`, "earlier version"},
		{`"schema":20261127200457`, `"schema":20261130000000`, "earlier version"},
	} {
		_, err := importRows(t.Context(), db.Options{URL: "sqlite:parley.db", Dir: t.TempDir()}, bytes.NewReader(sealed(t, dbtest.ReleasedExport, c.from, c.to)), nil)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want %s", c.to, err, c.says)
		}
	}
}
