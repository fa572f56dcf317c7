package accounts

import (
	"fmt"
	"testing"
	"time"

	"parley/auth/issuers"
	"parley/auth/issuers/issuertest"
)

// BenchmarkLoginWith is a sign-in by a token of RS256 whose key is known, of one of a thousand people who were there before. In turn
// with each goes a refresh, and the time is told as that of so many of them; they commit alike. Most: 3.
func BenchmarkLoginWith(b *testing.B) {
	issuer := issuertest.New(b)
	n := start(b, func(o *Options) {
		entry := issuers.Defaults()
		entry.Name, entry.Audience, entry.KeysURL = issuer.URL, []string{issuertest.Audience}, issuer.KeysURL()
		o.Issuers = []issuers.Issuer{entry}
	})
	now := n.clock.Now().Unix()
	tokens := make([]string, 1000)
	for i := range tokens {
		tokens[i] = issuer.Token(fmt.Sprint(i), map[string]any{"iat": now, "exp": now + 600, "name": fmt.Sprint("Person ", i)})
		must(n.LoginWith(b.Context(), tokens[i], home))(b)
	}
	refresh := *n.signUp("ada").RefreshToken
	var with, refreshing time.Duration
	turn := 0
	for b.Loop() {
		begun := time.Now()
		must(n.LoginWith(b.Context(), tokens[turn%len(tokens)], home))(b)
		between := time.Now()
		refresh = *must(n.refresh(refresh))(b).RefreshToken
		with, refreshing, turn = with+between.Sub(begun), refreshing+time.Since(between), turn+1
	}
	if n := issuer.Fetches.Load(); n != 1 {
		b.Errorf("%d fetches", n)
	}
	b.ReportMetric(float64(with.Microseconds())/float64(turn), "µs/sign-in")
	b.ReportMetric(float64(refreshing.Microseconds())/float64(turn), "µs/refresh")
	b.ReportMetric(float64(with)/float64(refreshing), "refreshes")
}
