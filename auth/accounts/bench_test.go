package accounts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"

	"parley/auth/keys"
	"parley/auth/tokens"
	"parley/db"
	"parley/db/dbtest"
)

// counted is a server that counts its statements.
func counted(t testing.TB, change ...func(*Options)) (*node, *atomic.Int64) {
	n := start(t, change...)
	var statements atomic.Int64
	store := must(db.Open(t.Context(), db.Options{Patience: dbtest.Patience, URL: dbtest.URL(t, n.dir), Dir: n.dir, Trace: func(context.Context, any) { statements.Add(1) }}))(t)
	t.Cleanup(func() { _ = store.Close() })
	n.restart(store, n.ring)
	return n, &statements
}

// A request whose session was seen a moment ago asks the database nothing.
func TestCachedSessionsCostNoStatement(t *testing.T) {
	n, statements := counted(t)
	in := n.signUp("ada")
	n.wantLive(in.AccessToken)
	before := statements.Load()
	if before == 0 {
		t.Error("the statements are not counted")
	}
	for range 100 {
		n.wantLive(in.AccessToken)
	}
	if got := statements.Load() - before; got != 0 {
		t.Errorf("%d statements", got)
	}
}

// BenchmarkIdentify is what each request pays: its token and its session, which is in the cache. Beside
// it the least that a signed token can cost, its HMAC and its JSON.
func BenchmarkIdentify(b *testing.B) {
	n := start(b)
	in := n.signUp("ada")
	b.Run("token and session", func(b *testing.B) {
		header := []string{"Bearer " + in.AccessToken}
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := n.Identify(b.Context(), header); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("bare HMAC and JSON", func(b *testing.B) {
		secret := n.ring.Signer().Secret(keys.AccessTokens)
		b.ReportAllocs()
		for b.Loop() {
			at := strings.LastIndexByte(in.AccessToken, '.')
			mac := hmac.New(sha256.New, secret)
			_, _ = mac.Write([]byte(in.AccessToken[:at]))
			want, _ := base64.RawURLEncoding.DecodeString(in.AccessToken[at+1:])
			_, payload, _ := strings.Cut(in.AccessToken[:at], ".")
			text, _ := base64.RawURLEncoding.DecodeString(payload)
			var c tokens.Claims
			if !hmac.Equal(mac.Sum(nil), want) || json.Unmarshal(text, &c) != nil {
				b.Fatal("the token is not good")
			}
		}
	})
}
