package crowd

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"parley/db"
)

// TestFill adds a small crowd: what rooms and people are said to have is there.
func TestFill(t *testing.T) {
	const rooms, people = 2 * Many, 3
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	store, err := db.Open(t.Context(), db.Options{URL: "sqlite:parley.db", Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "parley.db")
	c, err := Fill(t.Context(), file, rooms, people)
	if err != nil {
		t.Fatal(err)
	}
	pool, err := sql.Open("sqlite3", "file:"+file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = pool.Close() }()
	for what, want := range map[string]int{
		`SELECT COUNT(*) FROM rooms`: rooms,
		`SELECT COUNT(*) FROM rooms r JOIN chats c ON c.room_id = r.id AND c.number = r.last_number
			JOIN room_events e ON e.chat_id = c.id AND e.place = r.last_place AND e.tag = r.last_tag`: rooms,
		`SELECT COUNT(*) FROM rooms WHERE member_count = (SELECT COUNT(*) FROM members WHERE room_id = rooms.id)`: rooms,
		`SELECT COUNT(DISTINCT room_id) FROM members WHERE role = 0`:                                              rooms,
		`SELECT COUNT(*) FROM members JOIN users ON users.id = user_id WHERE users.username_key LIKE 'many%'`:     people * Many,
		`SELECT COUNT(*) FROM members JOIN users ON users.id = user_id WHERE users.username_key LIKE 'few%'`:      people * Few,
		`SELECT COUNT(*) FROM sessions JOIN users ON users.id = user_id WHERE users.username_key NOT LIKE 'own%'`: 2 * people,
	} {
		var got int
		if err := pool.QueryRow(what).Scan(&got); err != nil || got != want {
			t.Errorf("%s: %d, want %d; %v", what, got, want, err)
		}
	}
	if len(c.Rooms) != Many || len(c.Many) != people || len(c.Few) != people {
		t.Errorf("%d rooms, %d and %d people", len(c.Rooms), len(c.Many), len(c.Few))
	}
	for _, p := range append(c.Many, c.Few...) {
		if p.Token == "" {
			t.Errorf("%s is not signed in", p.Name)
		}
	}
}
