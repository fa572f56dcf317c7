package server

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/db/dbtest"
)

// A server is killed while it takes a large room away. What is on disk then can be exported and copied, as if all
// were gone, and the next start goes on with it. (A purge that only the deletion starts turns this red, as does an
// export or a backup that takes what is left for damage.)
func TestKilledPurgeGoesOn(t *testing.T) {
	const n = 60_000
	dir, copied := dataDir(t), dataDir(t)
	p := startProcess(t, dir)
	ann, _ := p.register("ann")
	var made struct {
		CreateRoom struct{ ID uuid.UUID }
	}
	var me struct{ Me struct{ ID uuid.UUID } }
	p.must(&me, ann, `{ me { id } }`)
	p.must(&made, ann, `mutation { createRoom(name: "general") { id } }`)
	p.must(nil, ann, `mutation { createRoom(name: "kept") { id } }`)
	p.must(nil, ann, `mutation { sendChat(room: "kept", text: "stays") { id } }`)
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
	p.must(&page, ann, `{ chats(room: "general", first: 1) { nodes { id } } }`)
	p.must(nil, ann, `mutation { editChat(chat: "`+page.Chats.Nodes[0].ID+`", text: "edited") { id } }`)
	p.must(nil, ann, `mutation { deleteRoom(room: "general") }`)
	eventually(t, "a purge", func() bool { return left() < 2*n-1000 })
	_ = p.stop() // which kills
	if got := left(); got < 1000 {
		t.Fatalf("%d rows are left: too late for this test", got)
	}

	file := filepath.Join(t.TempDir(), "x")
	flags := func(dir string) []string { return append([]string{"--data", dir}, databaseFlags(t, dir)...) }
	for _, args := range [][]string{append(flags(dir), "export", file), append(flags(copied), "import", file)} {
		if status, stdout, stderr := command(args...); status != 0 || !strings.Contains(stdout, "1 chats") {
			t.Fatalf("%s: %d %s%s", args[len(args)-2], status, stdout, stderr)
		}
	}
	if !dbtest.OnPostgres() {
		backup := filepath.Join(t.TempDir(), "b.db")
		if status, stdout, stderr := command("--data", dir, "backup", backup); status != 0 || !strings.Contains(stdout, "1 rooms, 1 chats") {
			t.Errorf("backup: %d %s%s", status, stdout, stderr)
		}
	}
	p = startProcess(t, dir)
	p.must(nil, ann, `{ chats(room: "kept") { nodes { text } } }`)
	if a := p.ask(ann, `{ chat(id: "`+page.Chats.Nodes[0].ID+`") { text } }`); strings.Contains(a.Body, "edited") {
		t.Errorf("a chat of the deleted room: %s", a.Body)
	}
	eventually(t, "the end of the purge", func() bool { return left() == 1 })
	p.interrupt()
}
