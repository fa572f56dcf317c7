package members

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"parley/e2e/harness"
)

// What it costs the database to open all rooms of a person does not depend on how many there are, with and without cursors.
func TestStatementsOfAnOpening(t *testing.T) {
	const rooms, most = 200, 6
	s, _, asked := harness.Counted(t, append(harness.NoLimits(), "--heads-interval", "1h")...)
	ann, _ := s.Register("ann")
	for i := range rooms {
		s.Must(nil, ann, `mutation($n: String!) { createRoom(name: $n, kind: PRIVATE) { id } }`, map[string]any{"n": fmt.Sprint("room ", i)})
	}
	k := s.Dial(ann)
	k.Expect("connection_ack")
	var cursors []string
	var fewest []string
	asked.TakeOwn()
	for i := range 4 { // what the server does by itself now and then is in one of them at most
		id := fmt.Sprint(i)
		k.Subscribe(id, `subscription($after: [Cursor!]) { events(after: $after) { kind cursors } }`, map[string]any{"after": cursors})
		var payload struct {
			Data struct {
				Events struct {
					Kind    string
					Cursors []string
				}
			}
		}
		if err := json.Unmarshal(k.Expect("next").Payload, &payload); err != nil || payload.Data.Events.Kind != "CAUGHT_UP" {
			t.Fatalf("%v: %+v", err, payload)
		}
		cursors = payload.Data.Events.Cursors
		if len(cursors) != rooms+1 {
			t.Fatalf("%d cursors of %d rooms", len(cursors), rooms)
		}
		k.Write(harness.Message{ID: id, Type: "complete"})
		if texts := asked.TakeOwn(); fewest == nil || len(texts) < len(fewest) {
			fewest = texts
		}
	}
	if len(fewest) > most || len(fewest) == 0 {
		t.Errorf("%d statements, want 1 to %d:\n%s", len(fewest), most, strings.Join(fewest, "\n"))
	}
}
