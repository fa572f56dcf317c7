package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/chat/rowcheck"
	"parley/db"
	"parley/db/dbtest"
	"parley/ent"
	"parley/ent/roomevent"
)

// Ids of what addSaid stores.
var (
	talk, dan, eve = said(1), said(2), said(3)
	talked         = []uuid.UUID{said(0xc1), said(0xc2), said(0xc3), said(0xc4)}
)

func said(n byte) uuid.UUID {
	return uuid.UUID{0: 0x5a, 6: 0x40, 8: 0x80, 15: n}
}

// addSaid stores a room in which people have answered, named and blocked each other, put emoji on chats and read some of them. A chat
// that was deleted has a reaction left, which is no data. The rows are in no order.
func addSaid(ctx context.Context, tx *ent.Tx, now time.Time) error {
	err := errors.Join(
		tx.User.Create().SetID(dan).SetUsername("dan").SetUsernameKey("dan").SetPasswordHash("$argon2id$x").SetCreatedAt(now).Exec(ctx),
		tx.User.Create().SetID(eve).SetUsername("eve").SetUsernameKey("eve").SetPasswordHash("$argon2id$x").SetCreatedAt(now).Exec(ctx),
		tx.Room.Create().SetID(talk).SetCreatedBy(dan).SetName("talk").SetNameKey("talk").SetCreatedAt(now).SetLastAt(now).SetMemberCount(2).
			SetLastPlace(10).SetLastNumber(4).SetLastTag(110).Exec(ctx),
		tx.Member.Create().SetID(said(0x22)).SetRoomID(talk).SetUserID(eve).SetRole(2).SetUsernameKey("eve").SetJoinedPlace(0).SetJoinedAt(now).SetLastRead(2).Exec(ctx),
		tx.Member.Create().SetID(said(0x21)).SetRoomID(talk).SetUserID(dan).SetRole(0).SetUsernameKey("dan").SetJoinedPlace(0).SetJoinedAt(now).SetLastRead(4).SetNotify(2).Exec(ctx),
		tx.Block.Create().SetUserID(eve).SetBlockedID(dan).SetCreatedAt(now).Exec(ctx), tx.Block.Create().SetUserID(dan).SetBlockedID(eve).SetCreatedAt(now).Exec(ctx),
	)
	for i, place := range []int64{1, 2, 3, 6} {
		who, text := []uuid.UUID{dan, eve}[i%2], []string{"hello", "@dan, hi", "", "why?"}[i]
		c := tx.Chat.Create().SetID(talked[i]).SetRoomID(talk).SetNumber(i + 1).SetPlace(place).SetTag(100 + place).SetUserID(who).SetUsername("x").SetText(text).SetCreatedAt(now)
		if i > 0 {
			c.SetReplyTo(talked[i-1])
		}
		if i < 3 {
			c.SetAnswered(true)
		}
		if text == "" {
			c.SetDeletedAt(now)
		}
		err = errors.Join(err, c.Exec(ctx))
	}
	for i, e := range []struct {
		kind  roomevent.Kind
		who   uuid.UUID
		chat  int
		emoji string
	}{
		{roomevent.KindCHAT_SENT, dan, 1, ""},
		{roomevent.KindCHAT_SENT, eve, 2, ""},
		{roomevent.KindCHAT_SENT, dan, 3, ""},
		{roomevent.KindCHAT_REACTED, eve, 3, "❤"},
		{roomevent.KindCHAT_DELETED, dan, 3, ""},
		{roomevent.KindCHAT_SENT, eve, 4, ""},
		{roomevent.KindCHAT_REACTED, dan, 1, "👍🏿"},
		{roomevent.KindCHAT_UNREACTED, dan, 1, "👍🏿"},
		{roomevent.KindCHAT_REACTED, eve, 1, ":parrot:"},
		{roomevent.KindCHAT_REACTED, dan, 1, "👍🏿"},
	} {
		place := int64(i + 1)
		c := tx.RoomEvent.Create().SetRoomID(talk).SetPlace(place).SetNumber(min(i+1, 3)).SetTag(100 + place).SetKind(e.kind).SetAt(now).SetActorID(e.who).SetChatID(talked[e.chat-1])
		if place > 5 {
			c.SetNumber(4)
		}
		if e.emoji != "" {
			c.SetEmoji(e.emoji)
		}
		err = errors.Join(err, c.Exec(ctx))
	}
	reaction := func(place int64, chat int, who uuid.UUID, emoji string) error {
		return tx.Reaction.Create().SetRoomID(talk).SetPlace(place).SetChatID(talked[chat-1]).SetUserID(who).SetEmoji(emoji).Exec(ctx)
	}
	mention := func(number int, who uuid.UUID, answers bool) error {
		return tx.Mention.Create().SetRoomID(talk).SetNumber(number).SetChatID(talked[number-1]).SetUserID(who).SetAnswers(answers).SetSentAt(now).Exec(ctx)
	}
	return errors.Join(err, reaction(10, 1, dan, "👍🏿"), reaction(4, 3, eve, "❤"), reaction(9, 1, eve, ":parrot:"),
		mention(4, dan, true), mention(2, dan, true), mention(2, dan, false))
}

// changed changes the lines of an export that hold something, each from one text to another, and gives it the trailer that fits.
func changed(t *testing.T, text []byte, changes ...[3]string) []byte {
	t.Helper()
	for _, c := range changes {
		lines, found := bytes.SplitAfter(text, []byte("\n")), false
		for i, line := range lines {
			if bytes.Contains(line, []byte(c[0])) && bytes.Contains(line, []byte(c[1])) {
				lines[i], found = bytes.Replace(line, []byte(c[1]), []byte(c[2]), 1), true
			}
		}
		if !found {
			t.Fatalf("%q with %q is not in the export", c[0], c[1])
		}
		text = bytes.Join(lines, nil)
	}
	at := bytes.LastIndex(text[:len(text)-1], []byte("\n")) + 1
	sum := sha256.Sum256(text[:at])
	start := bytes.Index(text[at:], []byte(`","users"`))
	return slices.Concat(text[:at], fmt.Appendf(nil, `{"sha256":"%x`, sum), text[at+start:])
}

// What an export says of replies, mentions and reactions is refused where no server has stored it so, by either database.
func TestUnsoundSayingsAreRefused(t *testing.T) {
	text := everything(t)
	server := dbtest.StartServer(t)
	if err := server.Create(t.Context(), "x", ""); err != nil {
		t.Fatal(err)
	}
	id := func(number int) string { return talked[number-1].String() }
	chat := func(number int) string { return `"id":"` + id(number) + `"` }
	another := string(regexp.MustCompile(`"number":1,"place":1,"tag":"1","id":"([^"]+)"`).FindSubmatch(text)[1]) // a first chat, of another room
	const elsewhere = "00000000-0000-4000-8000-000000000001"
	inTalk := `"room_id":"` + talk.String() + `"`
	const places, answers, refused = `"table":"reactions"`, `"table":"mentions"`, "does not fit its chat"
	named := `"number":2,"user_id":"` + dan.String() + `","answers":false`
	parrot := `"emoji":":parrot:"`
	for _, c := range []struct {
		says    string
		changes [][3]string
	}{
		{"does not fit their room", [][3]string{{`"notify":2`, `"last_read":4`, `"last_read":5`}}},
		{"answers none", [][3]string{{chat(2), id(1), said(9).String()}}},
		{"answers none", [][3]string{{chat(2), `"reply_to":"` + id(1), `"reply_to":"` + id(2)}, {chat(1), `"answered":true`, `"answered":null`}}},
		{"answers none", [][3]string{{chat(2), `"reply_to":"` + id(1), `"reply_to":"` + id(4)}, {chat(1), `"answered":true`, `"answered":null`}, {chat(4), `"answered":null`, `"answered":true`}}},
		{"answers none", [][3]string{{chat(2), id(1), another}, {chat(1), `"answered":true`, `"answered":null`}, {another, `"answered":null`, `"answered":true`}}},
		{"answers none", [][3]string{{chat(1), `"answered":true`, `"answered":null`}}},
		{"no chat answers it", [][3]string{{chat(4), `"answered":null`, `"answered":true`}}},
		{refused, [][3]string{{answers, `"number":4`, `"number":3`}}},
		{refused, [][3]string{{named, `"sent_at":"2026-01-31T12:00:00.250Z"`, `"sent_at":"2026-01-31T12:00:00.251Z"`}}},
		{refused, [][3]string{{named, dan.String(), eve.String()}}},
		{refused, [][3]string{{`"number":4,"user_id"`, id(4), id(3)}, {`"number":4,"user_id"`, `"number":4`, `"number":3`}, {`"number":3,"user_id"`, dan.String(), eve.String()}}},
		{refused, [][3]string{{chat(4), `"reply_to":"` + id(3) + `"`, `"reply_to":null`}, {chat(3), `"answered":true`, `"answered":null`}}},
		{refused, [][3]string{{chat(4), `"reply_to":"` + id(3), `"reply_to":"` + id(2)}, {chat(3), `"answered":true`, `"answered":null`}}},
		{"does not have the reactions", [][3]string{{places, `"place":10`, `"place":7`}}},
		{"not in the log", [][3]string{{places, `"place":10`, `"place":8`}}},
		{"not in the log", [][3]string{{places, `"place":10`, `"place":11`}}},
		{"not in the log", [][3]string{{places, parrot, `"emoji":"x"`}}},
		{"not in the log", [][3]string{{places, `"place":9,"chat_id":"` + id(1), `"place":9,"chat_id":"` + id(2)}}},
		{"not in the log", [][3]string{{places + "," + inTalk + `,"place":9`, eve.String(), dan.String()}}},
		{"not in the log", [][3]string{{places + "," + inTalk + `,"place":9`, talk.String(), elsewhere}}},
		{"does not have the reactions", [][3]string{{`"kind":"CHAT_REACTED","tag":"110"`, `CHAT_REACTED`, "CHAT_UNREACTED"}, {places, `"place":10`, `"place":7`}}},
		{"was deleted, and has reactions", [][3]string{{chat(1), `"deleted_at":null`, `"deleted_at":"2026-01-31T12:00:00.250Z"`}}},
		{"which is not there", [][3]string{{`"kind":"CHAT_UNREACTED"`, id(1), said(9).String()}}},
		{"its emoji do not fit", [][3]string{{`"kind":"CHAT_UNREACTED"`, `"emoji":"👍🏿"`, `"emoji":null`}}},
		{"its emoji do not fit", [][3]string{{`"kind":"CHAT_UNREACTED"`, "CHAT_UNREACTED", "CHAT_EDITED"}}},
		{refused, [][3]string{{named, talk.String(), elsewhere}}},
		{"does not name", [][3]string{{chat(2), "@dan, hi", "dan, hi"}}},
		{"does not name", [][3]string{{chat(2), "@dan, hi", "@danny and @eve, hi"}}},
		{"does not name", [][3]string{{chat(2), "@dan, hi", "`@dan`, dan@dan.example"}}},
		{"true or false", [][3]string{{named, "false", "1"}}},
	} {
		for _, o := range []db.Options{{URL: "sqlite:parley.db", Dir: t.TempDir()}, {URL: server.URL("x")}} {
			_, err := importRows(t.Context(), o, bytes.NewReader(changed(t, text, c.changes...)), nil)
			if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s %v: got %v, want %s", o.URL, c.changes, err, c.says)
			}
		}
	}
	if _, err := importRows(t.Context(), db.Options{URL: server.URL("x")}, bytes.NewReader(text), nil); err != nil {
		t.Error(err)
	}
}

// What no release has stored of what people say and do is refused by the row that says it.
func TestRowsOfSayingsAreJudged(t *testing.T) {
	text := everything(t)
	for _, c := range []struct{ in, from, to, says string }{
		{`"last_read":4`, `"notify":2`, `"notify":3`, "members.notify"},
		{`"table":"reactions"`, `:parrot:`, `❤\ufe0f`, "reactions.emoji"},
		{`"table":"reactions"`, `:parrot:`, `:p t:`, "reactions.emoji"},
		{`"table":"reactions"`, `:parrot:`, ``, "reactions.emoji"},
		{`"table":"reactions"`, `:parrot:`, strings.Repeat("x", 33), "reactions.emoji"},
		{`"table":"room_events"`, `:parrot:`, `e\u0301`, "room_events.emoji"},
		{`"table":"blocks","user_id":"` + dan.String(), eve.String(), dan.String(), "blocks.blocked_id"},
	} {
		o := db.Options{URL: "sqlite:parley.db", Dir: t.TempDir()}
		_, err := importRows(t.Context(), o, bytes.NewReader(changed(t, text, [3]string{c.in, c.from, c.to})), rowcheck.Check)
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want %s", c.to, err, c.says)
		}
	}
}

// What is left of a deleted chat and of a deleted room is no data, and no fault.
func TestLeftoversAreNotExported(t *testing.T) {
	o := db.Options{URL: "sqlite:parley.db", Dir: t.TempDir()}
	if _, err := importRows(t.Context(), o, bytes.NewReader(everything(t)), nil); err != nil {
		t.Fatal(err)
	}
	if text := exported(t, o); bytes.Count(text, []byte(`{"table":"reactions"`)) != 2 || bytes.Count(text, []byte(`{"table":"mentions"`)) != 3 {
		t.Errorf("of a deleted chat:\n%s", text)
	}
	damage(t, o.Dir, `INSERT INTO room_events (room_id, place, number, tag, kind, at, actor_id) SELECT id, 11, 4, 111, 'ROOM_DELETED', last_at, created_by FROM rooms WHERE name = 'talk';
		DELETE FROM chats WHERE room_id = (SELECT id FROM rooms WHERE name = 'talk') AND number < 2; DELETE FROM room_events WHERE tag = 109;
		UPDATE rooms SET last_place = 11, last_tag = 111, deleted_at = last_at, name = '', name_key = NULL, purging = true WHERE name = 'talk'`)
	text := exported(t, o)
	if bytes.Contains(text, []byte(`{"table":"reactions"`)) || bytes.Contains(text, []byte(`{"table":"mentions"`)) || bytes.Count(text, []byte(`{"table":"blocks"`)) != 2 {
		t.Errorf("of a deleted room:\n%s", text)
	}
	if _, err := importRows(t.Context(), db.Options{URL: "sqlite:parley.db", Dir: t.TempDir()}, bytes.NewReader(text), nil); err != nil {
		t.Error(err)
	}
}

// As many names and emoji as the API takes are exported, and no more are believed.
func TestSayingsHaveLimits(t *testing.T) {
	for _, c := range []struct {
		kinds, people, named int
		says                 string
	}{
		{20, 2, 20, ""}, {21, 1, 0, "more than 20 emoji"}, {17, 3, 0, "more than 50 kinds"}, {1, 1, 21, "names more than 20"},
	} {
		o := db.Options{URL: "sqlite:parley.db", Dir: t.TempDir()}
		s, err := db.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		err = s.Write(t.Context(), func(tx *ent.Tx) error { return addMuch(t.Context(), tx, c.kinds, c.people, c.named) })
		if err := errors.Join(err, s.Close()); err != nil {
			t.Fatal(err)
		}
		if _, err := Export(t.Context(), o, io.Discard); c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%d kinds of each of %d people, %d named: got %v, want %q", c.kinds, c.people, c.named, err, c.says)
		}
	}
}

// addMuch stores a room with a chat that names people, and on which each of some has put emoji of their own.
func addMuch(ctx context.Context, tx *ent.Tx, kinds, people, named int) (err error) {
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	author, chat, place := said(0xff), talked[0], int64(1)
	user := func(id uuid.UUID, name string) error {
		return tx.User.Create().SetID(id).SetUsername(name).SetUsernameKey(name).SetPasswordHash("$argon2id$x").SetCreatedAt(now).Exec(ctx)
	}
	last := int64(1 + kinds*people)
	err = errors.Join(user(author, "author"),
		tx.Room.Create().SetID(talk).SetCreatedBy(author).SetName("talk").SetNameKey("talk").SetCreatedAt(now).SetLastAt(now).SetLastPlace(last).SetLastNumber(1).SetLastTag(last).Exec(ctx),
		tx.Chat.Create().SetID(chat).SetRoomID(talk).SetNumber(1).SetPlace(1).SetTag(1).SetUserID(author).SetUsername("author").SetText("x").SetCreatedAt(now).Exec(ctx),
		tx.RoomEvent.Create().SetRoomID(talk).SetPlace(1).SetNumber(1).SetTag(1).SetKind(roomevent.KindCHAT_SENT).SetAt(now).SetActorID(author).SetChatID(chat).Exec(ctx))
	for i := range max(people, named) {
		who := said(byte(i))
		err = errors.Join(err, user(who, fmt.Sprint("user", i)))
		if i < named {
			err = errors.Join(err, tx.Mention.Create().SetRoomID(talk).SetNumber(1).SetChatID(chat).SetUserID(who).SetAnswers(false).SetSentAt(now).Exec(ctx))
		}
		for k := 0; k < kinds && i < people; k++ {
			place++
			emoji := fmt.Sprintf("%d-%d", i, k)
			err = errors.Join(err,
				tx.RoomEvent.Create().SetRoomID(talk).SetPlace(place).SetNumber(1).SetTag(place).SetKind(roomevent.KindCHAT_REACTED).SetAt(now).SetActorID(who).SetChatID(chat).SetEmoji(emoji).Exec(ctx),
				tx.Reaction.Create().SetRoomID(talk).SetPlace(place).SetChatID(chat).SetUserID(who).SetEmoji(emoji).Exec(ctx))
		}
	}
	return err
}
