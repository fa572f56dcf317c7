// Package migrated is for tests whose databases have the schema of the server from the beginning: they are copies of
// one that was migrated once.
package migrated

import (
	"context"
	"testing"

	"parley/db"
	"parley/db/dbtest"
)

// Main is dbtest.Main for such tests: os.Exit(migrated.Main(m)).
func Main(m *testing.M) int {
	dbtest.Template(migrate)
	return dbtest.Main(m)
}

// migrate brings an empty database to the schema of the server.
func migrate(url, dir string) error {
	store, err := db.Open(context.Background(), db.Options{URL: url, Dir: dir})
	if err != nil {
		return err
	}
	return store.Close()
}
