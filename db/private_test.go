package db

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A path may be a link to a file that is not made yet, on another disk. Such a start ended with "file exists".
func TestLinkToADatabaseThatIsNotThere(t *testing.T) {
	for name, links := range map[string][2]string{ // link, and where it leads
		"absolute":           {"parley.db", "ROOT/disk/real.db"},
		"relative":           {"parley.db", "../disk/real.db"},
		"to a link":          {"parley.db", "second.db"},
		"in a linked folder": {"folder/parley.db", "../disk/real.db"},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			for _, dir := range []string{"data", "disk", "far/away"} {
				if err := os.MkdirAll(filepath.Join(root, dir), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			link := func(from, to string) {
				t.Helper()
				if err := os.Symlink(to, filepath.Join(root, from)); err != nil {
					t.Fatal(err)
				}
			}
			link("far/disk", "../disk")
			link("data/folder", "../far/away")
			link("data/second.db", "../disk/real.db")
			link(filepath.Join("data", links[0]), strings.Replace(links[1], "ROOT", root, 1))
			s, err := Open(t.Context(), Options{URL: "sqlite:" + links[0], Dir: filepath.Join(root, "data")})
			if err != nil {
				t.Fatal(err)
			}
			mustAdd(t, s, "ann")
			for _, file := range []string{"real.db", "real.db-wal"} {
				if info, err := os.Stat(filepath.Join(root, "disk", file)); err != nil || info.Mode() != fs.FileMode(0o600) {
					t.Errorf("%s: %v, %v", file, info, err)
				}
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// What is no link to a place where a file can be is said.
func TestLinkThatLeadsNowhere(t *testing.T) {
	dir := t.TempDir()
	for from, to := range map[string]string{"loop.db": "loop.db", "gone.db": "gone/parley.db"} {
		if err := os.Symlink(to, filepath.Join(dir, from)); err != nil {
			t.Fatal(err)
		}
		if s, err := Open(t.Context(), Options{URL: "sqlite:" + from, Dir: dir}); err == nil {
			t.Errorf("%s is opened", from)
			_ = s.Close()
		}
	}
}
