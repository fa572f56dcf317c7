package db

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/schema/field"
	"github.com/google/uuid"

	"parley/db/tables"
	"parley/ent"
	"parley/ent/migrate"
	"parley/ent/roomevent"
)

// Whatever Ent's schema gains must be moved too.
func TestExportHasEveryColumn(t *testing.T) {
	kinds := map[field.Type][]tables.Kind{
		field.TypeUUID: {tables.UID}, field.TypeTime: {tables.Moment}, field.TypeInt: {tables.Count}, field.TypeInt64: {tables.Count, tables.Wide},
		field.TypeString: {tables.Text}, field.TypeEnum: {tables.Text}, field.TypeBytes: {tables.Octets},
	}
	for _, table := range migrate.Tables {
		i := slices.IndexFunc(portables, func(p *tables.Table) bool { return p.Name == table.Name })
		if i < 0 {
			t.Errorf("table %s is not exported", table.Name)
			continue
		}
		wanted := 0
		for _, c := range table.Columns {
			if c.Increment || c.Name == "purging" { // no data: it says what an export leaves out
				continue
			}
			wanted++
			at := portables[i].Find([]byte(c.Name), 0)
			if at < 0 {
				t.Errorf("column %s.%s is not exported", table.Name, c.Name)
			} else if got := portables[i].Columns[at]; got.Null != c.Nullable || !slices.Contains(kinds[c.Type], got.Kind) {
				t.Errorf("column %s.%s: %+v", table.Name, c.Name, got)
			}
		}
		if got := len(portables[i].Columns); got != wanted {
			t.Errorf("%s has %d columns, want %d", table.Name, got, wanted)
		}
	}
	if len(portables) != len(migrate.Tables) {
		t.Errorf("%d tables, want %d", len(portables), len(migrate.Tables))
	}
}

// addEverything stores rows of every kind: deleted users and rooms, edited and deleted chats, texts that need care.
func addEverything(ctx context.Context, tx *ent.Tx) error {
	now := time.Date(2026, 1, 31, 12, 0, 0, 250e6, time.UTC)
	ann, gone, dead, session := uuid.New(), uuid.New(), uuid.New(), uuid.New()
	room, chats := uuid.New(), []uuid.UUID{uuid.New(), uuid.New(), uuid.New()}
	texts := []string{"", "👩‍👩‍👧‍👦 \"\\ \u2028 \t\r\n\x01\x7f", strings.Repeat("é", 10_000)}
	err := errors.Join(
		addRoom(ctx, tx, "general", 10), addRoom(ctx, tx, "empty", 0),
		tx.User.Create().SetID(ann).SetUsername("Änn").SetUsernameKey("änn").SetPasswordHash("$argon2id$x").SetPasswordVersion(3).SetCreatedAt(now).Exec(ctx),
		tx.User.Create().SetID(gone).SetUsername("gone").SetUsernameKey("gone").SetCreatedAt(now.Add(750*time.Millisecond)).SetDeletedAt(now).Exec(ctx),
		tx.Session.Create().SetID(session).SetUserID(ann).SetCreatedAt(now).SetLastUsedAt(now).SetExpiresAt(now).SetGeneration(2).
			SetRefreshIssuedAt(now).SetRefreshKid("k").SetRefreshJti(uuid.New()).SetParentJti(uuid.New()).SetRotatedAt(now).
			SetRetryHash([]byte{0, 1, 255}).SetUserAgent("").SetIPAddress("::1").SetIPNetwork("::/64").SetEndsAt(now).SetRevokedAt(now).SetRevokedReason("LOGOUT").Exec(ctx),
		tx.Session.Create().SetID(uuid.New()).SetUserID(ann).SetCreatedAt(now).SetLastUsedAt(now).SetExpiresAt(now).SetRefreshIssuedAt(now).SetRefreshKid("k").Exec(ctx),
		tx.BlacklistedToken.Create().SetID(uuid.New()).SetSessionID(session).SetGeneration(1).SetBlacklistedAt(now).SetExpiresAt(now).Exec(ctx),
		tx.LoginLimit.Create().SetID("ab").SetFullAt(now).Exec(ctx), tx.LoginLimit.Create().SetID("Zz").SetFullAt(now).Exec(ctx),
		tx.Room.Create().SetID(dead).SetOwnerID(ann).SetName("").SetCreatedAt(now).SetDeletedAt(now).SetLastAt(now).SetLastPlace(7).SetLastNumber(4).SetLastTag(9).Exec(ctx),
		tx.RoomEvent.Create().SetRoomID(dead).SetPlace(7).SetNumber(4).SetTag(9).SetKind(roomevent.KindROOM_DELETED).SetAt(now).SetActorID(ann).Exec(ctx),
		tx.Room.Create().SetID(room).SetOwnerID(ann).SetName("Große").SetNameKey("große").SetTopic("").SetCreatedAt(now).SetLastAt(now).SetLastPlace(5).SetLastNumber(3).SetLastTag(1<<63-1).Exec(ctx))
	for i, text := range texts {
		c := tx.Chat.Create().SetID(chats[i]).SetRoomID(room).SetNumber(i + 1).SetPlace(int64(i + 1)).SetTag(int64(i + 1)).SetUserID(gone).SetUsername("gone").SetText(text).SetCreatedAt(now)
		if i == 0 {
			c.SetDeletedAt(now)
		} else {
			c.SetEditedAt(now.Add(-250 * time.Millisecond))
		}
		err = errors.Join(err, c.Exec(ctx), tx.RoomEvent.Create().SetRoomID(room).SetPlace(int64(i+1)).SetNumber(i+1).SetTag(int64(i+1)).
			SetKind(roomevent.KindCHAT_SENT).SetAt(now).SetActorID(gone).SetChatID(chats[i]).Exec(ctx))
	}
	return errors.Join(err,
		tx.RoomEvent.Create().SetRoomID(room).SetPlace(4).SetNumber(3).SetTag(4).SetKind(roomevent.KindCHAT_EDITED).SetAt(now).SetActorID(gone).SetChatID(chats[1]).Exec(ctx),
		tx.RoomEvent.Create().SetRoomID(room).SetPlace(5).SetNumber(3).SetTag(1<<63-1).SetKind(roomevent.KindCHAT_DELETED).SetAt(now).SetActorID(gone).SetChatID(chats[0]).Exec(ctx))
}

// everything is a database with rows of every kind, and its export.
func everything(t testing.TB) (o Options, text []byte) {
	t.Helper()
	o = Options{URL: "sqlite:parley.db", Dir: t.TempDir()}
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Write(t.Context(), func(tx *ent.Tx) error { return addEverything(t.Context(), tx) }), s.Close()); err != nil {
		t.Fatal(err)
	}
	return o, exported(t, o)
}

func exported(t testing.TB, o Options) []byte {
	t.Helper()
	var text bytes.Buffer
	held, err := Export(t.Context(), o, &text)
	if err != nil || held.Bytes != int64(text.Len()) {
		t.Fatal(held, err)
	}
	return text.Bytes()
}

func TestMovingKeepsEveryByte(t *testing.T) {
	_, first := everything(t)
	server := newPostgres(t)
	for _, name := range []string{"a", "b"} {
		if err := server.Create(t.Context(), name, ""); err != nil {
			t.Fatal(err)
		}
	}
	for _, to := range []Options{
		{URL: "sqlite:parley.db", Dir: t.TempDir()}, {URL: server.URL("a")}, {URL: server.URL("b")}, {URL: "sqlite:parley.db", Dir: t.TempDir()},
	} {
		held, err := Import(t.Context(), to, bytes.NewReader(first), nil)
		if err != nil || held.Users != 4 || held.Rooms != 4 || held.Chats != 13 {
			t.Fatal(held, err)
		}
		if again := exported(t, to); !bytes.Equal(again, first) {
			t.Errorf("%s: the bytes differ: %d and %d", to.URL, len(again), len(first))
		}
		if _, err := Import(t.Context(), to, bytes.NewReader(first), nil); !errors.Is(err, ErrNotEmpty) {
			t.Errorf("a second import: got %v", err)
		}
	}
}

// Whatever happens to an export on its way is found, and nothing is stored.
func TestDamagedExportIsRefused(t *testing.T) {
	_, text := everything(t)
	lines := bytes.SplitAfter(text, []byte("\n"))
	lines = lines[:len(lines)-1]
	damaged := map[string][]byte{"more": append(slices.Clone(text), "{}\n"...), "no end of line": text[:len(text)-1], "nothing": nil}
	for i := range lines {
		damaged["cut before line "+string(lines[i])] = bytes.Join(lines[:i], nil)
		damaged["without "+string(lines[i])] = bytes.Join(slices.Delete(slices.Clone(lines), i, i+1), nil)
		damaged["twice "+string(lines[i])] = bytes.Join(slices.Insert(slices.Clone(lines), i, lines[i]), nil)
		if i > 0 {
			swapped := slices.Clone(lines)
			swapped[i-1], swapped[i] = swapped[i], swapped[i-1]
			damaged["swapped "+string(lines[i])] = bytes.Join(swapped, nil)
		}
	}
	for what, text := range damaged {
		if err := parsed(text); !errors.Is(err, ErrDamaged) {
			t.Errorf("%.80s: got %v", what, err)
		}
	}
	for at := 0; at < len(text); at++ {
		if at > 2000 && at < len(text)-600 && at%97 != 0 {
			continue
		}
		for _, flip := range []byte{0x01, 0x20, 0x80} {
			text[at] ^= flip
			if err := parsed(text); err == nil {
				t.Errorf("byte %d with %#x flipped passes", at, flip)
			}
			text[at] ^= flip
		}
	}
}

// parsed reads an export into nothing.
func parsed(text []byte) error {
	_, err := pour(context.Background(), incoming{Reader: bytes.NewReader(text)}, nowhere{})
	return err
}

type nowhere struct{}

func (nowhere) write(context.Context, *tables.Batch) error { return nil }
func (nowhere) end(context.Context) error                  { return nil }

// A failed import leaves no file, and no row in a database that was there.
func TestFailedImportLeavesNothing(t *testing.T) {
	_, text := everything(t)
	half := text[:len(text)/2]
	o := Options{URL: "sqlite:parley.db", Dir: t.TempDir()}
	if _, err := Import(t.Context(), o, bytes.NewReader(half), nil); !errors.Is(err, ErrDamaged) {
		t.Errorf("got %v", err)
	}
	wantNothing(t, o.Dir)
	if err := open(t, o.Dir).Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Import(t.Context(), o, bytes.NewReader(half), nil); !errors.Is(err, ErrDamaged) {
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
	f.Add([]byte(`{ "table" : "users","id":"` + id + `","created_at":"` + at + `","username":"a","username_key":"a","password_hash":null,"password_version":0,"deleted_at":null}`))
	f.Add([]byte(`{"sha256":"","users":0,"sessions":0,"blacklisted_tokens":0,"login_limits":0,"rooms":0,"chats":0,"room_events":0}`))
	take := func(text []byte) (taken *tables.Batch, err error) {
		p := newPortableParser(nil, func(b *tables.Batch) error { taken = b; return nil })
		p.table = 0
		p.check.begin(portables[0])
		err = p.chunk(append(bytes.Clone(text), '\n'))
		return taken, err
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := take(text)
		if err != nil || b == nil || len(b.Cells) != len(b.Table.Columns) {
			return
		}
		line, err := newPortableWriter(b.Table).append(nil, b.Cells)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := take(line[:len(line)-1]); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	})
}

// sealed gives a changed export the trailer that fits it.
func sealed(t *testing.T, text []byte, from, to string) []byte {
	t.Helper()
	changed := bytes.Replace(text, []byte(from), []byte(to), 1)
	if bytes.Equal(changed, text) {
		t.Fatalf("%q is not in the export", from)
	}
	at := bytes.LastIndex(changed[:len(changed)-1], []byte("\n")) + 1
	sum := sha256.Sum256(changed[:at])
	start := bytes.Index(changed[at:], []byte(`","users"`))
	return slices.Concat(changed[:at], fmt.Appendf(nil, `{"sha256":"%x`, sum), changed[at+start:])
}

// An export whose checksum is right is refused when readers would find its logs broken, or the database does.
func TestUnsoundExportIsRefused(t *testing.T) {
	_, text := everything(t)
	server := newPostgres(t)
	if err := server.Create(t.Context(), "x", ""); err != nil {
		t.Fatal(err)
	}
	const other = "00000000-0000-4000-8000-000000000001"
	for from, c := range map[string]struct{ to, says string }{
		`"number":2,"place":2`:        {`"number":3,"place":2`, "chat 2 of a room is missing"},
		`"place":3,"number":3,"kind"`: {`"place":9,"number":3,"kind"`, "place 3 of a room is missing"},
		`"last_tag":"10"`:             {`"last_tag":"11"`, "counters"},
		`"last_number":3`:             {`"last_number":4`, "counters"},
		`"last_place":5`:              {`"last_place":4`, "counters"},
		`"kind":"CHAT_EDITED"`:        {`"kind":"X"`, "kind"},
		`"username_key":"gone"`:       {`"username_key":"general"`, "username_key"},
		`,"owner_id":"`:               {`,"owner_id":"` + other + `","x":"`, "no field"},
		`"topic":""`:                  {`"topic":"\u0000"`, "U+0000"},
		`"schema":2026`:               {`"schema":3026`, "newer"},
		`"version":1`:                 {`"version":2`, "newer"},
	} {
		for _, o := range []Options{{URL: "sqlite:parley.db", Dir: t.TempDir()}, {URL: server.URL("x")}} {
			_, err := Import(t.Context(), o, bytes.NewReader(sealed(t, text, from, c.to)), nil)
			if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s %s: got %v, want %s", o.URL, from, err, c.says)
			}
			if o.Dir != "" {
				wantNothing(t, o.Dir)
			}
		}
	}
	// References, and that Postgres has them again.
	owner := regexp.MustCompile(`"owner_id":"[^"]*"`).Find(text)
	for _, o := range []Options{{URL: "sqlite:parley.db", Dir: t.TempDir()}, {URL: server.URL("x")}} {
		if _, err := Import(t.Context(), o, bytes.NewReader(sealed(t, text, string(owner), `"owner_id":"`+other+`"`)), nil); err == nil {
			t.Errorf("%s: a row that points nowhere was taken", o.URL)
		}
	}
	o := Options{URL: server.URL("x")}
	if _, err := Import(t.Context(), o, bytes.NewReader(text), nil); err != nil {
		t.Errorf("after all the refused ones: %v", err)
	}
	from, err := openSource(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer from.end()
	var references int
	if err := from.conn.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated").Scan(&references); err != nil || references != 6 {
		t.Errorf("%d references, %v; want 6", references, err)
	}
}
