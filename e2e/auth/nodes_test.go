package auth

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"parley/e2e/harness"
)

// Fifty guesses at once over two nodes: ten are looked at, and after them not even the right password is, on
// either. Whoever found a node busy tried again.
func TestParallelGuessesOverTwoNodes(t *testing.T) {
	nodes := harness.StartNodes(t, 2, harness.BehindProxy)
	nodes[0].Register("ann")
	codes := map[string]int{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			code := "SERVER_BUSY"
			for code == "SERVER_BUSY" {
				code = nodes[i%2].LoginFrom(fmt.Sprintf("198.51.100.%d", i), "ann", "wrong horse battery").Code()
			}
			mu.Lock()
			defer mu.Unlock()
			codes[code]++
		})
	}
	wg.Wait()
	if codes["INVALID_CREDENTIALS"] != 10 || codes["RATE_LIMITED"] != 40 {
		t.Errorf("got %v", codes)
	}
	for _, node := range nodes {
		harness.WantLimited(t, node.LoginFrom("203.0.113.1", "ann", "correct horse battery"), 90*time.Second)
	}
}

// Fifty refreshes of one token at once over three nodes, round after round.
func TestRefreshesRacedOverThreeNodes(t *testing.T) {
	nodes := harness.StartNodes(t, 3)
	_, token := nodes[0].Register("ann")
	for round := range 40 {
		same := round%2 == 0
		won, codes := refreshAtOnce(nodes, token, func(int) string {
			if same {
				return fmt.Sprint("attempt", round)
			}
			return ""
		})
		if len(won) != 1 || codes["REFRESH_TOKEN_ROTATED"] != map[bool]int{true: 0, false: 49}[same] {
			t.Fatalf("round %d: %d pairs, %v", round, len(won), codes)
		}
		for p := range won {
			for _, node := range nodes {
				node.WantCode(p.AccessToken, "")
			}
			token = p.RefreshToken
		}
	}
}
