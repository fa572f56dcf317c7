package streams

import (
	"encoding/json"
	"strings"
	"testing"

	"parley/db/dbtest"
	"parley/e2e/harness"
)

// An error in an event of a stream has an id under which the log tells its cause, like any other. An event is
// executed for all readers at once, so there is no request whose id it could have.
func TestErrorsInEventsHaveAnID(t *testing.T) {
	dir := harness.DataDir(t)
	s := harness.Start(t, harness.Config(t, dir))
	ann, _ := s.Register("ann")
	bob, _ := s.Register("bob")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	start := s.End(ann)
	s.SendChat(bob, "x")
	spoil := `UPDATE users SET created_at = x'00' WHERE username = 'bob'` // SQLite takes any value into any column
	if dbtest.OnPostgres() {
		spoil = `UPDATE users SET created_at = 'infinity' WHERE username = 'bob'` // which is no time.Time
	}
	if _, err := dbtest.Pool(t, dir).ExecContext(t.Context(), spoil); err != nil {
		t.Fatal(err)
	}
	const document = `subscription($after: Cursor!) { events(rooms: ["general"], after: [$after]) { kind actor { username } } }`
	k := s.Dial(ann)
	k.Expect("connection_ack")
	k.Subscribe("1", document, start)
	_, overSSE := s.Follow(ann, document, start).Next()
	for how, text := range map[string]string{"WebSocket": string(k.Expect("next").Payload), "SSE": overSSE} {
		var a harness.Answer
		if err := json.Unmarshal([]byte(text), &a); err != nil {
			t.Fatalf("%s: %s", text, err)
		}
		id, _ := a.Extension("requestId").(string)
		if a.Code() != "INTERNAL_SERVER_ERROR" || id == "" || !strings.Contains(s.Log.String(), id) {
			t.Errorf("over %s: %s, and the log does not have %q", how, text, id)
		}
	}
}
