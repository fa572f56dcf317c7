package archive

import (
	"bytes"
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/schema/field"
	"github.com/google/uuid"

	"parley/db"
	"parley/db/dbtest"
	"parley/db/tables"
	"parley/ent"
	"parley/ent/migrate"
	"parley/ent/roomevent"
)

func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }

// Whatever Ent's schema gains must be moved too.
func TestExportHasEveryColumn(t *testing.T) {
	kinds := map[field.Type][]tables.Kind{
		field.TypeUUID: {tables.UID}, field.TypeTime: {tables.Moment}, field.TypeInt: {tables.Count}, field.TypeInt64: {tables.Count, tables.Wide},
		field.TypeBool: {tables.Flag, tables.Bool}, field.TypeString: {tables.Text}, field.TypeEnum: {tables.Text}, field.TypeBytes: {tables.Octets},
	}
	for _, table := range migrate.Tables {
		i := slices.IndexFunc(allTables, func(p *tables.Table) bool { return p.Name == table.Name })
		if i < 0 {
			t.Errorf("table %s is not allTables", table.Name)
			continue
		}
		wanted := 0
		for _, c := range table.Columns {
			if c.Increment || c.Name == "purging" { // no data: it marks what an export leaves out
				continue
			}
			wanted++
			at := allTables[i].Find([]byte(c.Name), 0)
			if at < 0 {
				t.Errorf("column %s.%s is not allTables", table.Name, c.Name)
			} else if got := allTables[i].Columns[at]; got.Null != c.Nullable || !slices.Contains(kinds[c.Type], got.Kind) {
				t.Errorf("column %s.%s: %+v", table.Name, c.Name, got)
			}
		}
		if got := len(allTables[i].Columns); got != wanted {
			t.Errorf("%s has %d columns, want %d", table.Name, got, wanted)
		}
	}
	if len(allTables) != len(migrate.Tables) {
		t.Errorf("%d tables, want %d", len(allTables), len(migrate.Tables))
	}
}

// addEverything stores rows of every kind: deleted users and rooms, edited and deleted chats, texts that need care.
func addEverything(ctx context.Context, tx *ent.Tx) error {
	now := time.Date(2026, 1, 31, 12, 0, 0, 250e6, time.UTC)
	ann, gone, dead, session := uuid.New(), uuid.New(), uuid.New(), uuid.New()
	room, chats := uuid.New(), []uuid.UUID{uuid.New(), uuid.New(), uuid.New()}
	texts := []string{"", "👩‍👩‍👧‍👦 \"\\ \u2028 \t\r\n\x01\x7f", strings.Repeat("é", 10_000)}
	err := errors.Join(
		dbtest.AddRoom(ctx, tx, "general", 10), dbtest.AddRoom(ctx, tx, "empty", 0),
		tx.User.Create().SetID(ann).SetUsername("Änn").SetUsernameKey("änn").SetPasswordHash("$argon2id$x").SetPasswordVersion(3).SetCreatedAt(now).Exec(ctx),
		tx.User.Create().SetID(gone).SetUsername("gone").SetUsernameKey("gone").SetCreatedAt(now.Add(750*time.Millisecond)).SetDeletedAt(now).Exec(ctx),
		tx.Session.Create().SetID(session).SetUserID(ann).SetCreatedAt(now).SetLastUsedAt(now).SetExpiresAt(now).SetGeneration(2).
			SetRefreshIssuedAt(now).SetRefreshKid("k").SetRefreshJti(uuid.New()).SetParentJti(uuid.New()).SetRotatedAt(now).
			SetRetryHash([]byte{0, 1, 255}).SetUserAgent("").SetIPAddress("::1").SetIPNetwork("::/64").SetEndsAt(now).SetRevokedAt(now).SetRevokedReason("LOGOUT").Exec(ctx),
		tx.Session.Create().SetID(uuid.New()).SetUserID(ann).SetCreatedAt(now).SetLastUsedAt(now).SetExpiresAt(now).SetRefreshIssuedAt(now).SetRefreshKid("k").Exec(ctx),
		tx.BlacklistedToken.Create().SetID(uuid.New()).SetSessionID(session).SetGeneration(1).SetBlacklistedAt(now).SetExpiresAt(now).Exec(ctx),
		tx.LoginLimit.Create().SetID("ab").SetFullAt(now).Exec(ctx), tx.LoginLimit.Create().SetID("Zz").SetFullAt(now).Exec(ctx),
		tx.Room.Create().SetID(dead).SetCreatedBy(ann).SetName("").SetCreatedAt(now).SetDeletedAt(now).SetLastAt(now).SetLastPlace(7).SetLastNumber(4).SetLastTag(9).Exec(ctx),
		tx.RoomEvent.Create().SetRoomID(dead).SetPlace(7).SetNumber(4).SetTag(9).SetKind(roomevent.KindROOM_DELETED).SetAt(now).SetActorID(ann).Exec(ctx),
		addPeople(ctx, tx, ann, now), addSaid(ctx, tx, now), addStanding(ctx, tx, now),
		tx.Room.Create().SetID(room).SetCreatedBy(ann).SetName("Große").SetNameKey("große").SetTopic("").SetData(`{"n":[1.0,"é\n\u0000"]}`).SetCreatedAt(now).SetLastAt(now).SetLastPlace(5).SetLastNumber(3).SetLastTag(1<<63-1).Exec(ctx))
	for i, text := range texts {
		c := tx.Chat.Create().SetID(chats[i]).SetRoomID(room).SetNumber(i + 1).SetPlace(int64(i + 1)).SetTag(int64(i + 1)).SetUserID(gone).SetUsername("gone").SetText(text).SetCreatedAt(now)
		if i == 0 {
			c.SetDeletedAt(now)
		} else {
			c.SetEditedAt(now.Add(-250 * time.Millisecond)).SetData("[true]")
		}
		err = errors.Join(err, c.Exec(ctx), tx.RoomEvent.Create().SetRoomID(room).SetPlace(int64(i+1)).SetNumber(i+1).SetTag(int64(i+1)).
			SetKind(roomevent.KindCHAT_SENT).SetAt(now).SetActorID(gone).SetChatID(chats[i]).Exec(ctx))
	}
	return errors.Join(err,
		tx.RoomEvent.Create().SetRoomID(room).SetPlace(4).SetNumber(3).SetTag(4).SetKind(roomevent.KindCHAT_EDITED).SetAt(now).SetActorID(gone).SetChatID(chats[1]).Exec(ctx),
		tx.RoomEvent.Create().SetRoomID(room).SetPlace(5).SetNumber(3).SetTag(1<<63-1).SetKind(roomevent.KindCHAT_DELETED).SetAt(now).SetActorID(gone).SetChatID(chats[0]).Exec(ctx))
}

// everything is the export of a database with rows of every kind.
func everything(t testing.TB) []byte {
	t.Helper()
	o := db.Options{URL: "sqlite:parley.db", Dir: t.TempDir()}
	s, err := db.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Write(t.Context(), func(tx *ent.Tx) error { return addEverything(t.Context(), tx) }), s.Close()); err != nil {
		t.Fatal(err)
	}
	return exported(t, o)
}

func exported(t testing.TB, o db.Options) []byte {
	t.Helper()
	var text bytes.Buffer
	sum, err := Export(t.Context(), o, &text)
	if err != nil || sum.Bytes != int64(text.Len()) {
		t.Fatal(sum, err)
	}
	return text.Bytes()
}

func TestMovingKeepsEveryByte(t *testing.T) {
	first := everything(t)
	server := dbtest.StartServer(t)
	for _, name := range []string{"a", "b"} {
		if err := server.Create(t.Context(), name, ""); err != nil {
			t.Fatal(err)
		}
	}
	for _, to := range []db.Options{
		{URL: "sqlite:parley.db", Dir: t.TempDir()}, {URL: server.URL("a")}, {URL: server.URL("b")}, {URL: "sqlite:parley.db", Dir: t.TempDir()},
	} {
		sum, err := importRows(t.Context(), to, bytes.NewReader(first), nil)
		if err != nil || sum.Users != 14 || sum.Rooms != 7 || sum.Chats != 17 {
			t.Fatal(sum, err)
		}
		if again := exported(t, to); !bytes.Equal(again, first) {
			t.Errorf("%s: the bytes differ: %d and %d", to.URL, len(again), len(first))
		}
		if _, err := importRows(t.Context(), to, bytes.NewReader(first), nil); !errors.Is(err, db.ErrNotEmpty) {
			t.Errorf("a second import: got %v", err)
		}
	}
}

// A failed import leaves no file, and no row in a database that was there.
func TestFailedImportLeavesNothing(t *testing.T) {
	text := everything(t)
	half := text[:len(text)/2]
	o := db.Options{URL: "sqlite:parley.db", Dir: t.TempDir()}
	if _, err := importRows(t.Context(), o, bytes.NewReader(half), nil); !errors.Is(err, ErrDamaged) {
		t.Errorf("got %v", err)
	}
	dbtest.WantEmpty(t, o.Dir)
	if err := open(t, o.Dir).Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := importRows(t.Context(), o, bytes.NewReader(half), nil); !errors.Is(err, ErrDamaged) {
		t.Errorf("got %v", err)
	}
	if n, err := open(t, o.Dir).Read.User.Query().Count(t.Context()); err != nil || n != 0 {
		t.Errorf("%d users, %v", n, err)
	}
	if _, err := os.Stat(o.Dir + "/parley.db"); err != nil {
		t.Error(err)
	}
}

// FuzzImport looks for a line that is taken and comes out as one that is not.
func FuzzImport(f *testing.F) {
	const at, id = "2026-01-31T12:00:00.250Z", "00000000-0000-4000-8000-000000000001"
	f.Add([]byte(`{"table":"login_limits","bucket":"a\u00e9\ud83d\ude00","full_at":"` + at + `"}`))
	f.Add([]byte(`{ "table" : "users","id":"` + id + `","created_at":"` + at + `","username":"a","username_key":"a","password_hash":null,"password_version":0,"deleted_at":null,"leaving":true,"rooms_version":0,"name":"a","image":null,"admin":true,"disabled_at":null,"issuer":null,"subject":null,"bot":null,"token_hash":"AAE="}`))
	f.Add([]byte(`{"table":"server_invites","id":"` + id + `","code":"0","created_by":null,"created_at":"` + at + `","uses":1,"uses_left":0,"until":null}`))
	f.Add([]byte(`{"sha256":"","users":0,"sessions":0,"blacklisted_tokens":0,"login_limits":0,"server_invites":0,"rooms":0,"members":0,"bans":0,"invites":0,"chats":0,"room_events":0,"mentions":0,"reactions":0,"blocks":0}`))
	f.Add([]byte(`{"table":"mentions","room_id":"` + id + `","number":1,"user_id":"` + id + `","answers":false,"chat_id":"` + id + `","sent_at":"` + at + `"}`))
	take := func(text []byte) (taken *tables.Batch, err error) {
		p := newParser(nil, func(b *tables.Batch) error { taken = b; return nil })
		p.table = 0
		err = p.chunk(append(bytes.Clone(text), '\n'))
		return taken, err
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := take(text)
		if err != nil || b == nil || len(b.Cells) != len(b.Table.Columns) {
			return
		}
		line, err := newLineWriter(b.Table).append(nil, b.Cells)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := take(line[:len(line)-1]); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	})
}
