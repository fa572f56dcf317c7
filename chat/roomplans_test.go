package chat_test

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/chat"
	"parley/db/dbtest"
	"parley/rounds"
)

// fill adds rooms, of which each tenth is not public, and ten memberships for each of them: ann is in 200. It is written with
// statements of the database, since that many rows take minutes otherwise.
func fill(t *testing.T, pool *sql.DB, ann uuid.UUID, rooms int) {
	t.Helper()
	id, series := "lower(hex(randomblob(4)))||'-'||lower(hex(randomblob(2)))||'-4000-8000-'||lower(hex(randomblob(6)))", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < %d)"
	at := "strftime('%Y-%m-%d %H:%M:%f+00:00', 1800000000 + i, 'unixepoch')"
	if dbtest.OnPostgres() {
		id, series, at = "gen_random_uuid()", "WITH n AS (SELECT generate_series(1, %d) AS i)", "to_timestamp(1800000000 + i)"
	}
	numbers, everybody := fmt.Sprintf(series, rooms), max(rooms/10, 20)
	run := func(statement string) {
		t.Helper()
		if _, err := pool.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	run(fmt.Sprintf(series, everybody) + ` INSERT INTO users (id, created_at, username, username_key) SELECT ` + id + `, ` + at + `, 'p' || i, 'p' || i FROM n`)
	run(numbers + ` INSERT INTO rooms (id, created_by, created_at, kind, name, name_key, last_at)
		SELECT ` + id + `, '` + ann.String() + `', ` + at + `, CASE WHEN i % 10 = 0 THEN 'PRIVATE' ELSE 'PUBLIC' END, 'room ' || i, 'room ' || i, ` + at + ` FROM n`)
	columns := ` INSERT INTO members (id, role, username_key, joined_place, joined_at, room_id, user_id) SELECT ` + id
	run(fmt.Sprintf(series, 10) + columns + fmt.Sprintf(`, 2, u.username_key, 0, r.created_at, r.id, u.id
		FROM (SELECT *, row_number() OVER (ORDER BY last_at) AS at FROM rooms) r CROSS JOIN n JOIN users u ON u.username_key = 'p' || (1 + (r.at + n.i) %% %d)`, everybody))
	run(numbers + columns + fmt.Sprintf(`, 2, 'ann', 0, r.created_at, r.id, '%s' FROM n JOIN rooms r ON r.name_key = 'room ' || n.i
		WHERE r.kind = 'PUBLIC' AND n.i %% %d = 1`, ann, max(rooms/200, 1)))
	run(`ANALYZE`)
}

// plan is how the database would carry out a statement, whatever its arguments are.
func plan(t *testing.T, pool *sql.DB, statement string) string {
	t.Helper()
	conn, err := pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	explain, args := "EXPLAIN QUERY PLAN "+statement, make([]any, strings.Count(statement, "?"))
	if dbtest.OnPostgres() {
		parameters := map[string]bool{}
		for _, one := range regexp.MustCompile(`\$\d+`).FindAllString(statement, -1) {
			parameters[one] = true
		}
		nulls := strings.TrimSuffix(strings.Repeat("NULL,", len(parameters)), ",")
		name := "asked" + strings.ReplaceAll(uuid.NewString(), "-", "")
		for _, before := range []string{"SET plan_cache_mode = force_generic_plan", "SET enable_seqscan = off", "PREPARE " + name + " AS " + statement} {
			if _, err := conn.ExecContext(t.Context(), before); err != nil {
				t.Fatalf("%s: %v", before, err)
			}
		}
		if explain, args = "EXPLAIN EXECUTE "+name, nil; nulls != "" {
			explain += "(" + nulls + ")"
		}
	}
	rows, err := conn.QueryContext(t.Context(), explain, args...)
	if err != nil {
		t.Fatalf("%s: %v", explain, err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for line := make([]any, len(columns)); rows.Next(); {
		values := make([]sql.NullString, len(columns))
		for i := range values {
			line[i] = &values[i]
		}
		if err := rows.Scan(line...); err != nil {
			t.Fatal(err)
		}
		text.WriteString(values[len(values)-1].String + "\n") // of SQLite the last column
	}
	return text.String()
}

// TestPlansOfRoomLists wants the lists of somebody who is in 200 rooms to be read by the indexes that are there for them, and
// not by looking at all rooms or all memberships: of 100,000 and 1,000,000, where all rounds are wanted.
func TestPlansOfRoomLists(t *testing.T) {
	var s dbtest.Statements
	dir := t.TempDir()
	w := traceWorld(t, dir, chat.Options{HeadsInterval: time.Hour}, s.Trace)
	ann := w.person("ann")
	w.room(ann, "general")
	pool := dbtest.Pool(t, dir)
	fill(t, pool, ann.ID, max(1000, rounds.Of(t, 2000, 100_000)))
	page, err := w.Rooms(t.Context(), ann, chat.RoomsQuery{})
	if err != nil {
		t.Fatal(err)
	}
	newest, joined := []string{"room_last_at_id"}, []string{"member_user_id_room_id", "rooms USING INDEX sqlite_autoindex_rooms_1 (id=?)"}
	behind := []string{"room_last_at_id", "room_last_at_id (last_at<?)"}
	if dbtest.OnPostgres() {
		joined[1], behind[1] = "Index Cond: (id = mine.room_id)", "Index Cond: (last_at <= $"
	}
	for name, c := range map[string]struct {
		call func(context.Context) error
		by   [][]string // for each statement, indexes by which it reads
	}{
		"ALL":    {w.rooms(ann, chat.RoomsQuery{}), [][]string{newest, joined}},
		"JOINED": {w.rooms(ann, chat.RoomsQuery{Scope: ptr(chat.JoinedRooms)}), [][]string{joined}},
		"behind a cursor": {
			w.rooms(ann, chat.RoomsQuery{After: page.PageInfo.EndCursor}), [][]string{behind, joined},
		},
		"a room by its name": {
			func(ctx context.Context) error { _, err := w.Room(ctx, ann, "General"); return err }, [][]string{{"room_name_key"}},
		},
		"rooms by name and id": {
			func(ctx context.Context) error {
				_, err := w.OpenAll(ctx, ann, []string{"General", page.Edges[0].Node.ID.String()}, nil)
				return err
			}, [][]string{{"room_name_key"}},
		},
	} {
		s.Take()
		if err := c.call(t.Context()); err != nil {
			t.Fatal(err)
		}
		texts := s.Take()
		if len(texts) != len(c.by) {
			t.Fatalf("%s takes %d statements:\n%s", name, len(texts), strings.Join(texts, "\n"))
		}
		for i, text := range texts {
			is := plan(t, pool, text)
			for _, index := range c.by[i] {
				if !strings.Contains(is, index) {
					t.Errorf("%s is not read by %s:\n%s\n%s", name, index, text, is)
				}
			}
			if whole := regexp.MustCompile(`(?m)Seq Scan|SCAN (rooms|members|mine|m|b|barred)$`).FindString(is); whole != "" {
				t.Errorf("%s reads a whole table, %q:\n%s\n%s", name, whole, text, is)
			}
			if c.by[i][0] == "room_last_at_id" && regexp.MustCompile(`Sort|TEMP B-TREE`).MatchString(is) {
				t.Errorf("%s sorts all public rooms:\n%s\n%s", name, text, is)
			}
		}
	}
}

// TestPlansOfWhatWaits wants what is left to do behind calls, which each node looks for now and then, to be found by the index of
// what waits and not by looking at all rooms and people. The first look comes with the start.
func TestPlansOfWhatWaits(t *testing.T) {
	dir, asked := t.TempDir(), make(chan string, 1000)
	w := traceWorld(t, dir, chat.Options{HeadsInterval: time.Hour}, func(_ context.Context, what any) {
		if text, ok := dbtest.TextOf(what); ok {
			asked <- text
		}
	})
	fill(t, dbtest.Pool(t, dir), w.person("ann").ID, 1000)
	waits := regexp.MustCompile(`WHERE .*\b(purging|enrolling|leaving)\b`)
	for seen := map[string]bool{}; len(seen) < 3; {
		text := <-asked
		is := waits.FindStringSubmatch(text)
		if is == nil || !strings.HasPrefix(text, "SELECT") || seen[is[1]] {
			continue
		}
		seen[is[1]] = true
		if by := plan(t, dbtest.Pool(t, dir), text); !strings.Contains(by, "_"+is[1]) {
			t.Errorf("not read by the index of what waits:\n%s\n%s", text, by)
		}
	}
}

func (w *world) rooms(who chat.Caller, q chat.RoomsQuery) func(context.Context) error {
	return func(ctx context.Context) error { _, err := w.Rooms(ctx, who, q); return err }
}
