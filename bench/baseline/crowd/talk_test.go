package crowd

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"parley/db"
)

// TestFillTalk adds a talk: what is said of its rooms is there.
func TestFillTalk(t *testing.T) {
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
	talk, err := FillTalk(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	pool, err := sql.Open("sqlite3", "file:"+file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = pool.Close() }()
	for what, want := range map[string]int{
		`SELECT COUNT(*) FROM members WHERE user_id = '` + talk.Reader.ID + `' AND last_read = 1`: TalkRooms,
		`SELECT COUNT(*) FROM rooms r WHERE last_number = (SELECT COUNT(*) FROM chats WHERE room_id = r.id)
			AND last_place = (SELECT COUNT(*) FROM room_events WHERE room_id = r.id)
			AND member_count = (SELECT COUNT(*) FROM members WHERE room_id = r.id)`: TalkRooms + 1,
		`SELECT MAX(last_number) - 1 FROM rooms`:                                                              talkUnread,
		`SELECT COUNT(*) FROM reactions WHERE room_id = '` + talk.Busy + `'`:                                  6 * busyChats,
		`SELECT COUNT(DISTINCT chat_id) FROM reactions`:                                                       busyChats,
		`SELECT COUNT(*) FROM mentions WHERE room_id = '` + talk.Busy + `'`:                                   busyChats / 3,
		`SELECT COUNT(*) FROM chats WHERE reply_to IS NOT NULL AND room_id = '` + talk.Busy + `'`:             busyChats/2 - 2,
		`SELECT COUNT(*) FROM chats WHERE answered AND id IN (SELECT reply_to FROM chats)`:                    busyChats/2 - 2,
		`SELECT COUNT(*) FROM sessions WHERE user_id IN ('` + talk.Reader.ID + `', '` + talk.Author.ID + `')`: 2,
	} {
		var got int
		if err := pool.QueryRow(what).Scan(&got); err != nil || got != want {
			t.Errorf("%s: %d, want %d; %v", what, got, want, err)
		}
	}
	if talk.Reader.Token == "" || talk.Author.Token == "" {
		t.Error("somebody is not signed in")
	}
}
