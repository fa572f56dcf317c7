package migrations

import (
	"context"
	"database/sql"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/pressly/goose/v3"

	"parley/db/dbtest"
)

// beforeMembers is the last version without them.
const beforeMembers = 20261129180000

// eachKind runs a test on a database of the first release of either kind.
func eachKind(t *testing.T, test func(t *testing.T, p *goose.Provider, pool *sql.DB)) {
	for _, kind := range []struct {
		folder  string
		dialect goose.Dialect
		open    func(t *testing.T) *sql.DB
	}{
		{SQLite, goose.DialectSQLite3, func(t *testing.T) *sql.DB {
			return filled(t, "sqlite3", "file:"+filepath.Join(t.TempDir(), "parley.db")+"?_foreign_keys=on", dbtest.ReleasedSQLite)
		}},
		{Postgres, goose.DialectPostgres, func(t *testing.T) *sql.DB {
			return filled(t, "pgx", dbtest.StartServer(t).URL("postgres"), dbtest.ReleasedPostgres)
		}},
	} {
		t.Run(kind.folder, func(t *testing.T) {
			pool := kind.open(t)
			p, err := migrator(kind.dialect, kind.folder, pool)
			if err != nil {
				t.Fatal(err)
			}
			test(t, p, pool)
		})
	}
}

func filled(t *testing.T, driver, url, with string) *sql.DB {
	t.Helper()
	pool, err := sql.Open(driver, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pool.Close() })
	pool.SetMaxOpenConns(1)
	if _, err := pool.ExecContext(t.Context(), with); err != nil {
		t.Fatal(err)
	}
	return pool
}

// rowsOf is what a statement returns, a line a row, in order.
func rowsOf(t *testing.T, pool *sql.DB, query string) string {
	t.Helper()
	rows, err := pool.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var lines []string
	for rows.Next() {
		columns, _ := rows.Columns()
		values := make([]sql.NullString, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		line := make([]string, len(columns))
		for i, v := range values {
			line[i] = v.String
		}
		lines = append(lines, strings.Join(line, "|"))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// Whoever made a room owns it after the upgrade; where that account is gone, the live person who sent there first; where there
// is none, and in deleted rooms, nobody. All who have sent wait to be enrolled.
func TestOwnersOfReleasedRooms(t *testing.T) {
	eachKind(t, func(t *testing.T, p *goose.Provider, pool *sql.DB) {
		made := rowsOf(t, pool, `SELECT id, owner_id FROM rooms`)
		if _, err := p.Up(t.Context()); err != nil {
			t.Fatal(err)
		}
		const owners = `SELECT r.name, r.kind, r.send_role, r.member_count, CASE WHEN r.enrolling THEN 'waits' END, m.role, u.username,
			CASE WHEN m.username_key = u.username_key AND m.joined_at = r.created_at AND m.joined_place = 0 THEN 'right' END
			FROM rooms r LEFT JOIN members m ON m.room_id = r.id LEFT JOIN users u ON u.id = m.user_id`
		want := strings.Join([]string{
			"general|PUBLIC|2|1|waits|0|Ann|right",
			"silent|PUBLIC|2|1||0|Ann|right",
			"left by its owner|PUBLIC|2|1|waits|0|Cleo|right",
			"Große Pause|PUBLIC|2|1|waits|0|bob|right",
			"left by all|PUBLIC|2|0|waits|||",
			"never used|PUBLIC|2|0||||",
			"|PUBLIC|2|0||||",
		}, "\n")
		got := rowsOf(t, pool, owners)
		lines := strings.Split(want, "\n")
		slices.Sort(lines)
		if want = strings.Join(lines, "\n"); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
		if got := rowsOf(t, pool, `SELECT id, created_by FROM rooms`); got != made {
			t.Errorf("rooms were made by\n%s\nand now by\n%s", made, got)
		}
		for id := range strings.Lines(rowsOf(t, pool, `SELECT id FROM members`)) {
			id = strings.TrimSpace(id)
			if read, err := uuid.Parse(id); err != nil || read.Version() != 4 || read.Variant() != uuid.RFC4122 || read.String() != id {
				t.Errorf("the id of a member is %q: %v", id, err)
			}
		}
	})
}

// Down leaves the rows that there were, and up again makes the same of them.
func TestMembersGoDownAndUp(t *testing.T) {
	eachKind(t, func(t *testing.T, p *goose.Provider, pool *sql.DB) {
		all := func() (state string) {
			for _, query := range []string{
				`SELECT id, owner_id, name, name_key, topic, last_place, last_tag FROM rooms`,
				`SELECT id, username, password_hash, deleted_at FROM users`,
				`SELECT room_id, place, kind, chat_id FROM room_events`, `SELECT id, text FROM chats`,
			} {
				state += rowsOf(t, pool, query) + "\n"
			}
			return state
		}
		if _, err := p.UpTo(t.Context(), beforeMembers); err != nil {
			t.Fatal(err)
		}
		before := all()
		const members = `SELECT room_id, user_id, role FROM members`
		up := func() string {
			if _, err := p.Up(t.Context()); err != nil {
				t.Fatal(err)
			}
			return rowsOf(t, pool, members)
		}
		first := up()
		if _, err := p.DownTo(t.Context(), beforeMembers); err != nil {
			t.Fatal(err)
		}
		if after := all(); after != before {
			t.Errorf("down made of\n%s\nthis:\n%s", before, after)
		}
		if _, err := pool.ExecContext(t.Context(), `UPDATE rooms SET name_key = 'general' WHERE name_key = 'silent'`); err == nil {
			t.Error("below members, names are not unique any more")
		}
		if second := up(); second != first {
			t.Errorf("up again has\n%s\nand first it was\n%s", second, first)
		}
	})
}

// A process that migrates is interrupted between the two files: the next start goes on.
func TestOwnersFollowMembers(t *testing.T) {
	eachKind(t, func(t *testing.T, p *goose.Provider, pool *sql.DB) {
		if _, err := p.UpTo(t.Context(), 20261130000000); err != nil {
			t.Fatal(err)
		}
		apply := func() error { return ApplyPostgres(context.Background(), pool, slog.New(slog.DiscardHandler)) }
		if t.Name() == "TestOwnersFollowMembers/"+SQLite {
			apply = func() error {
				return ApplySQLite(context.Background(), pool, func() (func(), error) { return func() {}, nil }, slog.New(slog.DiscardHandler))
			}
		}
		for range 2 {
			if err := apply(); err != nil {
				t.Fatal(err)
			}
		}
		if n := rowsOf(t, pool, `SELECT count(*) FROM members`); n != "4" {
			t.Errorf("%s owners", n)
		}
	})
}
