package faults

import (
	"database/sql"
	"testing"

	"parley/db/dbtest"
	"parley/e2e/harness"
	"parley/e2e/harness/load"
	"parley/rounds"
)

// Nothing that was answered is lost, doubled or swapped when the server is killed at any moment, and
// readers that come back with their cursors miss nothing and get nothing twice. Each round the server
// is killed 5 to 65 ms after its first answer or, every other round, after its start. 200 rounds without
// a fault (make nightly) say that less than 1.5 % of kills do harm, 10,000 (make torture) less than 0.03 %.
//
// Broken on purpose, the server was caught with
//
//	answers sent before the commit       number 678, but number 681 was answered before it was sent
//	ids remembered in memory only        was refused: INTERNAL_SERVER_ERROR
//	syncCursor read after its page       number 71 came instead of 70
//	a removed reader who may read on     was sent after the end of their access was answered
//
// Notifications before the commit and heads that nobody compares do not show here, since each of them
// makes up for the other; they show in chat.
func TestKilledServerLosesNothing(t *testing.T) {
	total := rounds.Of(t, 20, load.EnoughRounds)
	k := newTorture(t)
	for done := 0; done < total && !t.Failed(); done += load.RoundsAtATime {
		k.Stretch(min(load.RoundsAtATime, total-done))
		j := k.Journal()
		for i, wrong := range j.Check() {
			if i == 20 {
				t.Error("and more")
				break
			}
			t.Error(wrong)
		}
		k.Report(done+min(load.RoundsAtATime, total-done), j)
	}
}

func newTorture(t *testing.T) *load.Torture {
	k := &load.Torture{T: t, Dir: harness.DataDir(t)}
	k.Open = func() *sql.DB { return dbtest.Pool(t, k.Dir) }
	p := k.Start()
	k.MakeClients(p.Addr)
	k.Kill(p)
	return k
}
