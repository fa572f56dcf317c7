package archive

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"parley/db"
	"parley/db/dbtest"
	"parley/ent"
)

func open(t *testing.T, dir string) *db.Store {
	t.Helper()
	s, err := db.Open(t.Context(), db.Options{URL: "sqlite:parley.db", Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // some tests close it themselves
	return s
}

// filled is a database with a room of ten chats and an empty one, which the test holds open.
func filled(t *testing.T, dir string) {
	t.Helper()
	s := open(t, dir)
	if err := s.Write(t.Context(), func(tx *ent.Tx) error {
		return errors.Join(dbtest.AddRoom(t.Context(), tx, "general", 10), dbtest.AddRoom(t.Context(), tx, "empty", 0))
	}); err != nil {
		t.Fatal(err)
	}
}

func backup(t *testing.T, dir, file string) (Copy, error) {
	t.Helper()
	return Backup(t.Context(), db.Options{URL: "sqlite:parley.db", Dir: dir}, file)
}

// crashed copies the files of an open database: what kill -9 leaves.
func crashed(t *testing.T) (dir string, files map[string][]byte) {
	t.Helper()
	from := t.TempDir()
	filled(t, from)
	dir, files = t.TempDir(), map[string][]byte{}
	for _, name := range []string{"parley.db", "parley.db-wal"} {
		// Not by this process: closing the file would drop the locks that SQLite holds on it.
		if out, err := exec.Command("cp", filepath.Join(from, name), dir).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || len(text) == 0 {
			t.Fatal(name, len(text), err)
		}
		files[name] = text
	}
	return dir, files
}

// What a crash left in the WAL is in the copy, and not a byte of the original changes.
func TestBackupReadsAndNeverWrites(t *testing.T) {
	dir, before := crashed(t)
	file := filepath.Join(t.TempDir(), "copy.db")
	got, err := backup(t, dir, file)
	if err != nil || got.Rooms != 2 || got.Chats != 10 {
		t.Fatalf("got %+v, %v", got, err)
	}
	for name, text := range before {
		if after, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(after, text) {
			t.Errorf("%s was written (%v)", name, err)
		}
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 || info.Size() != got.Bytes {
		t.Errorf("got %v, %v", info, err)
	}
	again := filepath.Join(t.TempDir(), "parley.db")
	if err := os.Rename(file, again); err != nil {
		t.Fatal(err)
	}
	dbtest.WantEmpty(t, filepath.Dir(file))
	if n, err := open(t, filepath.Dir(again)).Read.Chat.Query().Count(t.Context()); err != nil || n != 10 {
		t.Errorf("the copy opens with %d chats, %v", n, err)
	}
}

func TestBackupRefusesOtherSchemas(t *testing.T) {
	for change, want := range map[string]error{
		"INSERT INTO goose_db_version (version_id, is_applied) VALUES (99990101000000, 1)":               db.ErrNewer,
		"DELETE FROM goose_db_version WHERE version_id = (SELECT max(version_id) FROM goose_db_version)": db.ErrOlder,
		"UPDATE goose_db_version SET is_applied = 0 WHERE id = (SELECT max(id) FROM goose_db_version)":   db.ErrOlder,
		"DROP TABLE goose_db_version": nil,
	} {
		dir, to := t.TempDir(), t.TempDir()
		filled(t, dir)
		damage(t, dir, change)
		_, err := backup(t, dir, filepath.Join(to, "copy.db"))
		if err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", change, err, want)
		}
		dbtest.WantEmpty(t, to)
	}
}

func damage(t *testing.T, dir, change string) {
	t.Helper()
	pool, err := sql.Open("sqlite3", filepath.Join(dir, "parley.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(change); err != nil {
		t.Fatal(err)
	}
	if err := pool.Close(); err != nil {
		t.Fatal(err)
	}
}

// A copy whose rooms do not hold what their counters say is thrown away.
func TestBackupChecksWhatItHolds(t *testing.T) {
	const general = " WHERE room_id = (SELECT id FROM rooms WHERE name = 'general')"
	for change, says := range map[string]string{
		"UPDATE rooms SET last_place = 9 WHERE name = 'general'":                                    "counters",
		"UPDATE rooms SET last_place = 1 WHERE name = 'empty'":                                      "counters",
		"UPDATE rooms SET last_number = 11 WHERE name = 'general'":                                  "counters",
		"UPDATE rooms SET last_tag = 77 WHERE name = 'general'":                                     "counters",
		"UPDATE rooms SET deleted_at = '2026-01-01'":                                                "counters",
		"DELETE FROM room_events WHERE place = 5":                                                   "counters",
		"UPDATE room_events SET place = 11 WHERE place = 5":                                         "counters",
		"UPDATE room_events SET number = 11 WHERE place = 10":                                       "counters",
		"DELETE FROM chats WHERE number = 5":                                                        "counters",
		"DELETE FROM chats WHERE number = 5; UPDATE room_events SET chat_id = NULL WHERE place = 5": "counters",
		"UPDATE chats SET number = 11 WHERE number = 5":                                             "counters",
		"UPDATE room_events SET chat_id = x'00' WHERE place = 5":                                    "counters",
		"DELETE FROM users WHERE username = 'general'":                                              "points nowhere",
		"UPDATE chats SET room_id = 'x' WHERE number = 10":                                          "points nowhere",
		"UPDATE rooms SET purging = 1 WHERE name = 'general'":                                       "counters",
		"UPDATE room_events SET kind = 'ROOM_DELETED', chat_id = NULL WHERE place = 10; DELETE FROM chats WHERE number < 5; UPDATE rooms SET deleted_at = '2026-01-01', purging = 1 WHERE name = 'general'": "",
		"UPDATE rooms SET topic = 'x'": "",
		"DELETE FROM chats" + general + "; DELETE FROM room_events" + general + " AND place < 10; UPDATE room_events SET kind = 'ROOM_DELETED', chat_id = NULL; UPDATE rooms SET deleted_at = '2026-01-01' WHERE name = 'general'": "",
	} {
		dir, to := t.TempDir(), t.TempDir()
		filled(t, dir)
		damage(t, dir, change)
		_, err := backup(t, dir, filepath.Join(to, "copy.db"))
		if says == "" {
			if err != nil {
				t.Errorf("%s: %v", change, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want %s", change, err, says)
		}
		dbtest.WantEmpty(t, to)
	}
}

// An index that does not fit its table is found, although every row is there.
func TestBackupFindsABrokenIndex(t *testing.T) {
	dir, to := t.TempDir(), t.TempDir()
	s := open(t, dir)
	if err := s.Write(t.Context(), func(tx *ent.Tx) error { return dbtest.AddRoom(t.Context(), tx, "general", 10) }); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "parley.db")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const pageSize, indexLeaf = 4096, 0x0a
	for at := 0; at < len(text); at += pageSize {
		if page := text[at : at+pageSize]; page[0] == indexLeaf {
			copy(text[at:], bytes.Replace(page, []byte("general"), []byte("generaX"), 1))
		}
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := backup(t, dir, filepath.Join(to, "copy.db")); err == nil {
		t.Error("a broken index passed")
	}
	dbtest.WantEmpty(t, to)
}

func TestBackupThatFailsLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	filled(t, dir)
	to := dbtest.SmallDisk(t, "64k")
	if got, err := backup(t, dir, filepath.Join(to, "copy.db")); !errors.Is(err, db.ErrFull) {
		t.Errorf("a full disk: got %+v, %v", got, err)
	}
	dbtest.WantEmpty(t, to)
	to = t.TempDir()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Backup(gone, db.Options{URL: "sqlite:parley.db", Dir: dir}, filepath.Join(to, "copy.db")); !errors.Is(err, context.Canceled) {
		t.Errorf("withdrawn: got %v", err)
	}
	if _, err := backup(t, t.TempDir(), filepath.Join(to, "copy.db")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no database: got %v", err)
	}
	for _, name := range []string{filepath.Join(dir, "parley.db"), filepath.Join(to, "no folder", "copy.db")} { // whatever is wrong with it
		if _, err := Backup(t.Context(), db.Options{URL: "postgres://localhost/x"}, name); err == nil || !strings.Contains(err.Error(), "pg_dump") {
			t.Errorf("a backup of Postgres: got %v", err)
		}
	}
	dbtest.WantEmpty(t, to)
}

// Of many that want one name, one gets it, and nobody overwrites.
func TestBackupTakesNoNameTwice(t *testing.T) {
	dir, to := t.TempDir(), t.TempDir()
	filled(t, dir)
	file := filepath.Join(to, "copy.db")
	var wg sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		wg.Go(func() { _, errs[i] = backup(t, dir, file) })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, fs.ErrExist) {
			t.Error(err)
		}
	}
	if left, err := os.ReadDir(to); won != 1 || len(left) != 1 || err != nil {
		t.Errorf("%d won, files %v, %v", won, left, err)
	}
}
