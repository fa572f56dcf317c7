package archive

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	authrows "parley/auth/rowcheck"
	"parley/db"
	"parley/db/dbtest"
	"parley/ent"
)

// tokenHash is one of a bot, soundHash one of a password, as they are stored.
var (
	tokenHash = bytes.Repeat([]byte{0xfb}, 32)
	soundHash = "$argon2id$v=19$m=8,t=1,p=1$" + strings.Repeat("A", 22) + "$" + strings.Repeat("A", 43)
)

// addStanding stores people who are more, or less, than people with a password: a server admin, somebody disabled with a session that ended so,
// people of an issuer, a bot and one that is gone; and invites to the server, of the admin and of the shell.
func addStanding(ctx context.Context, tx *ent.Tx, now time.Time) error {
	root, mallory := uuid.New(), uuid.New()
	user := func(id uuid.UUID, name string) *ent.UserCreate {
		return tx.User.Create().SetID(id).SetUsername(name).SetUsernameKey(name).SetCreatedAt(now)
	}
	return errors.Join(
		user(root, "root").SetPasswordHash(soundHash).SetAdmin(true).SetName("Root of All").Exec(ctx),
		user(mallory, "mallory").SetPasswordHash(soundHash).SetDisabledAt(now).SetName("Größe 🦊").Exec(ctx),
		user(uuid.New(), "olga").SetIssuer("https://id.example.org").SetSubject("42").SetName("Olga \"O\"").SetImage("https://example.org/olga.png?a=b%20c").Exec(ctx),
		user(uuid.New(), "pavel").SetIssuer("https://id.example.org").SetSubject("43").Exec(ctx),
		user(uuid.New(), "deploy").SetBot(true).SetTokenHash(tokenHash).SetName("Deploy Bot").SetImage("http://127.0.0.1/bot").Exec(ctx),
		user(uuid.New(), "oldbot").SetBot(true).SetDeletedAt(now).Exec(ctx),
		tx.Session.Create().SetID(uuid.New()).SetUserID(mallory).SetCreatedAt(now).SetLastUsedAt(now).SetExpiresAt(now).SetRefreshIssuedAt(now).
			SetRefreshKid("0011223344556677").SetRevokedAt(now).SetRevokedReason("DISABLED").Exec(ctx),
		tx.ServerInvite.Create().SetID(uuid.New()).SetCode(strings.Repeat("Z", 25)+"W").SetCreatedBy(root).SetCreatedAt(now).SetUses(50).SetUsesLeft(20).SetUntil(now).Exec(ctx),
		tx.ServerInvite.Create().SetID(uuid.New()).SetCode(strings.Repeat("8", 26)).SetCreatedAt(now).Exec(ctx))
}

// standing is the export of a database of such people alone.
func standing(t *testing.T) []byte {
	t.Helper()
	dir := t.TempDir()
	s := open(t, dir)
	now := time.Date(2026, 1, 31, 12, 0, 0, 250e6, time.UTC)
	if err := errors.Join(s.Write(t.Context(), func(tx *ent.Tx) error { return addStanding(t.Context(), tx, now) }), s.Close()); err != nil {
		t.Fatal(err)
	}
	return exported(t, db.Options{URL: "sqlite:parley.db", Dir: dir})
}

// What people are on the server, and what they are called, comes back byte for byte, judged by what the server stores itself.
func TestStandingIsMoved(t *testing.T) {
	text := standing(t)
	for _, o := range []db.Options{{URL: "sqlite:parley.db", Dir: t.TempDir()}, {URL: dbtest.StartServer(t).URL("postgres")}} {
		if sum, err := Import(t.Context(), o, bytes.NewReader(text)); err != nil || sum.Users != 6 || sum.Rows != 9 {
			t.Fatal(sum, err)
		}
		if again := exported(t, o); !bytes.Equal(again, text) {
			t.Errorf("%s: it has become\n%s", o.URL, again)
		}
	}
	hash := base64.StdEncoding.EncodeToString(tokenHash)
	for _, holds := range []string{
		`"username":"root"`, `"admin":true`, `"name":"Root of All"`, `"disabled_at":"2026-01-31T12:00:00.250Z"`, `"issuer":"https://id.example.org","subject":"42"`,
		`"image":"https://example.org/olga.png?a=b%20c"`, `"bot":true,"token_hash":"` + hash + `"`, `"revoked_reason":"DISABLED"`, `"uses":50,"uses_left":20,"until":"2026`,
		`"code":"88888888888888888888888888","created_by":null`,
	} {
		if !bytes.Contains(text, []byte(holds)) {
			t.Errorf("%s is not in\n%s", holds, text)
		}
	}
}

// What no server has stored of what people are is refused by the row that says it.
func TestRowsOfStandingAreJudged(t *testing.T) {
	text := standing(t)
	const root, mallory, olga, bot, oldbot = `"username":"root"`, `"username":"mallory"`, `"username":"olga"`, `"username":"deploy"`, `"username":"oldbot"`
	const of, invite = `"issuer":"https://id.example.org","subject":"42"`, `"uses":50`
	token := `"token_hash":"` + base64.StdEncoding.EncodeToString(tokenHash) + `"`
	for _, c := range []struct{ in, from, to, says string }{
		{bot, `"admin":null`, `"admin":true`, "users.admin"},
		{oldbot, `"admin":null`, `"admin":true`, "users.admin"},
		{root, `"admin":true`, `"admin":false`, "true or null"},
		{bot, token, `"token_hash":null`, "users.token_hash"},
		{bot, token, `"token_hash":"AAAA"`, "users.token_hash"},
		{oldbot, `"token_hash":null`, token, "users.token_hash"},
		{root, `"token_hash":null`, token, "users.token_hash"},
		{bot, `"bot":true`, `"bot":null`, "users.password_hash"},
		{bot, `"password_hash":null`, `"password_hash":"` + soundHash + `"`, "users.password_hash"},
		{olga, `"password_hash":null`, `"password_hash":"` + soundHash + `"`, "users.password_hash"},
		{root, `"password_hash":"` + soundHash + `"`, `"password_hash":null`, "users.password_hash"},
		{olga, of, `"issuer":null,"subject":null`, "users.password_hash"},
		{olga, of, `"issuer":"https://id.example.org","subject":null`, "users.issuer"},
		{root, `"issuer":null,"subject":null`, `"issuer":null,"subject":"44"`, "users.issuer"},
		{olga, of, `"issuer":"https://id.example.org","subject":""`, "users.issuer"},
		{olga, of, `"issuer":"https://id.example.org","subject":"` + strings.Repeat("s", 256) + `"`, "users.issuer"},
		{olga, of, `"issuer":"","subject":"42"`, "users.issuer"},
		{bot, `"issuer":null,"subject":null`, `"issuer":"x","subject":"y"`, "users.issuer"},
		{oldbot, `"issuer":null,"subject":null`, `"issuer":"x","subject":"y"`, "users.issuer"},
		{mallory, `"disabled_at":"2026-01-31T12:00:00.250Z"`, `"disabled_at":true`, "one JSON object"},
		{mallory, `"disabled_at":"2026-01-31T12:00:00.250Z"`, `"disabled_at":"soon"`, "users.disabled_at: want a time"},
		{root, `"name":"Root of All"`, `"name":" Root"`, "users.name"},
		{root, `"name":"Root of All"`, `"name":"a\u202eb"`, "users.name"},
		{root, `"name":"Root of All"`, `"name":"` + strings.Repeat("n", 65) + `"`, "users.name"},
		{root, `"image":null`, `"image":"javascript:alert(1)"`, "users.image"},
		{root, `"image":null`, `"image":"https://example.org/` + strings.Repeat("a", 1000) + `"`, "users.image"},
		{`"table":"sessions"`, `"revoked_reason":"DISABLED"`, `"revoked_reason":"DISMISSED"`, "sessions.revoked_reason"},
		{invite, `"code":"Z`, `"code":"U`, "server_invites.code"},
		{invite, `"code":"Z`, `"code":"z`, "server_invites.code"},
		{invite, `ZW"`, `ZZ"`, "server_invites.code"}, // with bits to spare
		{invite, `"uses":50`, `"uses":1001`, "server_invites.uses"},
		{invite, `"uses":50,"uses_left":20`, `"uses":0,"uses_left":0`, "server_invites.uses"},
		{invite, `"uses_left":20`, `"uses_left":51`, "server_invites.uses"},
	} {
		o := db.Options{URL: "sqlite:parley.db", Dir: t.TempDir()}
		_, err := importRows(t.Context(), o, bytes.NewReader(changed(t, text, [3]string{c.in, c.from, c.to})), authrows.New())
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want %s", c.to, err, c.says)
		}
	}
}

// Two people with one identity, two invites with one code, and an invite of nobody are refused by either database.
func TestUnsoundStandingIsRefused(t *testing.T) {
	text := standing(t)
	server := dbtest.StartServer(t)
	if err := server.Create(t.Context(), "x", ""); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ in, from, to string }{
		{`"username":"pavel"`, `"subject":"43"`, `"subject":"42"`},
		{`"uses":null`, strings.Repeat("8", 26), strings.Repeat("Z", 25) + "W"},
		{`"uses":null`, `"created_by":null`, `"created_by":"00000000-0000-4000-8000-000000000001"`},
	} {
		for _, o := range []db.Options{{URL: "sqlite:parley.db", Dir: t.TempDir()}, {URL: server.URL("x")}} {
			if _, err := Import(t.Context(), o, bytes.NewReader(changed(t, text, [3]string{c.in, c.from, c.to}))); err == nil || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %s: got %v", o.URL, c.to, err)
			}
		}
	}
	if _, err := Import(t.Context(), db.Options{URL: server.URL("x")}, bytes.NewReader(text)); err != nil {
		t.Errorf("after all the refused ones: %v", err)
	}
}
