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
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"parley/db/dbtest"
)

// A database is an empty one of Parley with one user and one room, made by the real migrations: when
// these change, the statements here must follow.
type database struct {
	at         string // a file or a URL
	db         *sql.DB
	user, room string
}

func newDatabase(t *testing.T) *database {
	t.Helper()
	file := filepath.Join(t.TempDir(), "parley.db")
	db, err := openWriter(file)
	if err != nil {
		t.Fatal(err)
	}
	d := &database{at: file, db: db}
	d.fill(t, "sqlite")
	return d
}

func newPgDatabase(t *testing.T) *database {
	t.Helper()
	url, stop, err := dbtest.Postgres(t.Context())
	dbtest.Started(t, err)
	t.Cleanup(stop)
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	d := &database{at: url, db: db}
	d.fill(t, "postgres")
	return d
}

func (d *database) fill(t *testing.T, dialect string) {
	t.Helper()
	t.Cleanup(func() { _ = d.db.Close() })
	migrations, err := filepath.Glob("../../db/migrations/" + dialect + "/*.sql")
	if err != nil || len(migrations) == 0 {
		t.Fatalf("no migrations: %v", err)
	}
	for _, name := range migrations {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		up, _, _ := strings.Cut(string(text), "-- +goose Down")
		if _, err := d.db.Exec(up); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	d.user, d.room = uuid.NewString(), uuid.NewString()
	_, err = d.db.Exec(`INSERT INTO users (id, created_at, username, username_key) VALUES ($1, $2, 'ann', 'ann')`, d.user, now())
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.db.Exec(`INSERT INTO rooms (id, created_at, name, name_key, last_at, created_by)
		VALUES ($1, $2, 'general', 'general', $2, $3)`, d.room, now(), d.user)
	if err != nil {
		t.Fatal(err)
	}
}

// TestSends has 8 clients send at once: both ways of writing give the numbers 1 to n, and leave one
// chat and one event for each, on both databases.
func TestSends(t *testing.T) {
	for _, c := range []struct {
		name, mode string
		make       func(*testing.T) *database
	}{
		{"single", "single", newDatabase},
		{"group", "group", newDatabase},
		{"single on Postgres", "single", newPgDatabase},
		{"group on Postgres", "group", newPgDatabase},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := c.make(t)
			handler, closeStore, err := open(t.Context(), options{mode: c.mode, database: d.at, connections: 3})
			if err != nil {
				t.Fatal(err)
			}
			var clients sync.WaitGroup
			for range 8 {
				clients.Go(func() {
					for range 25 {
						body := fmt.Sprintf(`{"room":%q,"text":"hi","id":%q,"user":%q,"username":"ann"}`,
							d.room, uuid.NewString(), d.user)
						if code, answer := post(handler, body); code != http.StatusOK {
							t.Errorf("status %d: %s", code, answer)
						}
					}
				})
			}
			clients.Wait()
			closeStore()
			d.checkLog(t, 200)
		})
	}
}

// TestMove dumps a database with chats and loads an empty one of the same schema: the log of the copy is whole.
func TestMove(t *testing.T) {
	for name, make := range map[string]func(*testing.T) *database{"SQLite": newDatabase, "Postgres": newPgDatabase} {
		t.Run(name, func(t *testing.T) {
			from, to := make(t), make(t)
			handler, closeStore, err := open(t.Context(), options{mode: "single", database: from.at, connections: 1})
			if err != nil {
				t.Fatal(err)
			}
			for range 20 {
				body := fmt.Sprintf(`{"room":%q,"text":"hi","id":%q,"user":%q,"username":"ann"}`, from.room, uuid.NewString(), from.user)
				if code, answer := post(handler, body); code != http.StatusOK {
					t.Fatalf("status %d: %s", code, answer)
				}
			}
			closeStore()
			for _, table := range []string{"rooms", "users"} {
				if _, err := to.db.Exec("DELETE FROM " + table); err != nil {
					t.Fatal(err)
				}
			}
			dir := t.TempDir()
			if err := move(t.Context(), options{mode: "dump", database: from.at, dir: dir}); err != nil {
				t.Fatal(err)
			}
			if err := move(t.Context(), options{mode: "load", database: to.at, dir: dir}); err != nil {
				t.Fatal(err)
			}
			to.checkLog(t, 20)
		})
	}
}

func post(h http.Handler, body string) (int, string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)))
	return w.Code, w.Body.String()
}

func (d *database) checkLog(t *testing.T, n int) {
	t.Helper()
	for _, query := range []string{
		`SELECT count(*) FROM chats c JOIN room_events e ON e.chat_id = c.id AND e.place = c.place AND e.tag = c.tag`,
		`SELECT count(DISTINCT number) FROM chats`, `SELECT max(number) FROM chats`, `SELECT max(place) FROM room_events`,
		`SELECT last_number FROM rooms`, `SELECT last_place FROM rooms`,
		`SELECT last_place FROM rooms r JOIN room_events e ON e.place = r.last_place AND e.tag = r.last_tag`,
	} {
		var got int
		if err := d.db.QueryRow(query).Scan(&got); err != nil || got != n {
			t.Errorf("%s: %d, %v; want %d", query, got, err, n)
		}
	}
}

// TestPage reads the newest 50 of 60 chats, oldest first.
func TestPage(t *testing.T) {
	d := newDatabase(t)
	s, err := newSingle(d.at)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	for i := range 60 {
		if _, err := s.send(chat{Room: d.room, Text: fmt.Sprint(i + 1), ID: uuid.NewString(), User: d.user, Username: "ann"}); err != nil {
			t.Fatal(err)
		}
	}
	p, err := newPages(d.at)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	_, body := post(p, fmt.Sprintf(`{"room":%q}`, d.room))
	var page struct {
		Data struct{ Chats struct{ Nodes []row } }
	}
	if err := json.Unmarshal([]byte(body), &page); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	nodes := page.Data.Chats.Nodes
	if len(nodes) != 50 || nodes[0].Number != 11 || nodes[49].Text != "60" || nodes[49].User.ID != d.user || len(nodes[0].Cursor) != 44 {
		t.Errorf("got %d chats, from %+v to %+v", len(nodes), nodes[0], nodes[len(nodes)-1])
	}
}
