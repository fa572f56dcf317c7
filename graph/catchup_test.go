package graph_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gobwas/ws/wsutil"
	"github.com/google/uuid"

	"parley/db/dbtest"
	"parley/ent"
	"parley/transport/budget"
)

const reactedFields = `reactions { emoji count users { id username } }`

// ask answers a query as somebody.
func (a *testAPI) ask(t *testing.T, token, query string) string {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

// A reacted is what a stream shows of an event.
type reacted struct {
	Kind, Emoji string
	Actor       *struct{ Username string }
	Chat        *struct {
		ID        string
		Number    int
		Reactions json.RawMessage
	}
}

// Who resumes over many reactions is given each event once and in its order, with what is on its chat now, but that is read for many
// chats and events at once: each event used to read, and to encode, all that was on its chat.
func TestCatchingUpReadsReactionsTogether(t *testing.T) {
	const chats, kinds = 40, 7
	a := newTestAPI(t)
	reader := a.register(t, "reader")
	ids := make([]string, chats)
	for i := range ids {
		ids[i] = a.send(t, "x")
	}
	var want []string
	for k := range kinds {
		for i, id := range ids {
			emoji := fmt.Sprint("kind", k)
			if _, err := a.chat.React(t.Context(), a.owner, id, emoji, true); err != nil {
				t.Fatal(err)
			}
			want = append(want, fmt.Sprintln("CHAT_REACTED", emoji, i+1))
		}
	}
	token := string(reader.AccessToken)
	now := map[string]string{}
	for _, id := range ids {
		var answer struct {
			Data struct {
				Chat struct{ Reactions json.RawMessage }
			}
		}
		if err := json.Unmarshal([]byte(a.ask(t, token, `{ chat(id: "`+id+`") { `+reactedFields+` } }`)), &answer); err != nil {
			t.Fatal(err)
		}
		now[id] = string(answer.Data.Chat.Reactions)
	}
	conn := a.connect(t, token)
	a.asked.Take()
	var got []string
	a.resume(t, conn, "1", func(message []byte) {
		var m struct {
			Payload struct{ Data struct{ Events reacted } }
		}
		if err := json.Unmarshal(message, &m); err != nil {
			t.Fatalf("%v: %s", err, message)
		}
		e := m.Payload.Data.Events
		if shown := canonical(t, e.Chat.Reactions); shown != canonical(t, json.RawMessage(now[e.Chat.ID])) || e.Actor.Username != "owner" {
			t.Fatalf("%+v shows %s, want %s", e, shown, now[e.Chat.ID])
		}
		if e.Kind == "CHAT_REACTED" {
			got = append(got, fmt.Sprintln(e.Kind, e.Emoji, e.Chat.Number))
		}
	})
	if !slices.Equal(got, want) {
		t.Errorf("%d events, want %d: %v", len(got), len(want), got)
	}
	read := map[string]int{}
	for _, text := range a.asked.Take() {
		for _, table := range []string{"reactions", "users"} {
			if strings.Contains(text, table) {
				read[table]++
			}
		}
	}
	if read["reactions"] == 0 || read["reactions"] > len(want)/8 || read["users"] > len(want)/8 {
		t.Errorf("%d events: statements %v", len(want)+chats, read)
	}
}

// canonical is JSON whose fields are in one order.
func canonical(t *testing.T, text json.RawMessage) string {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// reactAll has people put kinds of emoji on all chats of the room, each of them all, in an order: as rows, with their log. The people
// are new.
func (a *testAPI) reactAll(t testing.TB, people, kinds int, order string) {
	t.Helper()
	err := a.store.Write(t.Context(), func(tx *ent.Tx) error {
		var rows []*ent.UserCreate
		for i := range people {
			name := fmt.Sprintf("crowd%025d", i)
			rows = append(rows, tx.User.Create().SetID(uuid.New()).SetUsername(name).SetUsernameKey(name).SetCreatedAt(a.room.CreatedAt))
		}
		err := tx.User.CreateBulk(rows...).Exec(t.Context())
		if dbtest.OnPostgres() && err == nil {
			_, err = tx.ExecContext(t.Context(), `SET LOCAL statement_timeout = 0`) // it is more than a server does at once
		}
		for _, statement := range []string{
			fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
				INSERT INTO reactions (room_id, chat_id, user_id, emoji, place)
				SELECT c.room_id, c.id, u.id, 'kind' || n.i, r.last_place + row_number() OVER (ORDER BY %s)
				FROM rooms r JOIN chats c ON c.room_id = r.id CROSS JOIN n CROSS JOIN users u WHERE u.username LIKE 'crowd%%'`, kinds, order),
			`INSERT INTO room_events (room_id, place, number, kind, tag, at, actor_id, chat_id, emoji)
				SELECT x.room_id, x.place, r.last_number, 'CHAT_REACTED', 1, r.last_at, x.user_id, x.chat_id, x.emoji FROM reactions x JOIN rooms r ON r.id = x.room_id`,
			`UPDATE rooms SET last_tag = 1, last_place = (SELECT max(place) FROM reactions)`,
		} {
			if err == nil {
				_, err = tx.ExecContext(t.Context(), statement)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// resume reads on from the beginning of the room, and has each look at the messages that come up to the last.
func (a *testAPI) resume(t testing.TB, conn net.Conn, id string, each func(message []byte)) {
	t.Helper()
	writeMessage(t, conn, map[string]any{"type": "subscribe", "id": id, "payload": map[string]any{
		"query":     `subscription($room: ID!, $after: Cursor!) { events(rooms: [$room], after: [$after]) { kind emoji actor { username } chat { id number ` + reactedFields + ` } } }`,
		"variables": map[string]any{"room": a.room.ID.String(), "after": a.cursor},
	}})
	for {
		if err := conn.SetReadDeadline(time.Now().Add(waitLimit)); err != nil {
			t.Fatal(err)
		}
		message, err := wsutil.ReadServerText(conn)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(message, []byte(`"CAUGHT_UP"`)) {
			return
		}
		each(message)
	}
}

// BenchmarkCatchingUp resumes over 25,000 reactions, 500 on each of 50 chats, which came to one chat after the other or to all by turns.
func BenchmarkCatchingUp(b *testing.B) {
	for name, order := range map[string]string{"chat by chat": "c.number, u.username, n.i", "by turns": "u.username, n.i, c.number"} {
		b.Run(strings.ReplaceAll(name, " ", "_"), func(b *testing.B) {
			a := newTestAPI(b)
			for range 50 {
				a.send(b, "x")
			}
			a.reactAll(b, 25, 20, order)
			conn := a.connect(b, string(a.register(b, "reader").AccessToken))
			for i := 0; b.Loop(); i++ {
				before := spent(b)
				events := 0
				if a.resume(b, conn, fmt.Sprint(i), func([]byte) { events++ }); events != 25_050 {
					b.Fatalf("%d events", events)
				}
				b.ReportMetric(float64((spent(b) - before).Milliseconds()), "cpu-ms")
			}
		})
	}
}

// spent is the CPU time of this process.
func spent(t testing.TB) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// A page of 50 chats with 25 people's 20 emoji on each has 10,000 people in it, who are 25: it is answered, as it is far below the
// bound. It used to be charged for 10,000. What is above the bound is refused still, before it is made.
func TestPagesOfReactionsAreChargedForWhatTheyShow(t *testing.T) {
	a := newTestAPI(t)
	for range 50 {
		a.send(t, "x")
	}
	a.reactAll(t, 25, 20, "c.number, u.username, n.i")
	token := string(a.register(t, "reader").AccessToken)
	page := func(times int) string {
		fields := ""
		for i := range times {
			fields += fmt.Sprintf("as%d: %s ", i, reactedFields)
		}
		return a.ask(t, token, `{ chats(room: "general", last: 50) { nodes { id number text `+fields+` } } }`)
	}
	var answer struct {
		Data struct {
			Chats struct {
				Nodes []struct {
					Reactions []struct {
						Count int
						Users []struct{ Username string }
					} `json:"as0"`
				}
			}
		}
	}
	text := page(1)
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatal(err)
	}
	shown := 0
	for _, one := range answer.Data.Chats.Nodes {
		for _, kind := range one.Reactions {
			if shown += len(kind.Users); kind.Count != 25 {
				t.Errorf("count %d", kind.Count)
			}
		}
	}
	if shown != 50*20*10 || len(text) > budget.MaxAnswer {
		t.Errorf("%d people are shown in %d bytes: %.300s", shown, len(text), text)
	}
	if text := page(5); !strings.Contains(text, "larger than 4 MiB") {
		t.Errorf("%d bytes: %.300s", len(text), text)
	}
}
