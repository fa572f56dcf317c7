package cluster

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/google/uuid"

	"parley/db/dbtest"
	"parley/e2e/harness"
	"parley/e2e/harness/load"
)

// One id sent fifty times at once over three nodes is one chat, and the answer is always that one. In two
// rooms, or by two people, whoever comes first has it, and for the others it is taken.
func TestIdempotentSendsRacedOverThreeNodes(t *testing.T) {
	nodes := harness.StartNodes(t, 3)
	ann, _ := nodes[0].Register("ann")
	bob, _ := nodes[1].Register("bob")
	for _, room := range []string{"general", "random"} {
		nodes[0].Must(nil, ann, `mutation($n: String!) { createRoom(name: $n) { id } }`, map[string]any{"n": room})
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
	if err := dbtest.Pool(t, nodes[0].Dir).QueryRowContext(t.Context(), `SELECT count(*) FROM chats`).Scan(&rows); err != nil || rows != 30 {
		t.Errorf("%d rows, %v", rows, err)
	}
}

// sendAtOnce sends fifty chats at once and counts the answers.
func sendAtOnce(nodes []*harness.Server, what func(i int) (token string, variables map[string]any)) (stored, codes map[string]int) {
	stored, codes = map[string]int{}, map[string]int{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, i := range rand.Perm(50) {
		wg.Go(func() {
			token, variables := what(i)
			a := nodes[i/2%len(nodes)].AskThrough(token, load.SendDocument, variables)
			mu.Lock()
			defer mu.Unlock()
			if len(a.Errors) == 0 {
				stored[string(a.Data)]++
			} else {
				codes[a.Code()]++
			}
		})
	}
	wg.Wait()
	return stored, codes
}
