package data

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"parley/db/dbtest"
	"parley/e2e/harness"
)

// wantPrivate wants files in a directory that nobody but their owner can open.
func wantPrivate(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
			continue
		}
		if info.Mode() != 0o600 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if info, statErr := os.Stat(path); err == nil && statErr == nil && !d.IsDir() && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// The files of a database are for their owner alone, wherever they lie and whatever they were before.
func TestFilesOfADatabaseArePrivate(t *testing.T) {
	dbtest.SkipOnPostgres(t, "the files are its server's")
	old := syscall.Umask(0) // no help from outside
	defer syscall.Umask(old)
	elsewhere, data := t.TempDir(), harness.DataDir(t)
	if err := os.Chmod(elsewhere, 0o755); err != nil {
		t.Fatal(err)
	}
	flags := []string{"--signing-key", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "--database-url", "sqlite:" + filepath.Join(elsewhere, "where.db")}
	run := func() {
		t.Helper()
		s := harness.Start(t, harness.Config(t, data, flags...))
		s.Register(fmt.Sprint("ann", len(dirNames(t, elsewhere))))
		wantPrivate(t, elsewhere, "where.db", "where.db-wal", "where.db-shm")
		if status, stdout, stderr := harness.Command(append([]string{"--data", data, "backup", filepath.Join(elsewhere, fmt.Sprint("copy", len(dirNames(t, elsewhere))))}, flags...)...); status != 0 {
			t.Errorf("backup: %s%s", stdout, stderr)
		}
		wantPrivate(t, elsewhere)
		if err := s.Stop(); err != nil {
			t.Fatal(err)
		}
		wantPrivate(t, elsewhere, "where.db")
	}
	run()
	// As an earlier release has left them, after a kill.
	for _, name := range []string{"where.db", "where.db-wal", "where.db-shm", "where.db-migrate"} {
		f, err := os.OpenFile(filepath.Join(elsewhere, name), os.O_CREATE|os.O_WRONLY, 0o644)
		if err == nil {
			err = f.Close()
		}
		if err == nil {
			err = os.Chmod(filepath.Join(elsewhere, name), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	run()
}

func dirNames(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// What was edited and deleted is on the disk no more: in no free page, and after a quiet moment in no log either.
func TestDeletedTextsLeaveTheFiles(t *testing.T) {
	dbtest.SkipOnPostgres(t, "the files are its server's")
	dir := harness.DataDir(t)
	p := harness.StartProcess(t, dir, append([]string{"--mutation-rate", "0"}, harness.NoSendRates...)...)
	ann, _ := p.Register("ann")
	for _, room := range []string{"stays", "goes"} {
		p.Must(nil, ann, `mutation { createRoom(name: "`+room+`", topic: "topic-of-`+room+`") { id } }`)
	}
	found := func(what string) bool {
		t.Helper()
		for _, name := range dirNames(t, dir) {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			if bytes.Contains(text, []byte(what)) {
				return true
			}
		}
		return false
	}
	for i := range 120 {
		long := strings.Repeat("secret-text ", 1+i%7*i) // some in a part of a page, some in many pages
		send := func(room, text string) string {
			var made struct{ SendChat struct{ ID string } }
			p.Must(&made, ann, `mutation { sendChat(room: "`+room+`", text: "`+text+`") { id } }`)
			return made.SendChat.ID
		}
		edited, deleted := send("stays", long), send("stays", long)
		send("stays", "kept-text")
		send("goes", long)
		p.Must(nil, ann, `mutation { editChat(chat: "`+edited+`", text: "edited") { id } }`)
		p.Must(nil, ann, `mutation { deleteChat(chat: "`+deleted+`") { id } }`)
	}
	if !found("secret-text") || !found("topic-of-goes") {
		t.Fatal("the texts are not where they are looked for")
	}
	p.Must(nil, ann, `mutation { deleteRoom(room: "goes") }`)
	harness.Eventually(t, "a disk without the texts", func() bool { return !found("secret-text") && !found("topic-of-goes") })
	p.Interrupt()
	if found("secret-text") || !found("kept-text") || !found("topic-of-stays") {
		t.Error("after the end there are others")
	}
}
