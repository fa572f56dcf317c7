package archive

import (
	"bytes"
	"database/sql"
	"testing"

	"parley/db"
	"parley/db/dbtest"
	"parley/ent"
)

// An export of a server that serves was read table by table, each as it was then: a room was in it and its owner,
// who had come meanwhile, was not. Others commit here between two tables, because the export waits for the lock of one.
func TestExportIsOneState(t *testing.T) {
	t.Parallel()
	first := everything(t)
	server, database := dbtest.StartServer(t), "postgres"
	o := db.Options{URL: server.URL(database)}
	if _, err := importRows(t.Context(), o, bytes.NewReader(first), nil); err != nil {
		t.Fatal(err)
	}
	s, err := db.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	pool, err := sql.Open("pgx", o.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pool.Close() })
	between, err := pool.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := between.ExecContext(t.Context(), "LOCK TABLE login_limits IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	const waiters = `SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
		WHERE d.datname = current_database() AND l.relation = 'login_limits'::regclass AND NOT l.granted`
	var text bytes.Buffer
	done := make(chan error, 1)
	go func() {
		_, err := Export(t.Context(), o, &text)
		done <- err
	}()
	for waiting := "0"; waiting == "0"; {
		if waiting, err = server.Ask(t.Context(), database, waiters); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-done:
			t.Fatalf("the export has ended: %v", err)
		default:
		}
	}
	if err := s.Write(t.Context(), func(tx *ent.Tx) error { return dbtest.AddRoom(t.Context(), tx, "meanwhile", 3) }); err != nil {
		t.Fatal(err)
	}
	if err := between.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(text.Bytes(), first) {
		t.Errorf("the export is of no one state:\n%s", text.Bytes())
	}
	if _, err := importRows(t.Context(), db.Options{URL: "sqlite:parley.db", Dir: t.TempDir()}, &text, nil); err != nil {
		t.Error(err)
	}
}
