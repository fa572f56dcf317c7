package auth

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/e2e/harness"
	"parley/rounds"
)

// races is how often a race is run.
func races(t *testing.T) int { return rounds.Of(t, 20, 200) }

// Fifty refreshes of one token at once, round after round: one gets a pair, the others are told that
// another tab was faster, and the successor works. That each has a key of its own changes nothing.
func TestFiftyRefreshesHaveOneSuccessor(t *testing.T) {
	for name, key := range map[string]func(i int) string{
		"no key": func(int) string { return "" }, "fifty keys": func(i int) string { return fmt.Sprint("attempt", i) },
	} {
		t.Run(name, func(t *testing.T) {
			s := harness.New(t)
			_, token := s.Register("ann")
			wantOneSuccessor(t, []*harness.Server{s}, token, key)
		})
	}
}

// The same over two processes on one database.
func TestTwoProcessesGiveOneSuccessor(t *testing.T) {
	dir := harness.DataDir(t)
	one, two := harness.StartProcess(t, dir), harness.StartProcess(t, dir)
	_, token := one.Register("ann")
	wantOneSuccessor(t, []*harness.Server{&one.Server, &two.Server}, token, func(int) string { return "" })
}

// wantOneSuccessor refreshes at once in many rounds. The pair of a round is the token of the next.
func wantOneSuccessor(t *testing.T, servers []*harness.Server, token string, key func(i int) string) {
	t.Helper()
	for round := range races(t) {
		won, codes := refreshAtOnce(servers, token, key)
		if len(won) != 1 || codes["REFRESH_TOKEN_ROTATED"] != 49 {
			t.Fatalf("round %d: %d pairs, %v", round, len(won), codes)
		}
		for p := range won {
			servers[len(servers)-1].WantCode(p.AccessToken, "")
			token = p.RefreshToken
		}
	}
}

// The same attempt fifty times at once gets the same answer fifty times.
func TestSameAttemptGetsTheSamePair(t *testing.T) {
	s := harness.New(t)
	_, token := s.Register("ann")
	for round := range races(t) {
		won, codes := refreshAtOnce([]*harness.Server{s}, token, func(int) string { return fmt.Sprint("attempt", round) })
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

func refreshAtOnce(servers []*harness.Server, token string, key func(i int) string) (won map[harness.Tokens]int, codes map[string]int) {
	won, codes = map[harness.Tokens]int{}, map[string]int{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			p, a := servers[i%len(servers)].Refresh(token, key(i))
			mu.Lock()
			defer mu.Unlock()
			if len(a.Errors) == 0 {
				won[p]++
			} else {
				codes[a.Code()]++
			}
		})
	}
	wg.Wait()
	return won, codes
}

// After a logout has answered, nothing of its session works, whatever ran at the same time.
func TestRefreshAgainstLogout(t *testing.T) {
	s := harness.New(t, "--login-rate", "0")
	s.Register("ann")
	for range races(t) {
		p, a := s.Login("ann", "correct horse battery")
		if len(a.Errors) > 0 {
			t.Fatal(a.Body)
		}
		var mu sync.Mutex
		pairs := []harness.Tokens{p}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if fresh, a := s.Refresh(p.RefreshToken, ""); len(a.Errors) == 0 {
					mu.Lock()
					defer mu.Unlock()
					pairs = append(pairs, fresh)
				}
			})
		}
		wg.Go(func() { s.Must(nil, p.AccessToken, `mutation { logout }`) })
		wg.Wait()
		for _, p := range pairs {
			s.WantCode(p.AccessToken, "SESSION_REVOKED")
			if _, a := s.Refresh(p.RefreshToken, ""); a.Code() != "SESSION_REVOKED" {
				t.Errorf("a refresh after the logout: %s", a.Body)
			}
		}
	}
}

// A client whose answer was lost, because the server was killed at any moment, sends the same attempt
// again and has exactly one live successor.
func TestKilledBetweenRequestAndAnswer(t *testing.T) {
	dir := harness.DataDir(t)
	p := harness.StartProcess(t, dir)
	_, token := p.Register("ann")
	for round := range races(t) / 2 {
		key := fmt.Sprint("attempt", round)
		answered := make(chan struct{})
		go func() {
			defer close(answered)
			request, err := http.NewRequest(http.MethodPost, "http://"+p.Addr+"/graphql", strings.NewReader(
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
		_ = p.Stop()
		<-answered
		p = harness.StartProcess(t, dir)
		fresh, a := p.Refresh(token, key)
		if len(a.Errors) > 0 {
			t.Fatalf("round %d: %s", round, a.Body)
		}
		if again, a := p.Refresh(token, key); again != fresh {
			t.Fatalf("round %d: another successor: %s", round, a.Body)
		}
		p.WantCode(fresh.AccessToken, "")
		token = fresh.RefreshToken
	}
}

// Where no second use is forgiven, fifty at once are one pair and one alarm, which takes the pair with it.
func TestStrictRefreshesEndTheSession(t *testing.T) {
	s := harness.New(t, "--refresh-reuse-window", "0s")
	s.Register("ann")
	for round := range max(5, races(t)/10) {
		token := s.SignIn("ann", "correct horse battery").RefreshToken
		won, codes := refreshAtOnce([]*harness.Server{s}, token, func(int) string { return "" })
		if len(won) != 1 || codes["SESSION_REVOKED"] != 49 {
			t.Fatalf("round %d: %d pairs, %v", round, len(won), codes)
		}
		for p := range won {
			s.WantCode(p.AccessToken, "SESSION_REVOKED")
			if _, a := s.Refresh(p.RefreshToken, ""); a.Code() != "SESSION_REVOKED" || harness.WordOf(a, "reason") != "TOKEN_REUSED" {
				t.Errorf("round %d: the successor: %s", round, a.Body)
			}
		}
	}
}

// All that touches the sessions of somebody at once, out of one of them: whatever comes first, when the
// password has changed only that session lives, and nobody was told of a fault or of a lock.
func TestPasswordChangeAgainstEverything(t *testing.T) {
	s := harness.New(t, "--mutation-rate", "0", "--login-attempts", "0", "--login-rate", "0")
	password, next := "correct horse battery", "entirely new battery"
	s.Register("ann")
	for round := range races(t) {
		own := s.SignIn("ann", password)
		var wg sync.WaitGroup
		var answers [5]harness.Answer
		var late harness.Tokens
		for i := range 2 {
			wg.Go(func() { _, answers[i] = s.Refresh(own.RefreshToken, "") })
		}
		wg.Go(func() { late, answers[2] = s.Login("ann", password) })
		wg.Go(func() { answers[3] = s.AskThrough(own.AccessToken, `mutation { logout(scope: OTHERS) }`) })
		wg.Go(func() {
			answers[4] = s.AskThrough(own.AccessToken, `mutation($old: String!, $new: String!) { changePassword(currentPassword: $old, newPassword: $new) { id } }`,
				map[string]any{"old": password, "new": next})
		})
		wg.Wait()
		for i, may := range [][]string{{"", "REFRESH_TOKEN_ROTATED"}, {"", "REFRESH_TOKEN_ROTATED"}, {"", "INVALID_CREDENTIALS"}, {""}, {""}} {
			if len(answers[i].Errors) > 1 || !slices.Contains(may, answers[i].Code()) {
				t.Errorf("round %d: %s, want one of %q", round, answers[i].Body, may)
			}
		}
		password, next = next, password
		if all, current := s.SessionsOf(own.AccessToken); len(all) != 1 || all[0] != current {
			t.Fatalf("round %d: the sessions are %v, this is %s", round, all, current)
		}
		if len(answers[2].Errors) == 0 {
			s.WantCode(late.AccessToken, "SESSION_REVOKED")
		}
	}
}

// A change of the password or the end of the account comes before the end of its session and counts, or
// after it and does nothing.
func TestPasswordChangeAgainstLogout(t *testing.T) {
	s := harness.New(t, "--mutation-rate", "0", "--login-attempts", "0", "--login-rate", "0")
	password, next := "correct horse battery", "entirely new battery"
	s.Register("ann")
	outcomes := map[string]int{}
	for round := range max(5, races(t)/10) {
		p, other := s.SignIn("ann", password), s.SignIn("ann", password)
		_, own := s.SessionsOf(p.AccessToken)
		var wg sync.WaitGroup
		var change, remove harness.Answer
		wg.Go(func() {
			change = s.AskThrough(p.AccessToken, `mutation($old: String!, $new: String!) { changePassword(currentPassword: $old, newPassword: $new) { id } }`,
				map[string]any{"old": password, "new": next})
		})
		wg.Go(func() {
			remove = s.AskThrough(p.AccessToken, `mutation { deleteAccount(password: "wrong horse battery") }`)
		})
		wg.Go(func() {
			for range round % 5 { // later by as many hashes
				s.Login("nobody", "correct horse battery")
			}
			s.AskThrough(other.AccessToken, `mutation($s: ID!) { endSession(session: $s) }`, map[string]any{"s": own})
		})
		wg.Wait()
		if code := remove.Code(); code != "INVALID_CREDENTIALS" && code != "SESSION_REVOKED" {
			t.Errorf("round %d: %s", round, remove.Body)
		}
		outcomes[change.Code()]++
		switch {
		case len(change.Errors) == 0:
			password, next = next, password
		case change.Code() != "SESSION_REVOKED":
			t.Fatalf("round %d: %s", round, change.Body)
		}
		s.SignIn("ann", password)
	}
	t.Log("answers to the change:", outcomes)
}
