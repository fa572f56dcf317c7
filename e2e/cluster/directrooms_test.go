package cluster

import (
	"fmt"
	"sync"
	"testing"

	"parley/db/dbtest"
	"parley/e2e/harness"
	"parley/rounds"
)

// Two people who open their conversation two hundred times at once, from both sides and over three nodes, are in one room,
// and each has joined it once.
func TestDirectRoomOpenedAtOnceOverThreeNodes(t *testing.T) {
	nodes := harness.StartNodes(t, 3)
	ann, _ := nodes[0].Register("ann")
	for round := range rounds.Of(t, 3, 100) {
		name := fmt.Sprint("bob", round)
		bob, _ := nodes[1].Register(name)
		answers := make([]harness.Answer, 200)
		var all sync.WaitGroup
		for i := range answers {
			token, other := ann, name
			if i%2 > 0 {
				token, other = bob, "ann"
			}
			all.Go(func() {
				answers[i] = nodes[i/2%3].AskThrough(token, `mutation($u: ID!) { openDirectRoom(users: [$u]) { id memberCount } }`, map[string]any{"u": other})
			})
		}
		all.Wait()
		for _, a := range answers {
			if len(a.Errors) > 0 || a.Body != answers[0].Body {
				t.Fatalf("round %d: %s and %s", round, a.Body, answers[0].Body)
			}
		}
		var rooms, members, joins int
		row := dbtest.Pool(t, nodes[0].Dir).QueryRowContext(t.Context(), `SELECT (SELECT count(*) FROM rooms), (SELECT count(*) FROM members),
			(SELECT sum(rooms_version) FROM users)`)
		if err := row.Scan(&rooms, &members, &joins); err != nil || rooms != round+1 || members != 2*rooms || joins != 2*rooms {
			t.Fatalf("round %d: %d rooms, %d members, %d joins, %v", round, rooms, members, joins, err)
		}
	}
}
