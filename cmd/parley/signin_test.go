package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// pair is what a sign-in or a refresh answers.
type pair struct{ AccessToken, RefreshToken string }

const refreshDocument = `mutation($t: String, $k: String) { refreshToken(token: $t, idempotencyKey: $k) { accessToken refreshToken } }`

// refresh presents a refresh token; key "" is none.
func (s *testServer) refresh(token, key string) (pair, answer) {
	s.t.Helper()
	variables := map[string]any{"t": token}
	if key != "" {
		variables["k"] = key
	}
	a := s.ask("", refreshDocument, variables)
	var data struct{ RefreshToken pair }
	if len(a.Errors) == 0 {
		s.into(a, &data)
	}
	return data.RefreshToken, a
}

func (s *testServer) login(username, password string, headers ...string) (pair, answer) {
	s.t.Helper()
	a := s.post(`{"query":"mutation { login(username: \"`+username+`\", password: \"`+password+`\") { accessToken refreshToken } }"}`, headers...)
	var data struct{ Login pair }
	if len(a.Errors) == 0 {
		s.into(a, &data)
	}
	return data.Login, a
}

// wantCode asks for oneself with a token and wants a code, "" for success.
func (s *testServer) wantCode(token, code string) {
	s.t.Helper()
	if a := s.ask(token, `{ rooms { nodes { id } } }`); a.code() != code || (code == "" && len(a.Errors) > 0) {
		s.t.Errorf("got %s, want %q", a.Body, code)
	}
}

// rounds is how often the races are run.
const rounds = 200

// Fifty refreshes of one token at once, round after round: one gets a pair, the others are told that
// another tab was faster, and the successor works. The pair of a round is the token of the next.
func TestFiftyRefreshesHaveOneSuccessor(t *testing.T) {
	s := newServer(t)
	_, token := s.register("ann")
	for round := range rounds / 10 {
		won, codes := refreshAtOnce([]*testServer{s}, token, func(int) string { return "" })
		if len(won) != 1 || codes["REFRESH_TOKEN_ROTATED"] != 49 {
			t.Fatalf("round %d: %d pairs, %v", round, len(won), codes)
		}
		for p := range won {
			s.wantCode(p.AccessToken, "")
			token = p.RefreshToken
		}
	}
}

// The same over two processes on one database.
func TestTwoProcessesGiveOneSuccessor(t *testing.T) {
	dir := dataDir(t)
	one, two := startProcess(t, dir), startProcess(t, dir)
	_, token := one.register("ann")
	for round := range rounds / 10 {
		won, codes := refreshAtOnce([]*testServer{&one.testServer, &two.testServer}, token, func(int) string { return "" })
		if len(won) != 1 || codes["REFRESH_TOKEN_ROTATED"] != 49 {
			t.Fatalf("round %d: %d pairs, %v", round, len(won), codes)
		}
		for p := range won {
			two.wantCode(p.AccessToken, "")
			token = p.RefreshToken
		}
	}
}

// The same attempt fifty times at once gets the same answer fifty times.
func TestSameAttemptGetsTheSamePair(t *testing.T) {
	s := newServer(t)
	_, token := s.register("ann")
	for round := range rounds / 10 {
		won, codes := refreshAtOnce([]*testServer{s}, token, func(int) string { return fmt.Sprint("attempt", round) })
		if len(won) != 1 || len(codes) != 0 {
			t.Fatalf("round %d: %d different pairs, %v", round, len(won), codes)
		}
		for p, times := range won {
			if times != 50 {
				t.Errorf("round %d: %d answers", round, times)
			}
			token = p.RefreshToken
		}
	}
}

func refreshAtOnce(servers []*testServer, token string, key func(i int) string) (won map[pair]int, codes map[string]int) {
	won, codes = map[pair]int{}, map[string]int{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			p, a := servers[i%len(servers)].refresh(token, key(i))
			mu.Lock()
			defer mu.Unlock()
			if len(a.Errors) == 0 {
				won[p]++
			} else {
				codes[a.code()]++
			}
		})
	}
	wg.Wait()
	return won, codes
}

// After a logout has answered, nothing of its session works, whatever ran at the same time.
func TestRefreshAgainstLogout(t *testing.T) {
	s := newServer(t)
	s.register("ann")
	for range rounds / 10 {
		p, a := s.login("ann", "correct horse battery")
		if len(a.Errors) > 0 {
			t.Fatal(a.Body)
		}
		var mu sync.Mutex
		pairs := []pair{p}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if fresh, a := s.refresh(p.RefreshToken, ""); len(a.Errors) == 0 {
					mu.Lock()
					defer mu.Unlock()
					pairs = append(pairs, fresh)
				}
			})
		}
		wg.Go(func() { s.must(nil, p.AccessToken, `mutation { logout }`) })
		wg.Wait()
		for _, p := range pairs {
			s.wantCode(p.AccessToken, "SESSION_REVOKED")
			if _, a := s.refresh(p.RefreshToken, ""); a.code() != "SESSION_REVOKED" {
				t.Errorf("a refresh after the logout: %s", a.Body)
			}
		}
	}
}

// A client whose answer was lost, because the server was killed at any moment, sends the same attempt
// again and has exactly one live successor.
func TestKilledBetweenRequestAndAnswer(t *testing.T) {
	dir := dataDir(t)
	p := startProcess(t, dir)
	_, token := p.register("ann")
	for round := range 100 {
		key := fmt.Sprint("attempt", round)
		answered := make(chan struct{})
		go func() {
			defer close(answered)
			request, err := http.NewRequest(http.MethodPost, "http://"+p.addr+"/graphql", strings.NewReader(
				`{"query":"mutation { refreshToken(token: \"`+token+`\", idempotencyKey: \"`+key+`\") { accessToken } }"}`))
			if err != nil {
				t.Error(err)
				return
			}
			request.Header.Set("Content-Type", "application/json")
			if response, err := http.DefaultClient.Do(request); err == nil {
				_ = response.Body.Close()
			}
		}()
		kill := time.NewTimer(time.Duration(rand.IntN(4000)) * time.Microsecond)
		<-kill.C
		_ = p.stop()
		<-answered
		p = startProcess(t, dir)
		fresh, a := p.refresh(token, key)
		if len(a.Errors) > 0 {
			t.Fatalf("round %d: %s", round, a.Body)
		}
		if again, a := p.refresh(token, key); again != fresh {
			t.Fatalf("round %d: another successor: %s", round, a.Body)
		}
		p.wantCode(fresh.AccessToken, "")
		token = fresh.RefreshToken
	}
}

// Whoever presents a used token outside the window ends the session: sockets, access tokens, all.
func TestStolenTokenEndsTheSession(t *testing.T) {
	s := newServer(t, "--refresh-reuse-window", "0s")
	ann, token := s.register("ann")
	other, a := s.login("ann", "correct horse battery")
	if len(a.Errors) > 0 {
		t.Fatal(a.Body)
	}
	k := s.dial(ann)
	k.expect("connection_ack")
	fresh, _ := s.refresh(token, "")
	if _, a := s.refresh(token, ""); a.code() != "SESSION_REVOKED" || wordOf(a, "reason") != "TOKEN_REUSED" {
		t.Errorf("got %s", a.Body)
	}
	k.wantClose(4401)
	s.wantCode(fresh.AccessToken, "SESSION_REVOKED")
	s.wantCode(other.AccessToken, "") // the other sign-in lives
}

func TestAuthorizationForms(t *testing.T) {
	s := newServer(t)
	ann, _ := s.register("ann")
	for form, code := range map[string]string{
		"Bearer " + ann: "", "bearer " + ann: "", "BEARER   " + ann: "",
		"": "UNAUTHENTICATED", "Bearer": "UNAUTHENTICATED", "Bearer ": "UNAUTHENTICATED", "Basic " + ann: "UNAUTHENTICATED",
		ann: "UNAUTHENTICATED", "Bearer " + ann + " x": "UNAUTHENTICATED", "Bearer " + strings.Repeat("x", 5000): "UNAUTHENTICATED",
	} {
		if a := s.post(`{"query":"{ rooms { nodes { id } } }"}`, "Authorization", form); a.code() != code {
			t.Errorf("%.40s: got %s, want %q", form, a.Body, code)
		}
		if a := s.post(`{"query":"{ server { version } }"}`, "Authorization", form); len(a.Errors) > 0 {
			t.Errorf("%.40s: a public field answers %s", form, a.Body)
		}
	}
}

func TestOneOperationIsOneGuess(t *testing.T) {
	s := newServer(t)
	s.register("ann")
	const login = `login(username: "ann", password: "wrong horse battery") { accessToken }`
	for _, document := range []string{
		"mutation { a: " + login + " b: " + login + " }",
		"mutation { ...A ...B } fragment A on Mutation { a: " + login + " } fragment B on Mutation { b: " + login + " }",
		"mutation { ... on Mutation { a: " + login + ` } refreshToken(token: "x") { accessToken } }`,
		"mutation { " + login + " logout }",
	} {
		if a := s.ask("", document); a.code() != "OPERATION_TOO_COMPLEX" || a.Data != nil {
			t.Errorf("%s: %s", document, a.Body)
		}
	}
	if a := s.ask("", "mutation { "+login+" }"); a.code() != "INVALID_CREDENTIALS" {
		t.Error(a.Body)
	}
}
