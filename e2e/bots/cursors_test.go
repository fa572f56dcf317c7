package bots

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"parley/db/dbtest"
	"parley/e2e/harness"
)

// The cursor of another bot, and a file that is none, end a bot with status 1, before it has answered anything.
func TestCursorOfAnotherBot(t *testing.T) {
	w := both(t)
	for _, b := range w.bots {
		b.once(b.awaitCursor)
		w.addBot("other"+b.name, b.command)
		last := w.bots[len(w.bots)-1]
		for text, said := range map[string]string{readFile(t, b.cursor): "is not of this bot", "{": "JSON"} {
			if err := os.WriteFile(last.cursor, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if status := last.run()(); status != 1 || !strings.Contains(last.log.String(), said) {
				t.Errorf("%s: status %d: %s", last.name, status, &last.log)
			}
		}
	}
}

func readFile(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A server that is put back to a backup does not know the bot's cursor any more. The bot says so, and answers what is asked
// from then on.
func TestServerPutBackToABackup(t *testing.T) {
	if dbtest.OnPostgres() {
		t.Skip("of Postgres there is no backup of ours")
	}
	w := both(t)
	w.keep()
	w.question()
	w.wantAnswered()
	file := filepath.Join(t.TempDir(), "backup")
	if status, _, said := harness.Command("--data", w.Dir, "backup", file); status != harness.ExitOK {
		t.Fatal(said)
	}
	lost := w.question()
	w.wantAnswered()
	for _, b := range w.bots {
		w.awaitNoted(b, w.rooms[0])
	}
	delete(w.said, lost)
	w.Kill(w.p)
	for _, end := range []string{"-wal", "-shm"} {
		_ = os.Remove(filepath.Join(w.Dir, "parley.db"+end)) // perhaps there is none
	}
	if err := os.Rename(file, filepath.Join(w.Dir, "parley.db")); err != nil {
		t.Fatal(err)
	}
	w.serve()
	for _, b := range w.bots {
		w.awaitNoted(b, w.rooms[0])
		if !strings.Contains(b.log.String(), "put back to a backup") {
			t.Errorf("%s said %s", b.name, &b.log)
		}
	}
	w.question()
	w.wantAnswered()
}

// Two processes of one bot answer each question once, too. Each has a file of its own.
func TestTwoProcessesOfABot(t *testing.T) {
	w := both(t)
	for _, b := range w.bots {
		second := &bot{t: t, name: b.name, command: b.command, cursor: b.cursor + "2"}
		second.env = append(slices.Clone(b.env), "CURSOR="+second.cursor)
		second.keep()
		second.awaitCursor()
	}
	w.keep()
	for range 10 {
		w.question()
	}
	for _, b := range w.bots {
		harness.Eventually(t, b.name+" has answered all twice", func() bool {
			_, again := w.line.count(b.token)
			return again == 10
		})
	}
	w.wantAnswered()
}

// An older cursor, as after a disk that lost the newest, has what is answered answered again, under the same ids: nothing new comes of
// it, and an answer that somebody has deleted stays so.
func TestOlderCursor(t *testing.T) {
	w := both(t)
	older := map[*bot]string{}
	for _, b := range w.bots {
		b.once(b.awaitCursor)
		older[b] = readFile(t, b.cursor)
	}
	w.question()
	for _, b := range w.bots {
		b.once(func() { w.awaitNoted(b, w.rooms[0]) })
	}
	w.wantAnswered()
	before := w.answers(w.rooms[0])
	w.insist(`mutation($id: ID!) { deleteChat(chat: $id) { id } }`, map[string]any{"id": before[0].ID})
	for _, b := range w.bots {
		if err := os.WriteFile(b.cursor, []byte(older[b]), 0o600); err != nil {
			t.Fatal(err)
		}
		b.once(func() { w.awaitNoted(b, w.rooms[0]) })
		if _, again := w.line.count(b.token); again != 1 {
			t.Errorf("%s has sent %d answers again", b.name, again)
		}
	}
	after := w.answers(w.rooms[0])
	if len(after) != 2 || after[0].ID != before[0].ID || after[0].Text != nil || after[1].Text == nil {
		t.Errorf("before %v, after %v", before, after)
	}
}

// In many rooms a bot does not collect a newest cursor of each until its request is too large. It begins another stream, and misses
// nothing in between.
func TestBotInManyRooms(t *testing.T) {
	w := both(t)
	w.keep()
	const rooms = 105
	for range rooms {
		w.say(w.addRoom("PRIVATE"), "How many more?", 1, 1)
	}
	for _, b := range w.bots {
		harness.Eventually(t, b.name+" has answered all", func() bool {
			all, _ := w.line.count(b.token)
			return all == rooms
		})
	}
	w.wantAnswered()
	for _, b := range w.bots {
		if !strings.Contains(b.log.String(), "no more of this stream") {
			t.Errorf("%s has never begun another stream: %s", b.name, &b.log)
		}
	}
}
