package chat_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/chat"
	"parley/chat/access"
	"parley/chat/roomlog"
	"parley/db/dbtest"
	"parley/rounds"
)

// crowd has many people put kinds of emoji on a chat, each of them all.
func (w *world) crowd(dir string, c *roomlog.Chat, people, kinds int) {
	w.t.Helper()
	id, at := "lower(hex(randomblob(4)))||'-'||lower(hex(randomblob(2)))||'-4000-8000-'||lower(hex(randomblob(6)))", "'2026-11-30 10:00:00+00:00'"
	if dbtest.OnPostgres() {
		id, at = "gen_random_uuid()", "now()"
	}
	pool := dbtest.Pool(w.t, dir)
	const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) `
	for _, statement := range []string{
		fmt.Sprintf(numbers, people) + `INSERT INTO users (id, created_at, username, username_key) SELECT ` + id + `, ` + at + `, 'crowd' || i, 'crowd' || i FROM n`,
		fmt.Sprintf(numbers, kinds) + fmt.Sprintf(`INSERT INTO reactions (room_id, chat_id, user_id, emoji, place)
			SELECT '%s', '%s', u.id, 'kind' || (1 + (i * 7) %% %d), 1000 + row_number() OVER (ORDER BY u.username_key, i) FROM users u CROSS JOIN n WHERE u.username_key LIKE 'crowd%%'`, c.Room.ID, c.ID, kinds),
	} {
		if _, err := pool.ExecContext(w.t.Context(), statement); err != nil {
			w.t.Fatalf("%s: %v", statement, err)
		}
	}
}

// counted is what is on a chat as all rows say it.
func (w *world) counted(dir string, c *roomlog.Chat) (text string) {
	w.t.Helper()
	rows, err := dbtest.Pool(w.t, dir).QueryContext(w.t.Context(), fmt.Sprintf(`SELECT emoji, user_id FROM reactions WHERE chat_id = '%s' ORDER BY place`, c.ID))
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	of := map[string][]uuid.UUID{}
	var kinds []string
	for rows.Next() {
		var emoji string
		var who uuid.UUID
		if err := rows.Scan(&emoji, &who); err != nil {
			w.t.Fatal(err)
		}
		if of[emoji] == nil {
			kinds = append(kinds, emoji)
		}
		of[emoji] = append(of[emoji], who)
	}
	if err := rows.Err(); err != nil {
		w.t.Fatal(err)
	}
	for _, kind := range kinds {
		text += fmt.Sprintln(kind, len(of[kind]), of[kind][:min(10, len(of[kind]))])
	}
	return text
}

// A crowd's reactions are counted all and shown as the rows have them, by one statement that reads the first people of each kind by
// an index, and so does whoever reacts: nothing looks through all rows of a chat, of which there are 100,000 where all rounds are
// wanted. It used to sort them all.
func TestReactionsOfACrowd(t *testing.T) {
	const kinds = 20
	var asked dbtest.Statements
	dir := t.TempDir()
	w := traceWorld(t, dir, chat.Options{}, asked.Trace)
	ann := w.person("ann")
	w.room(ann, "general")
	crowded, few, none := w.send(ann, "general", "x"), w.send(ann, "general", "y"), w.send(ann, "general", "z")
	w.crowd(dir, crowded, rounds.Of(t, 200, 5000), kinds)
	for _, emoji := range []string{"kind7", "last"} {
		if err := w.react(ann, few, emoji, true); err != nil {
			t.Fatal(err)
		}
	}
	for i, on := range []bool{true, true, false} {
		asked.Take()
		if err := w.react(ann, crowded, []string{"kind3", "own", "kind3"}[i], on); err != nil {
			t.Fatal(err)
		}
		wantByIndex(t, dir, asked.Take())
	}
	chats := []*roomlog.Chat{few, crowded, none}
	for _, people := range []bool{true, false} {
		asked.Take()
		found, err := w.Reactions(t.Context(), access.Reader{All: true}, chats, people)
		if err != nil {
			t.Fatal(err)
		}
		texts := asked.Take()
		if len(texts) != 1 {
			t.Errorf("%d statements: %v", len(texts), texts)
		}
		wantByIndex(t, dir, texts)
		for i, c := range chats {
			var got string
			for _, one := range found[i] {
				got += fmt.Sprintln(one.Emoji, one.Count, one.Users)
			}
			want := w.counted(dir, c)
			if !people {
				want = regexp.MustCompile(`\[.+\]`).ReplaceAllString(want, "[]")
			}
			if got != want {
				t.Errorf("people %v: got\n%swant\n%s", people, got, want)
			}
		}
	}
}

// wantByIndex wants those of some statements that read reactions to do so by the indexes, and to sort no more than what they answer.
func wantByIndex(t *testing.T, dir string, texts []string) {
	t.Helper()
	for _, text := range slices.DeleteFunc(texts, func(s string) bool { return !strings.HasPrefix(s, "WITH") || !strings.Contains(s, "reactions") }) {
		if !dbtest.OnPostgres() {
			text = regexp.MustCompile(`\$\d`).ReplaceAllString(text, "NULL")
		}
		is := plan(t, dbtest.Pool(t, dir), text)
		whole := regexp.MustCompile(`(?m)SCAN (r|reactions)\b|Seq Scan on reactions`).FindString(is)
		if sorts := len(regexp.MustCompile(`TEMP B-TREE|Sort Key`).FindAllString(is, -1)); whole != "" || sorts > 1 || !strings.Contains(is, "reaction_chat_id_emoji") {
			t.Errorf("reads %q, sorts %d times:\n%s\n%s", whole, sorts, text, is)
		}
	}
}
