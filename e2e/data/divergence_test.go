package data

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"parley/db/dbtest"
	"parley/e2e/harness"
	"parley/e2e/harness/writers"
	"parley/rounds"
)

// wantTold: each cursor goes on exactly where it stands, or its holder is told that history is not what
// it was. stored is what is left of it.
func wantTold(t *testing.T, s *harness.Server, token string, k *writers.Writers, stored map[string]int) {
	t.Helper()
	byNumber := map[int]string{}
	for id, number := range stored {
		byNumber[number] = id
	}
	asked := 0
	for id, number := range k.Answered { // in any order
		if asked++; asked > 40 {
			return
		}
		kept := stored[id] == number
		a := s.Ask(token, `query($after: Cursor) { chats(room: "general", after: $after, first: 1) { nodes { id number } } }`, map[string]any{"after": k.Cursors[number]})
		var page struct {
			Chats struct {
				Nodes []struct {
					ID     string
					Number int
				}
			}
		}
		switch code := a.Code(); {
		case !kept && code != "CURSOR_DIVERGED":
			t.Fatalf("a reader at the lost chat %d was told %s", number, a.Body)
		case kept && len(a.Errors) > 0:
			t.Fatalf("a reader at chat %d, which is there, was told %s", number, a.Body)
		case kept:
			s.Decode(a, &page)
			if n := page.Chats.Nodes; len(n) > 0 && (n[0].Number != number+1 || n[0].ID != byNumber[number+1]) || len(n) == 0 && byNumber[number+1] != "" {
				t.Fatalf("after chat %d comes %+v", number, n)
			}
		}
	}
}

// wantStreamsTold: the same of streams, for the newest chat that was answered.
func wantStreamsTold(t *testing.T, s *harness.Server, token string, k *writers.Writers, stored map[string]int) (lost bool) {
	t.Helper()
	newest, id := 0, ""
	for one, number := range k.Answered {
		if number > newest {
			newest, id = number, one
		}
	}
	c := s.Dial(token)
	c.Expect("connection_ack")
	c.Subscribe("1", `subscription($after: Cursor) { chatSent(room: "general", after: $after) { number } }`, map[string]any{"after": k.Cursors[newest]})
	if stored[id] == newest {
		s.Must(nil, token, `mutation { sendChat(room: "general", text: "next") { number } }`)
		if m := c.Expect("next"); !strings.Contains(string(m.Payload), fmt.Sprintf(`"number":%d}`, newest+1)) {
			t.Errorf("after %d comes %s", newest, m.Payload)
		}
		return false
	}
	if m := c.Expect("error"); !strings.Contains(string(m.Payload), `"CURSOR_DIVERGED"`) {
		t.Errorf("a stream from a lost chat: %s", m.Payload)
	}
	return true
}

// talkAndKill runs a server in which some talk, until n chats are answered, and kills it.
func talkAndKill(t *testing.T, dir, token string, n int, meanwhile func()) *writers.Writers {
	t.Helper()
	p := harness.StartProcess(t, dir, harness.NoSendRates...)
	k := writers.Start(&p.Server, token, 3)
	harness.Eventually(t, "some chats", func() bool { return len(k.AnsweredSoFar()) >= n })
	meanwhile()
	more := len(k.AnsweredSoFar())
	harness.Eventually(t, "more chats", func() bool { return len(k.AnsweredSoFar()) >= more+10 })
	_ = p.Stop()
	k.Stop()
	return k
}

// newHistory makes a data directory with ann and her room in the database's own file.
func newHistory(t *testing.T) (dir, token string) {
	t.Helper()
	dir = harness.DataDir(t)
	s := harness.Start(t, harness.Config(t, dir))
	token, _ = s.Register("ann")
	s.Must(nil, token, `mutation { createRoom(name: "general") { id } }`)
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	return dir, token
}

// checkHistory starts a server on what is left, and again when others have written anew over the places
// that were lost.
func checkHistory(t *testing.T, dir, token string, k *writers.Writers) (lost bool) {
	t.Helper()
	stored := writers.StoredIn(t, dir)
	s := harness.Start(t, harness.Config(t, dir, harness.NoSendRates...))
	wantTold(t, s, token, k, stored)
	lost = wantStreamsTold(t, s, token, k, stored)
	fresh := writers.Start(s, token, 2)
	harness.Eventually(t, "places written anew", func() bool { return len(fresh.AnsweredSoFar()) > len(k.Answered) })
	fresh.Stop()
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	anew := writers.StoredIn(t, dir)
	s = harness.Start(t, harness.Config(t, dir, harness.NoSendRates...))
	wantTold(t, s, token, k, anew)
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	return lost
}

// One bit of the WAL has flipped after a crash. SQLite drops what follows it and says nothing; the tags
// in the cursors do.
func TestFlippedBitOfTheWALIsSaid(t *testing.T) {
	dbtest.SkipOnPostgres(t, "the WAL is a file of SQLite")
	dir, token := newHistory(t)
	losses, done := 0, 0
	for ; done < rounds.Of(t, 2, 8) || losses == 0 && done < 20; done++ {
		k := talkAndKill(t, dir, token, 20, func() {})
		flipBit(t, filepath.Join(dir, "parley.db-wal"))
		if checkHistory(t, dir, token, k) {
			losses++
		}
	}
	if losses == 0 {
		t.Error("no round lost anything")
	}
	t.Logf("%d of %d rounds lost answered chats", losses, done)
}

// flipBit flips a random bit in a frame.
func flipBit(t *testing.T, wal string) {
	t.Helper()
	const header = 32 // of the file; sqlite.org/fileformat.html#walformat
	text, err := os.ReadFile(wal)
	if err != nil || len(text) <= header {
		t.Fatal(len(text), err)
	}
	at := header + rand.IntN(len(text)-header)
	text[at] ^= 1 << rand.IntN(8)
	if err := os.WriteFile(wal, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// An older backup is restored.
func TestRestoredBackupIsSaid(t *testing.T) {
	dir, token := newHistory(t)
	var restore func()
	k := talkAndKill(t, dir, token, 20, func() { restore = backUpToRestore(t, dir) })
	restore()
	if !checkHistory(t, dir, token, k) {
		t.Error("the backup took nothing back")
	}
}

// backUpToRestore takes a backup; restore replaces the database by it, which nobody uses.
func backUpToRestore(t *testing.T, dir string) (restore func()) {
	t.Helper()
	if dbtest.OnPostgres() {
		dump, _ := dbtest.Dump(t, dir)
		return func() { dbtest.Restore(t, dir, dump) }
	}
	copied := filepath.Join(t.TempDir(), "copy.db")
	if status, _, stderr := backUp(dir, copied); status != 0 {
		t.Error(stderr)
	}
	return func() { putInPlace(t, dir, copied) }
}

// putInPlace restores as the README says.
func putInPlace(t *testing.T, dir, copied string) {
	t.Helper()
	for _, name := range []string{"parley.db", "parley.db-wal", "parley.db-shm"} {
		if err := os.Rename(filepath.Join(dir, name), filepath.Join(t.TempDir(), name)); err != nil {
			t.Error(err)
		}
	}
	if err := os.Rename(copied, filepath.Join(dir, "parley.db")); err != nil {
		t.Fatal(err)
	}
}

// A second signal ends the process however soon it comes: it was overlooked by whoever had just heard the first.
func TestTwoSignalsAtOnce(t *testing.T) {
	p := harness.StartProcess(t, harness.DataDir(t), "--drain-delay", "1h", "--drain-timeout", "2h")
	for _, s := range []os.Signal{syscall.SIGTERM, os.Interrupt} { // two of a kind may come as one
		if err := p.Cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
	p.Exit() // which waits less than an hour
}

// What a shell starts in the background ignores interrupts from the beginning. As the second signal one was ignored again.
func TestInterruptInTheBackgroundEndsTheDrain(t *testing.T) {
	background := harness.Environment{Before: []string{"sh", "-c", `trap "" INT; exec "$@"`, "sh"}}
	p := harness.StartProcessIn(t, background, harness.DataDir(t), "--drain-delay", "1h", "--drain-timeout", "2h")
	drains(t, p, syscall.SIGTERM)
	if err := p.Cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	p.Exit() // which waits less than an hour
}

// drains sends a process its first signal and waits until that has been heard.
func drains(t *testing.T, p *harness.Process, first os.Signal) {
	t.Helper()
	if err := p.Cmd.Process.Signal(first); err != nil {
		t.Fatal(err)
	}
	harness.Eventually(t, "a drain", func() bool {
		response, _ := p.Get("/readyz")
		return response.StatusCode == http.StatusServiceUnavailable
	})
}

// A second signal ends a drain at once, and no answered chat is lost.
func TestSecondSignalEndsTheDrain(t *testing.T) {
	dir, token := newHistory(t)
	p := harness.StartProcess(t, dir, append([]string{"--drain-delay", "1h", "--drain-timeout", "2h"}, harness.NoSendRates...)...)
	k := writers.Start(&p.Server, token, 4)
	harness.Eventually(t, "some chats", func() bool { return len(k.AnsweredSoFar()) >= 20 })
	drains(t, p, syscall.SIGTERM)
	more := len(k.AnsweredSoFar())
	harness.Eventually(t, "chats during the drain", func() bool { return len(k.AnsweredSoFar()) > more })
	if err := p.Cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	p.Exit() // which waits less than an hour
	k.Stop()
	writers.WantStored(t, k, writers.StoredIn(t, dir))
}
