package dbtest

import (
	_ "embed" // what the first release has left
	"testing"
)

// What a server of 0.1.0 has stored of eight people and seven rooms: on SQLite, then by export and import on Postgres. dora and
// emil have deleted their accounts.
//
//	general             by Ann: five people, three chats each
//	left by its owner   by dora: emil, dora, Cleo, bob, Ann have sent, in this order
//	left by all         by dora: dora, emil have sent
//	Große Pause         by emil: emil, bob, emil have sent; a chat is changed, one is deleted
//	never used          by dora: no chat
//	silent              by Ann: no chat
//	a deleted one       by bob
var (
	//go:embed testdata/0.1.0.sqlite.sql
	ReleasedSQLite string
	//go:embed testdata/0.1.0.postgres.sql
	ReleasedPostgres string

	// ReleasedExport is the same as `parley export` of 0.1.0 has written it.
	//go:embed testdata/0.1.0.ndjson
	ReleasedExport []byte
)

// Release makes the empty database of a data directory one of the first release.
func Release(t testing.TB, dir string) {
	t.Helper()
	Empty(t, dir)
	pool, done := Open(t, dir)
	defer done()
	text := ReleasedSQLite
	if OnPostgres() {
		text = ReleasedPostgres
	}
	if _, err := pool.ExecContext(t.Context(), text); err != nil {
		t.Fatal(err)
	}
}
