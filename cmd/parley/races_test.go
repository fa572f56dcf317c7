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
