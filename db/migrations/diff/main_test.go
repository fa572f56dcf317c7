package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ariga.io/atlas/sql/migrate"

	"parley/db/dbtest"
)

// TestMigrationsFitTheSchema replays the released files of both databases and finds nothing that
// the Ent schema has and they have not. Then it takes the last file away that changes a table, and
// what follows it, and wants to see it missed.
func TestMigrationsFitTheSchema(t *testing.T) {
	for _, target := range targets {
		t.Run(target.folder, func(t *testing.T) {
			dir := copyFolder(t, filepath.Join("..", target.folder))
			wrote, err := target.diff(t.Context(), dir, "drift")
			dbtest.Started(t, err)
			if wrote {
				t.Error("the schema has changed: make migration NAME=what_changed")
			}
			removeLastChange(t, dir)
			if wrote, err = target.diff(t.Context(), dir, "drift"); err != nil || !wrote {
				t.Errorf("a missing migration was not noticed: %v, %v", wrote, err)
			}
		})
	}
}

// TestReleasedFilesAreNotChanged: goose does not notice a changed file, the checksums do.
func TestReleasedFilesAreNotChanged(t *testing.T) {
	dir := copyFolder(t, filepath.Join("..", "sqlite"))
	files, err := filepath.Glob(filepath.Join(dir, "*.sql"))
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(files[0], append(text, "-- a remark\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := targets[0].diff(t.Context(), dir, "drift"); err == nil {
		t.Error("a changed file was not noticed")
	}
}

func copyFolder(t *testing.T, from string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

// removeLastChange removes the last file that changes a table, and what follows it.
func removeLastChange(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.sql")) // in order
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for changes := false; !changes; files = files[:len(files)-1] {
		last := files[len(files)-1]
		text, err := os.ReadFile(last)
		if err := errors.Join(err, os.Remove(last)); err != nil {
			t.Fatal(err)
		}
		changes = strings.Contains(string(text), " TABLE ") // else it moves rows only
	}
	local, err := migrate.NewLocalDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	sum, err := local.Checksum()
	if err != nil {
		t.Fatal(err)
	}
	if err := migrate.WriteSumFile(local, sum); err != nil {
		t.Fatal(err)
	}
}
