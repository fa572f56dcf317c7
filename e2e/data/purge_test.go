package data

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/db/dbtest"
	"parley/e2e/harness"
)

// A server is killed while it takes a large room away. What is on disk then can be exported and copied, as if all
// were gone, and the next start goes on with it. (A purge that only the deletion starts turns this red, as does an
// export or a backup that takes what is left for damage.)
func TestKilledPurgeGoesOn(t *testing.T) {
	const n = 8_000
	dir, copied := harness.DataDir(t), harness.DataDir(t)
	p := harness.StartProcess(t, dir)
	ann, _ := p.Register("ann")
	var made struct {
		CreateRoom struct{ ID uuid.UUID }
	}
	var me struct{ Me struct{ ID uuid.UUID } }
	p.Must(&me, ann, `{ me { id } }`)
	p.Must(&made, ann, `mutation { createRoom(name: "general") { id } }`)
	p.Must(nil, ann, `mutation { createRoom(name: "kept") { id } }`)
	p.Must(nil, ann, `mutation { sendChat(room: "kept", text: "stays") { id } }`)
	room, pool := made.CreateRoom.ID, dbtest.Pool(t, dir)
	if err := dbtest.Fill(t.Context(), pool, room, me.Me.ID, n); err != nil {
		t.Fatal(err)
	}
	left := func() (rows int) {
		t.Helper()
		const count = `SELECT (SELECT count(*) FROM chats WHERE room_id = $1) + (SELECT count(*) FROM room_events WHERE room_id = $1)`
		if err := pool.QueryRowContext(t.Context(), count, room.String()).Scan(&rows); err != nil {
			t.Fatal(err)
		}
		return rows
	}
	var page struct {
		Chats struct{ Nodes []struct{ ID string } }
	}
	p.Must(&page, ann, `{ chats(room: "general", first: 1) { nodes { id } } }`)
	p.Must(nil, ann, `mutation { editChat(chat: "`+page.Chats.Nodes[0].ID+`", text: "edited") { id } }`)
	p.Must(nil, ann, `mutation { deleteRoom(room: "general") }`)
	harness.Eventually(t, "a purge", func() bool { return left() < 2*n-1000 })
	_ = p.Stop() // which kills
	if got := left(); got < 1000 {
		t.Fatalf("%d rows are left: too late for this test", got)
	}

	file := filepath.Join(t.TempDir(), "x")
	flags := func(dir string) []string { return append([]string{"--data", dir}, harness.DatabaseFlags(t, dir)...) }
	for _, args := range [][]string{append(flags(dir), "export", file), append(flags(copied), "import", file)} {
		if status, stdout, stderr := harness.Command(args...); status != 0 || !strings.Contains(stdout, "1 chats") {
			t.Fatalf("%s: %d %s%s", args[len(args)-2], status, stdout, stderr)
		}
	}
	if !dbtest.OnPostgres() {
		backup := filepath.Join(t.TempDir(), "b.db")
		if status, stdout, stderr := harness.Command("--data", dir, "backup", backup); status != 0 || !strings.Contains(stdout, "1 rooms, 1 chats") {
			t.Errorf("backup: %d %s%s", status, stdout, stderr)
		}
	}
	p = harness.StartProcess(t, dir)
	p.Must(nil, ann, `{ chats(room: "kept") { nodes { text } } }`)
	if a := p.Ask(ann, `{ chat(id: "`+page.Chats.Nodes[0].ID+`") { text } }`); strings.Contains(a.Body, "edited") {
		t.Errorf("a chat of the deleted room: %s", a.Body)
	}
	harness.Eventually(t, "the end of the purge", func() bool { return left() == 1 })
	p.Interrupt()
}
