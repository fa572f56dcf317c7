package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ariga.io/atlas/sql/migrate"

	"parley/db/dbtest"
)

// TestMigrationsFitTheSchema replays the released files of both databases and finds nothing that
// the Ent schema has and they have not. Then it takes the last file away that changes a table, and wants to see it missed.
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

func removeLastChange(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.sql"))
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	files = slices.DeleteFunc(files, func(file string) bool {
		text, err := os.ReadFile(file)
		return err != nil || !strings.Contains(string(text), " TABLE ") // it moves rows only
	})
	if err := os.Remove(slices.Max(files)); err != nil {
		t.Fatal(err)
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
