package main

import (
	"os"
	"path/filepath"
	"testing"

	"ariga.io/atlas/sql/migrate"

	"parley/db/migrations"
)

// TestSumsFitTheFiles wants atlas.sum of both databases to be that of the files, and sees a file that was written by hand.
func TestSumsFitTheFiles(t *testing.T) {
	for _, folder := range []string{migrations.SQLite, migrations.Postgres} {
		path := t.TempDir()
		if err := os.CopyFS(path, os.DirFS(filepath.Join("..", folder))); err != nil {
			t.Fatal(err)
		}
		if changed, err := hash(path); changed || err != nil {
			t.Fatalf("%s: atlas.sum does not fit the files (%v): make migration-hash", folder, err)
		}
		if err := os.WriteFile(filepath.Join(path, "29991231000000_by_hand.sql"), []byte("-- +goose Up\nSELECT 1;\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		dir, err := migrate.NewLocalDir(path)
		if err != nil {
			t.Fatal(err)
		}
		if migrate.Validate(dir) == nil {
			t.Errorf("%s: a file without a sum was not noticed", folder)
		}
		if changed, err := hash(path); !changed || err != nil {
			t.Errorf("%s: changed is %v, %v", folder, changed, err)
		}
		if err := migrate.Validate(dir); err != nil {
			t.Errorf("%s: the new sums: %v", folder, err)
		}
	}
}
