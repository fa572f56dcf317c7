package accounts

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/auth"
	"parley/auth/attempts"
	"parley/auth/passwords"
	"parley/ent/user"
)

func TestRegisterSignsIn(t *testing.T) {
	n := start(t)
	got := n.signUp("ada")
	now := n.clock.Now().Truncate(time.Second)
	if got.User.Username != "ada" || got.User.ID.Version() != 7 || !got.User.CreatedAt.Equal(n.clock.Now().Truncate(time.Millisecond)) {
		t.Errorf("user is %+v", got.User)
	}
	if want := now.Add(90 * time.Minute); !got.AccessTokenExpiresAt.Equal(want) {
		t.Errorf("access token expires %v, want %v", got.AccessTokenExpiresAt, want)
	}
	if want := now.Add(90 * 24 * time.Hour); !got.RefreshTokenExpiresAt.Equal(want) {
		t.Errorf("refresh token expires %v, want %v", got.RefreshTokenExpiresAt, want)
	}
	id := n.wantLive(got.AccessToken)
	if *id.User != *got.User || !id.ExpiresAt.Equal(got.AccessTokenExpiresAt) {
		t.Errorf("token says %+v, want %+v", id, got.User)
	}
	row := n.session(got.AccessToken)
	if *row.IPAddress != "192.0.2.7" || *row.IPNetwork != "192.0.2.7/32" || *row.UserAgent != "test" || row.RefreshKid != "917222f4dd55d843" {
		t.Errorf("session is %+v", row)
	}
}

func TestOneNameOneUser(t *testing.T) {
	n := start(t)
	got := count(atOnce(t, 50, func(int) string {
		_, err := n.Register(t.Context(), "ada", password, home)
		if err == nil {
			return "in"
		}
		wantError(t, err, auth.ErrUsernameTaken)
		return "taken"
	}))
	users, sessions, _ := n.rows()
	if got["in"] != 1 || got["taken"] != 49 || users != 1 || sessions != 1 {
		t.Errorf("got %v, %d users, %d sessions", got, users, sessions)
	}
}

func TestSpellingsAreOneUser(t *testing.T) {
	n := start(t)
	n.signUp("Anna")
	for _, spelling := range []string{"anna", "ANNA", "Ａｎｎａ"} {
		_, err := n.Register(t.Context(), spelling, password, home)
		wantError(t, err, auth.ErrUsernameTaken)
		in := n.signIn(spelling)
		if id := n.wantLive(in.AccessToken); id.User.Username != "Anna" {
			t.Errorf("%s is shown as %s", spelling, id.User.Username)
		}
	}
}

func TestRefusedNameLeavesNoRow(t *testing.T) {
	n := start(t)
	_, err := n.Register(t.Context(), "a", password, home)
	wantInvalid(t, err, "username", "TOO_SHORT")
	_, err = n.Register(t.Context(), "ada", "short", home)
	wantInvalid(t, err, "password", "TOO_SHORT")
	if users, sessions, _ := n.rows(); users+sessions != 0 {
		t.Errorf("%d users, %d sessions", users, sessions)
	}
}

func TestWrongCredentialsFailAlike(t *testing.T) {
	n := start(t)
	n.signUp("ada")
	n.signUp("gone")
	n.sql(`UPDATE users SET deleted_at = created_at, password_hash = NULL WHERE username = 'gone'`)
	for _, c := range [][2]string{
		{"ada", "wrong horse battery"},
		{"nobody", password},
		{"gone", password},
		{"no such name!", password},
		{"ada", password + "\xff"},
		{"ada", ""},
	} {
		_, err := n.Login(t.Context(), c[0], c[1], home)
		if wantError(t, err, auth.ErrInvalidCredentials); err.Error() != auth.ErrInvalidCredentials.Error() {
			t.Errorf("%q: %v", c, err)
		}
	}
	_, err := n.Register(t.Context(), "gone", password, home)
	wantError(t, err, auth.ErrUsernameTaken)
}

func TestPasswordIsExactText(t *testing.T) {
	n := start(t)
	const spaces = "  two each side  "
	must(n.Register(t.Context(), "spaces", spaces, home))(t)
	must(n.Login(t.Context(), "spaces", spaces, home))(t)
	_, err := n.Login(t.Context(), "spaces", strings.TrimSpace(spaces), home)
	wantError(t, err, auth.ErrInvalidCredentials)

	const composed, decomposed = "M\u00fcnchen", "Mu\u0308nchen" // ü
	must(n.Register(t.Context(), composed, "schön \u00fcber alles", home))(t)
	must(n.Login(t.Context(), decomposed, "scho\u0308n u\u0308ber alles", home))(t)
}

func TestPasswordIsNeverCut(t *testing.T) {
	n := start(t)
	long := strings.Repeat("0123456789abcdef", 64) // 1,024 bytes
	must(n.Register(t.Context(), "ada", long, home))(t)
	must(n.Login(t.Context(), "ada", long, home))(t)
	_, err := n.Login(t.Context(), "ada", long[:1023], home)
	wantError(t, err, auth.ErrInvalidCredentials)
	_, err = n.Login(t.Context(), "ada", long+"0", home)
	wantInvalid(t, err, "password", "TOO_LONG")
}

func TestWeakerHashIsReplacedAtLogin(t *testing.T) {
	n := start(t)
	first := n.signUp("ada")
	hashOf := func() string {
		return *must(n.store.Read.User.Query().Where(user.UsernameKey("ada")).Only(t.Context()))(t).PasswordHash
	}
	old := hashOf()
	stronger := n.another(func(o *Options) { o.Hash.Cost = passwords.Cost{Memory: 16, Passes: 2, Threads: 1} })
	_, err := stronger.Login(t.Context(), "ada", "wrong horse battery", home)
	wantError(t, err, auth.ErrInvalidCredentials)
	if hashOf() != old {
		t.Fatal("a wrong password changed the hash")
	}
	stronger.signIn("ada")
	replaced := hashOf()
	if !strings.HasPrefix(replaced, "$argon2id$v=19$m=16,t=2,p=1$") {
		t.Fatalf("hash is still %s", replaced)
	}
	stronger.signIn("ada")
	if hashOf() != replaced {
		t.Error("a hash of the right cost was replaced")
	}
	n.wantLive(first.AccessToken)
}

// A password change between the check of the old password and the session would leave a session
// that the change did not end.
func TestLoginSeesPasswordChange(t *testing.T) {
	n := start(t)
	n.signUp("ada")
	err := n.attempt(t.Context(), must(n.attempts.Resolve(t.Context(), "ada", home))(t), password, func(a *attempts.Attempt) error {
		n.sql(`UPDATE users SET password_version = password_version + 1`)
		_, err := n.Service.signIn(t.Context(), a, home)
		return err
	})
	wantError(t, err, auth.ErrInvalidCredentials)
	if _, sessions, _ := n.rows(); sessions != 1 {
		t.Errorf("%d sessions", sessions)
	}
}

func TestUsersAreFoundByNameAndID(t *testing.T) {
	n := start(t)
	ada, bob := n.signUp("Ada").User, n.signUp("bob").User
	n.signUp("gone")
	gone := must(n.UserByNameOrID(t.Context(), "gone"))(t)
	n.sql(`UPDATE users SET deleted_at = created_at WHERE username = 'gone'`)
	for _, text := range []string{"Ada", "ADA", ada.ID.String(), strings.ToUpper(ada.ID.String()), strings.ReplaceAll(ada.ID.String(), "-", "")} {
		if got := must(n.UserByNameOrID(t.Context(), text))(t); *got != *ada {
			t.Errorf("%s is %+v", text, got)
		}
	}
	for _, text := range []string{"gone", gone.ID.String(), "nobody", "", uuid.NewString(), "not a name!"} {
		_, err := n.UserByNameOrID(t.Context(), text)
		wantError(t, err, auth.ErrNoUser)
	}
	got := must(n.UsersByID(t.Context(), []uuid.UUID{bob.ID, uuid.New(), ada.ID, gone.ID, bob.ID}))(t)
	for i, want := range []*auth.User{bob, nil, ada, nil, bob} {
		if (got[i] == nil) != (want == nil) || want != nil && *got[i] != *want {
			t.Errorf("user %d is %+v, want %+v", i, got[i], want)
		}
	}
	if got := must(n.UsersByID(t.Context(), nil))(t); len(got) != 0 {
		t.Errorf("nobody is %v", got)
	}
}
