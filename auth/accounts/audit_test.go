package accounts

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/auth"
)

// records is where audit records go, as a log file has them.
type records struct {
	t    testing.TB
	mu   sync.Mutex
	text bytes.Buffer
}

func (r *records) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

// audited starts a server that writes audit records of at least that level.
func audited(t testing.TB, least slog.Level) (*node, *records) {
	r := &records{t: t}
	return start(t, func(o *Options) {
		o.Audit = slog.New(slog.NewJSONHandler(r, &slog.HandlerOptions{Level: least}))
		o.RequestID = func(ctx context.Context) string {
			id, _ := ctx.Value(requestKey{}).(string)
			return id
		}
	}), r
}

type requestKey struct{}

// entry is a record: level, message, and what else is in it as key=value, in order of keys.
type entry struct{ level, message, rest string }

// take returns the records since the last call.
func (r *records) take() (all []entry) {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for line := range strings.Lines(r.text.String()) {
		m := map[string]any{}
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			r.t.Fatal(err)
		}
		e := entry{level: m["level"].(string), message: m["msg"].(string)}
		for _, key := range slices.Sorted(maps.Keys(m)) {
			if !slices.Contains([]string{"level", "msg", "time"}, key) {
				e.rest += fmt.Sprintf("%s=%v ", key, m[key])
			}
		}
		all = append(all, e)
	}
	r.text.Reset()
	return all
}

func (r *records) want(want ...entry) {
	r.t.Helper()
	if got := r.take(); !slices.Equal(got, want) {
		r.t.Fatalf("got\n%v, want\n%v", got, want)
	}
}

// rest is what records about a user, and a session of theirs, hold from home; more comes after
// "audit=true", in order of keys.
func rest(user, session uuid.UUID, count int, reason string) string {
	text := "address=192.0.2.7 audit=true "
	if count > 0 {
		text += fmt.Sprintf("count=%d reason=%s ", count, reason)
	}
	if session != uuid.Nil {
		text += "session_id=" + session.String() + " "
	}
	if user != uuid.Nil {
		text += "user_id=" + user.String() + " "
	}
	return text
}

func TestAuditOfSignIn(t *testing.T) {
	n, r := audited(t, slog.LevelDebug)
	in := n.signUp("ada")
	id := in.User.ID
	r.want(entry{"INFO", "registered", rest(id, in.SessionID, 0, "")})
	in = n.signIn("ada")
	r.want(entry{"INFO", "login_ok", rest(id, in.SessionID, 0, "")})
	for range 10 {
		wantError(t, n.tryWrong("ada", home), auth.ErrInvalidCredentials)
		r.want(entry{"WARN", "login_failed", rest(id, uuid.Nil, 0, "")})
	}
	wantLimited(t, n.tryWrong("ada", home), back)
	r.want(entry{"WARN", "login_limited", rest(id, uuid.Nil, 0, "")})
	wantError(t, n.tryWrong("nobody", home), auth.ErrInvalidCredentials)
	r.want(entry{"WARN", "login_failed", rest(uuid.Nil, uuid.Nil, 0, "")})
	_, err := n.Login(context.WithValue(t.Context(), requestKey{}, "r1"), "nobody", wrong, auth.Client{Address: netip.MustParseAddr("::ffff:192.0.2.9")})
	wantError(t, err, auth.ErrInvalidCredentials)
	r.want(entry{"WARN", "login_failed", "address=192.0.2.9 audit=true request_id=r1 "})
	wantError(t, n.tryWrong("nobody", auth.Client{}), auth.ErrInvalidCredentials)
	r.want(entry{"WARN", "login_failed", "audit=true "})
	_, err = n.Register(t.Context(), "ada", password, home)
	wantError(t, err, auth.ErrUsernameTaken)
	r.want() // nothing happened
}

func TestAuditOfRefresh(t *testing.T) {
	n, r := audited(t, slog.LevelDebug)
	in := n.signUp("ada")
	about := rest(in.User.ID, in.SessionID, 0, "")
	r.take()
	must(n.refreshWith(*in.RefreshToken, "key"))(t)
	r.want(entry{"DEBUG", "refresh_rotated", about})
	must(n.refreshWith(*in.RefreshToken, "key"))(t)
	r.want(entry{"INFO", "refresh_in_window", about})
	_, err := n.refresh(*in.RefreshToken)
	wantError(t, err, auth.ErrTokenRotated)
	r.want(entry{"INFO", "refresh_in_window", about})
	n.clock.pass(time.Minute)
	_, err = n.refresh(*in.RefreshToken)
	wantReason(t, err, auth.ErrSessionRevoked, auth.ReasonTokenReused)
	r.want(entry{"INFO", "sessions_ended", rest(in.User.ID, in.SessionID, 1, auth.ReasonTokenReused)},
		entry{"WARN", "refresh_reused", about})
	for _, token := range []string{*in.RefreshToken, "junk"} { // which has been told
		_, err = n.refresh(token)
		r.want()
	}
	if err == nil {
		t.Error("junk is good")
	}
}

func TestAuditOfAccounts(t *testing.T) {
	n, r := audited(t, slog.LevelDebug)
	in := n.signUp("ada")
	id, first, second := in.User.ID, in.SessionID, n.signIn("ada")
	third, who := n.signIn("ada"), n.wantLive(in.AccessToken)
	ctx := auth.WithCaller(t.Context(), auth.Caller{Identity: &who, Token: auth.Secret(in.AccessToken), Address: home.Address})
	r.take()
	for range 2 { // which ends it once
		must(n.EndSession(ctx, who, second.SessionID.String()))(t)
	}
	r.want(entry{"INFO", "sessions_ended", rest(id, second.SessionID, 1, auth.ReasonSessionEnded)})
	_, err := n.ChangePassword(ctx, who, wrong, fresh)
	wantError(t, err, auth.ErrInvalidCredentials)
	r.want(entry{"WARN", "login_failed", rest(id, uuid.Nil, 0, "")})
	must(n.ChangePassword(ctx, who, password, fresh))(t)
	r.want(entry{"INFO", "sessions_ended", rest(id, third.SessionID, 1, auth.ReasonPasswordChanged)},
		entry{"INFO", "password_changed", rest(id, first, 0, "")})
	for range 2 {
		must(n.Login(ctx, "ada", fresh, home))(t)
	}
	r.take()
	if got := must(n.Logout(ctx, auth.LogoutOthers, nil))(t); got != 2 {
		t.Errorf("ended %d", got)
	}
	r.want(entry{"INFO", "sessions_ended", rest(id, uuid.Nil, 2, auth.ReasonLogout)})
	must(n.DeleteAccount(ctx, who, fresh))(t)
	r.want(entry{"INFO", "sessions_ended", rest(id, first, 1, auth.ReasonAccountDeleted)},
		entry{"INFO", "account_deleted", rest(id, first, 0, "")})
}

// What is worth debugging only is not written unless it is asked for.
func TestAuditHasLevels(t *testing.T) {
	n, r := audited(t, slog.LevelWarn)
	in := n.signUp("ada")
	must(n.refresh(*in.RefreshToken))(t)
	wantError(t, n.tryWrong("ada", home), auth.ErrInvalidCredentials)
	if got := r.take(); len(got) != 1 || got[0].message != "login_failed" {
		t.Errorf("got %v", got)
	}
}

// People type passwords into name fields and names into password fields.
func TestAuditHoldsNothingThatWasTyped(t *testing.T) {
	n, r := audited(t, slog.LevelDebug)
	in := n.signUp("Ada_Lovelace")
	who := n.wantLive(in.AccessToken)
	for _, name := range []string{"Ada_Lovelace", "ada_lovelace", password, wrong} {
		for range 11 {
			_ = n.tryWrong(name, auth.Client{Address: home.Address, UserAgent: "Ada_Lovelace"})
		}
	}
	next := must(n.refreshWith(*in.RefreshToken, "the-attempt-key"))(t)
	must(n.ChangePassword(t.Context(), who, password, fresh))(t)
	must(n.DeleteAccount(t.Context(), who, fresh))(t)
	text := strings.ToLower(r.text.String())
	if strings.Count(text, "\n") < 40 {
		t.Fatalf("only\n%s", text)
	}
	for _, never := range []string{
		"lovelace", password, wrong, fresh, "horse", "the-attempt-key", "argon2",
		in.AccessToken[:20], in.AccessToken[len(in.AccessToken)-10:], *in.RefreshToken, next.AccessToken, *next.RefreshToken,
	} {
		if strings.Contains(text, strings.ToLower(never)) {
			t.Errorf("%q is in\n%s", never, text)
		}
	}
}
