package streams

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/e2e/harness"
)

// The rooms of a stream are looked up together, however they are named: one name 1,000 times was 1,000 queries
// before any limit was asked. Cursors are looked up 200 at a time.
func TestRoomsOfAStreamAreOneQuery(t *testing.T) {
	s, _, asked := harness.Counted(t, append(harness.NoLimits(), "--heads-interval", "1h")...)
	ann, _ := s.Register("ann")
	var names, mixed, cursors []string
	for i := range 300 {
		name := fmt.Sprintf("room %d", i)
		var made struct{ CreateRoom struct{ ID string } }
		s.Must(&made, ann, `mutation($n: String!) { createRoom(name: $n) { id } }`, map[string]any{"n": name})
		names, mixed = append(names, name), append(mixed, name, made.CreateRoom.ID, strings.ToUpper(name))
		var sent struct{ SendChat struct{ Cursor string } }
		s.Must(&sent, ann, `mutation($r: ID!) { sendChat(room: $r, text: "x") { cursor } }`, map[string]any{"r": name})
		cursors = append(cursors, sent.SendChat.Cursor)
	}
	k := s.Dial(ann)
	k.Expect("connection_ack")
	for what, c := range map[string]struct {
		rooms, after   []string
		opened, within int
	}{
		"one name 1,000 times":           {slices.Repeat([]string{"room 7"}, 1000), nil, 1, 1},
		"300 names":                      {names, nil, 300, 1},
		"300 rooms by three names each":  {mixed, nil, 300, 1},
		"300 rooms, each with its place": {names, cursors, 300, 3},
	} {
		asked.TakeOwn()
		k.Subscribe(what, eventsDocument, map[string]any{"rooms": c.rooms, "after": c.after})
		var payload struct{ Data struct{ Events anEvent } }
		if err := json.Unmarshal(k.Expect("next").Payload, &payload); err != nil || len(payload.Data.Events.Cursors) != c.opened {
			t.Fatalf("%s: %+v, %v", what, payload, err)
		}
		k.Write(harness.Message{ID: what, Type: "complete"})
		var looks []string
		for _, text := range asked.TakeOwn() {
			if !strings.Contains(text, "JOIN") && (strings.Contains(text, `FROM "rooms"`) || strings.Contains(text, "FROM `rooms`") || strings.Contains(text, "room_events")) {
				looks = append(looks, text)
			}
		}
		if len(looks) > c.within || len(looks) == 0 {
			t.Errorf("%s: %d statements:\n%.3000s", what, len(looks), strings.Join(looks, "\n"))
		}
	}
}

// A stream costs a look-up of each of its rooms, and the same name twice is one.
func TestRoomsOfAStreamCost(t *testing.T) {
	s := harness.New(t, "--gql-max-cost", "20")
	ann, _ := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	k := s.Dial(ann)
	k.Expect("connection_ack")
	const document = `subscription($rooms: [ID!]) { events(rooms: $rooms) { kind } }`
	k.Subscribe("1", document, map[string]any{"rooms": slices.Repeat([]string{"general"}, 100)})
	k.Expect("next")
	var names []string
	for i := range 19 {
		names = append(names, fmt.Sprintf("room %d", i))
	}
	for _, c := range []struct {
		rooms []string
		code  string
	}{{names[:18], "NOT_FOUND"}, {names, "OPERATION_TOO_COMPLEX"}} {
		k.Subscribe("2", document, map[string]any{"rooms": c.rooms})
		if m := k.Expect("error"); !strings.Contains(string(m.Payload), c.code) {
			t.Errorf("%d rooms: %s, want %s", len(c.rooms), m.Payload, c.code)
		}
	}
}

// BenchmarkBesideRepeatedRooms measures a page of others, alone and while ten sockets open streams of one name 1,000
// times as fast as they are answered, by turns in one run. ratio is p99 beside to p99 alone.
func BenchmarkBesideRepeatedRooms(b *testing.B) {
	s, handler := harness.Wired(b, nil, append(harness.NoLimits(), "--address-request-rate", "0")...)
	ann, _ := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	body := []byte(s.Body(`{ chats(room: "general") { nodes { id text } } }`))
	many := map[string]any{"rooms": slices.Repeat([]string{"general"}, 1000)}
	p99 := func() time.Duration {
		took := make([]time.Duration, 300)
		for i := range took {
			began := time.Now()
			harness.ServeOnce(b, handler, ann, body)
			took[i] = time.Since(began)
		}
		slices.Sort(took)
		return took[len(took)*99/100]
	}
	var sockets []*harness.Socket
	for range 10 {
		k := s.Dial(ann)
		k.Expect("connection_ack")
		sockets = append(sockets, k)
	}
	var alone, beside []time.Duration
	for b.Loop() {
		alone = append(alone, p99())
		stop, attack := make(chan struct{}), sync.WaitGroup{}
		for _, k := range sockets {
			attack.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					k.Subscribe("1", `subscription($rooms: [ID!]) { events(rooms: $rooms) { kind } }`, many)
					k.Expect("next")
					k.Write(harness.Message{ID: "1", Type: "complete"})
				}
			})
		}
		beside = append(beside, p99())
		close(stop)
		attack.Wait()
	}
	middle := func(of []time.Duration) float64 {
		slices.Sort(of)
		return float64(of[len(of)/2].Nanoseconds())
	}
	b.ReportMetric(middle(alone), "alone-p99-ns")
	b.ReportMetric(middle(beside), "beside-p99-ns")
	b.ReportMetric(middle(beside)/middle(alone), "ratio")
}
