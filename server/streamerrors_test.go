package server

import (
	"encoding/json"
	"strings"
	"testing"

	"parley/db/dbtest"
)

// An error in an event of a stream has an id under which the log tells its cause, like any other. An event is
// executed for all readers at once, so there is no request whose id it could have.
func TestErrorsInEventsHaveAnID(t *testing.T) {
	dir := dataDir(t)
	s := startServer(t, config(t, dir))
	ann, _ := s.register("ann")
	bob, _ := s.register("bob")
	s.must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	start := s.place(ann)
	s.say(bob, "x")
	spoil := `UPDATE users SET password_version = 'none' WHERE username = 'bob'` // SQLite takes any value into any column
	if dbtest.OnPostgres() {
		spoil = `UPDATE users SET created_at = 'infinity' WHERE username = 'bob'` // which is no time.Time
	}
	if _, err := dbtest.Pool(t, dir).ExecContext(t.Context(), spoil); err != nil {
		t.Fatal(err)
	}
	const document = `subscription($after: Cursor!) { events(rooms: ["general"], after: [$after]) { kind actor { username } } }`
	k := s.dial(ann)
	k.expect("connection_ack")
	k.subscribe("1", document, start)
	_, overSSE := s.follow(ann, document, start).next()
	for how, text := range map[string]string{"WebSocket": string(k.expect("next").Payload), "SSE": overSSE} {
		var a answer
		if err := json.Unmarshal([]byte(text), &a); err != nil {
			t.Fatalf("%s: %s", text, err)
		}
		id, _ := a.extension("requestId").(string)
		if a.code() != "INTERNAL_SERVER_ERROR" || id == "" || !strings.Contains(s.log.String(), id) {
			t.Errorf("over %s: %s, and the log does not have %q", how, text, id)
		}
	}
}
