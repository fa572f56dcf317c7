package server

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/db/dbtest"
)

// startNodes starts processes on one database, as it is with several nodes on Postgres.
func startNodes(t *testing.T, n int, flags ...string) []*testServer {
	t.Helper()
	dir := dataDir(t)
	nodes := make([]*testServer, n)
	for i := range nodes {
		p := startProcess(t, dir, append(roomy(), flags...)...)
		t.Cleanup(func() {
			_ = p.stop()
			if log := p.log.String(); strings.Contains(log, "DATA RACE") || strings.Contains(log, "panic") {
				t.Errorf("a node said: %s", log)
			}
		})
		nodes[i] = &p.testServer
	}
	return nodes
}

// elsewhere is how long an end may take to act on another node, and a second that a busy machine may take.
const elsewhere = 2*time.Second + time.Second

// Whatever ends a session on one node: within two seconds the other refuses its token, by no other code, and
// has closed its socket and its event stream. A chat that is sent then reaches neither.
func TestEveryEndActsOnTheOtherNode(t *testing.T) {
	nodes := startNodes(t, 2, "--refresh-reuse-window", "0s")
	for how, end := range map[string]func(here *testServer, own, in pair){
		"logout": func(here *testServer, _, in pair) { here.must(nil, in.AccessToken, `mutation { logout }`) },
		"others": func(here *testServer, own, _ pair) {
			here.must(nil, own.AccessToken, `mutation { logout(scope: OTHERS) }`)
		},
		"endSession": func(here *testServer, own, in pair) {
			_, id := here.sessionsOf(in.AccessToken)
			here.must(nil, own.AccessToken, `mutation($s: ID!) { endSession(session: $s) }`, map[string]any{"s": id})
		},
		"changePassword": func(here *testServer, own, _ pair) {
			here.must(nil, own.AccessToken, `mutation { changePassword(currentPassword: "correct horse battery", newPassword: "a new horse battery") { id } }`)
		},
		"deleteAccount": func(here *testServer, own, _ pair) {
			here.must(nil, own.AccessToken, `mutation { deleteAccount(password: "correct horse battery") }`)
		},
		"theft": func(here *testServer, _, in pair) {
			here.refresh(in.RefreshToken, "")
			if _, a := here.refresh(in.RefreshToken, ""); wordOf(a, "reason") != "TOKEN_REUSED" {
				here.t.Errorf("got %s", a.Body)
			}
		},
	} {
		t.Run(how, func(t *testing.T) {
			here, there := *nodes[0], *nodes[1]
			here.t, there.t = t, t
			speaker, _ := here.register("speaker-" + how)
			here.must(nil, speaker, `mutation($n: String!) { createRoom(name: $n) { id } }`, map[string]any{"n": how})
			here.register(how)
			own, in := here.signIn(how, "correct horse battery"), there.signIn(how, "correct horse battery")
			streams := there.pairOfStreams(in.AccessToken, wish{text: `subscription($r: ID!) { chatSent(room: $r) { number } }`, variables: map[string]any{"r": how}})
			say := func() int {
				var data struct{ SendChat struct{ Number int } }
				there.must(&data, speaker, `mutation($r: ID!) { sendChat(room: $r, text: "x") { number } }`, map[string]any{"r": how})
				return data.SendChat.Number
			}
			eventually(t, "both streams", func() bool { say(); return len(streams[0].heard()) > 0 && len(streams[1].heard()) > 0 })
			end(&here, own, in)
			there.wantEndedBy(time.Now().Add(elsewhere), in.AccessToken, streams)
			there.revoked(streams, say(), "4401")
		})
	}
}

// wantEndedBy asks until a token is refused and its streams are over, at a time at the latest.
func (s *testServer) wantEndedBy(latest time.Time, token string, streams []*sharer) {
	s.t.Helper()
	for {
		_, socket := streams[0].ending()
		_, events := streams[1].ending()
		a := s.ask(token, `{ rooms { nodes { id } } }`)
		switch code := a.code(); {
		case code == "SESSION_REVOKED" && socket && events:
			return
		case code != "SESSION_REVOKED" && len(a.Errors) > 0:
			s.t.Fatalf("got %s", a.Body)
		case time.Now().After(latest):
			s.t.Fatalf("too late: the token is told %q, socket over %v, events over %v", code, socket, events)
		}
	}
}

// Fifty guesses at once over two nodes: ten are looked at, and after them not even the right password is, on
// either. Whoever found a node busy tried again.
func TestParallelGuessesOverTwoNodes(t *testing.T) {
	nodes := startNodes(t, 2, behindProxy)
	nodes[0].register("ann")
	codes := map[string]int{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			code := "SERVER_BUSY"
			for code == "SERVER_BUSY" {
				code = nodes[i%2].loginFrom(fmt.Sprintf("198.51.100.%d", i), "ann", "wrong horse battery").code()
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
		wantLimited(t, node.loginFrom("203.0.113.1", "ann", "correct horse battery"), 90*time.Second)
	}
}

// Fifty refreshes of one token at once over three nodes, round after round.
func TestRefreshesRacedOverThreeNodes(t *testing.T) {
	nodes := startNodes(t, 3)
	_, token := nodes[0].register("ann")
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
				node.wantCode(p.AccessToken, "")
			}
			token = p.RefreshToken
		}
	}
}

// One id sent fifty times at once over three nodes is one chat, and the answer is always that one. In two
// rooms, or by two people, whoever comes first has it, and for the others it is taken.
func TestIdempotentSendsRacedOverThreeNodes(t *testing.T) {
	nodes := startNodes(t, 3)
	ann, _ := nodes[0].register("ann")
	bob, _ := nodes[1].register("bob")
	for _, room := range []string{"general", "random"} {
		nodes[0].must(nil, ann, `mutation($n: String!) { createRoom(name: $n) { id } }`, map[string]any{"n": room})
	}
	for round := range 30 {
		tokens, rooms, taken := []string{ann, ann}, []string{"general", "general"}, false
		switch round % 3 {
		case 1:
			tokens, taken = []string{ann, bob}, true
		case 2:
			rooms, taken = []string{"general", "random"}, true
		}
		id := uuid.NewString()
		stored, codes := sendAtOnce(nodes, func(i int) (token string, variables map[string]any) {
			n := i % 2
			return tokens[n], map[string]any{"room": rooms[n], "text": fmt.Sprint(n), "id": id}
		})
		if len(stored) != 1 || codes["ID_TAKEN"] != map[bool]int{true: 25, false: 0}[taken] || len(codes) > 1 {
			t.Fatalf("round %d: answered %v, %v", round, stored, codes)
		}
	}
	var rows int
	if err := dbtest.Pool(t, nodes[0].dir).QueryRowContext(t.Context(), `SELECT count(*) FROM chats`).Scan(&rows); err != nil || rows != 30 {
		t.Errorf("%d rows, %v", rows, err)
	}
}

// sendAtOnce sends fifty chats at once and counts the answers.
func sendAtOnce(nodes []*testServer, what func(i int) (token string, variables map[string]any)) (stored, codes map[string]int) {
	stored, codes = map[string]int{}, map[string]int{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, i := range rand.Perm(50) {
		wg.Go(func() {
			token, variables := what(i)
			a := nodes[i/2%len(nodes)].ask(token, sendDocument, variables)
			mu.Lock()
			defer mu.Unlock()
			if len(a.Errors) == 0 {
				stored[string(a.Data)]++
			} else {
				codes[a.code()]++
			}
		})
	}
	wg.Wait()
	return stored, codes
}
