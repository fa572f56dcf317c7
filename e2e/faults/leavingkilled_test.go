package faults

import (
	"fmt"
	"testing"

	"parley/db/dbtest"
	"parley/e2e/harness"
	"parley/rounds"
)

// An account that is deleted leaves its rooms after the answer, one by one. A server that is killed meanwhile goes on with it when it is
// back: nobody stays in a room, nobody leaves one twice, and each room has an owner.
func TestLeavingGoesOnAfterAKill(t *testing.T) {
	const rooms = 30
	dir := harness.DataDir(t)
	p := harness.StartProcess(t, dir, harness.NoLimits()...)
	p.Register("ann")
	count := counter(t, dir)
	done, unfinished := 0, 0
	for ; done < rounds.Of(t, 2, 30) || unfinished == 0 && done < 30; done++ {
		bob, _ := p.Register(fmt.Sprint("bob", done))
		for i := range rooms {
			p.Must(nil, bob, `mutation($n: String!) { createRoom(name: $n, kind: PRIVATE, members: ["ann"]) { id } }`, map[string]any{"n": fmt.Sprint(done, " ", i)})
		}
		p.Must(nil, bob, `mutation { deleteAccount(password: "correct horse battery") }`)
		if err := p.Cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		p.Exit()
		if count(`SELECT COUNT(*) FROM users WHERE leaving`) > 0 {
			unfinished++
		}
		p = harness.StartProcess(t, dir, harness.NoLimits()...)
		harness.Eventually(t, "all rooms are left", func() bool { return count(`SELECT COUNT(*) FROM users WHERE leaving`) == 0 })
		for what, query := range map[string]string{
			"rooms with one member, who owns it": `SELECT COUNT(*) FROM rooms r WHERE 1 = (SELECT COUNT(*) FROM members m WHERE m.room_id = r.id)
				AND 1 = (SELECT COUNT(*) FROM members m WHERE m.room_id = r.id AND m.role = 0)`,
			"rooms that one has left once": `SELECT COUNT(*) FROM rooms r WHERE 1 = (SELECT COUNT(*) FROM room_events e WHERE e.room_id = r.id AND e.kind = 'MEMBER_LEFT')`,
		} {
			if got := count(query); got != rooms*(done+1) {
				t.Errorf("after kill %d there are %d %s, want %d", done+1, got, what, rooms*(done+1))
			}
		}
	}
	t.Logf("%d of %d kills came before all rooms were left", unfinished, done)
	if unfinished == 0 {
		t.Error("no kill came in between")
	}
}

// counter returns what counts rows in a database, whether a server has it open or not.
func counter(t *testing.T, dir string) func(query string) int {
	return func(query string) (n int) {
		t.Helper()
		db, done := dbtest.Open(t, dir)
		defer done()
		if err := db.QueryRow(query).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
}
