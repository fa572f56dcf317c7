package main

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
)

// newDatabase is an empty database of Parley with one user and one room, made by the real
// migrations: when these change, the statements here must follow.
func newDatabase(t *testing.T) (file string, user, room string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "parley.db")
	db, err := openWriter(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	migrations, err := filepath.Glob("../../../db/migrations/sqlite/*.sql")
	if err != nil || len(migrations) == 0 {
		t.Fatalf("no migrations: %v", err)
	}
	for _, name := range migrations {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		up, _, _ := strings.Cut(string(text), "-- +goose Down")
		if _, err := db.Exec(up); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	user, room = uuid.NewString(), uuid.NewString()
	_, err = db.Exec(`INSERT INTO users (id, created_at, username, username_key) VALUES (?, ?, 'ann', 'ann')`, user, now())
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Exec(`INSERT INTO rooms (id, created_at, name, name_key, last_at, owner_id)
		VALUES (?, ?, 'general', 'general', ?, ?)`, room, now(), now(), user)
	if err != nil {
		t.Fatal(err)
	}
	return file, user, room
}

// TestSends has 8 clients send at once: both ways of writing give the numbers 1 to n, and leave one
// chat and one event for each.
func TestSends(t *testing.T) {
	for _, mode := range []string{"single", "group"} {
		t.Run(mode, func(t *testing.T) {
			file, user, room := newDatabase(t)
			handler, closeStore, err := open(t.Context(), mode, file)
			if err != nil {
				t.Fatal(err)
			}
			var clients sync.WaitGroup
			for range 8 {
				clients.Go(func() {
					for range 25 {
						body := fmt.Sprintf(`{"room":%q,"text":"hi","id":%q,"user":%q,"username":"ann"}`,
							room, uuid.NewString(), user)
						if code, answer := post(handler, body); code != http.StatusOK {
							t.Errorf("status %d: %s", code, answer)
						}
					}
				})
			}
			clients.Wait()
			closeStore()
			checkLog(t, file, 200)
		})
	}
}

func post(h http.Handler, body string) (int, string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)))
	return w.Code, w.Body.String()
}

func checkLog(t *testing.T, file string, n int) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for _, query := range []string{
		`SELECT count(*) FROM chats c JOIN room_events e ON e.chat_id = c.id AND e.place = c.place AND e.tag = c.tag`,
		`SELECT count(DISTINCT number) FROM chats`, `SELECT max(number) FROM chats`, `SELECT max(place) FROM room_events`,
		`SELECT last_number FROM rooms`, `SELECT last_place FROM rooms`,
		`SELECT last_place FROM rooms r JOIN room_events e ON e.place = r.last_place AND e.tag = r.last_tag`,
	} {
		var got int
		if err := db.QueryRow(query).Scan(&got); err != nil || got != n {
			t.Errorf("%s: %d, %v; want %d", query, got, err, n)
		}
	}
}

// TestPage reads the newest 50 of 60 chats, oldest first.
func TestPage(t *testing.T) {
	file, user, room := newDatabase(t)
	s, err := newSingle(file)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	for i := range 60 {
		if _, err := s.send(chat{Room: room, Text: fmt.Sprint(i + 1), ID: uuid.NewString(), User: user, Username: "ann"}); err != nil {
			t.Fatal(err)
		}
	}
	p, err := newPages(file)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	_, body := post(p, fmt.Sprintf(`{"room":%q}`, room))
	var page struct {
		Data struct{ Chats struct{ Nodes []row } }
	}
	if err := json.Unmarshal([]byte(body), &page); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	nodes := page.Data.Chats.Nodes
	if len(nodes) != 50 || nodes[0].Number != 11 || nodes[49].Text != "60" || nodes[49].User.ID != user || len(nodes[0].Cursor) != 44 {
		t.Errorf("got %d chats, from %+v to %+v", len(nodes), nodes[0], nodes[len(nodes)-1])
	}
}
