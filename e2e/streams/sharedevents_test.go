package streams

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"parley/e2e/harness"
)

// eventSubscriptions follow several rooms at once; in rooms and after stand the rooms of a subscription.
var eventSubscriptions = []subscription{
	{`subscription($r: [ID!], $a: [Cursor!]) { events(rooms: $r, after: $a) { kind room { name } chat { id } } }`, "", nil},
	{`subscription($r: [ID!], $a: [Cursor!]) { it: events(rooms: $r, after: $a) { kind room { name } chat { id text number } } }`, "", nil},
	{`subscription($r: [ID!], $a: [Cursor!]) { events(rooms: $r, after: $a) { __typename kind chat { ...F } room { name } } } fragment F on Chat { id user { username } room { id } }`, "", nil},
	{`subscription($r: [ID!], $a: [Cursor!], $t: Boolean!) { events(rooms: $r, after: $a) { kind room { name } chat { id text @include(if: $t) } } }`, "", map[string]any{"t": true}},
	{`subscription($r: [ID!], $a: [Cursor!], $t: Boolean!) { events(rooms: $r, after: $a) { kind room { name } chat { id text @include(if: $t) } } }`, "", map[string]any{"t": false}},
}

func (w subscription) inRooms(rooms []*recordedRoom) subscription {
	made := subscription{w.text, "", map[string]any{}}
	var names, starts []string
	for _, room := range rooms {
		names, starts = append(names, room.name), append(starts, room.start)
	}
	for name, value := range w.variables {
		made.variables[name] = value
	}
	made.variables["r"], made.variables["a"] = names, starts
	return made
}

// Streams of several rooms that share what they can: of each room each subscriber gets what happened there,
// in its order, in the shape they asked for, and once that all older things are delivered. When the only room
// of a stream is deleted, the stream says so and ends.
func TestSharedEventsGiveEachTheirOwn(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	speaker, _ := s.Register("speaker")
	reader, _ := s.Register("reader")
	alpha, beta, doomed := createRecordedRoom(s, speaker, "alpha"), createRecordedRoom(s, speaker, "beta"), createRecordedRoom(s, speaker, "doomed")
	heard := map[*streamReader][]*recordedRoom{}
	for _, token := range []string{speaker, reader} {
		l := openSocket(s, token)
		for i, rooms := range [][]*recordedRoom{{alpha}, {alpha, beta}, {beta, doomed, alpha}, {doomed}} {
			for j, one := range eventSubscriptions {
				if (i+j)%4 == 0 {
					heard[followBySSE(s, token, one.inRooms(rooms))] = rooms
				}
				heard[l.follow(one.inRooms(rooms))] = rooms
			}
		}
		go l.readAll()
	}
	var talks sync.WaitGroup
	for _, room := range []*recordedRoom{alpha, beta, doomed} {
		talks.Go(func() { room.talk(s, speaker, 60) })
	}
	talks.Wait()
	s.Must(nil, speaker, `mutation { deleteRoom(room: "doomed") }`)
	for _, room := range []*recordedRoom{alpha, beta} {
		room.say(s, speaker, `mutation($r: ID!) { sendChat(room: $r, text: "the end") `, map[string]any{"r": room.name})
	}
	for h, rooms := range heard {
		h.judgeEvents(t, rooms)
	}
}

// judgeEvents waits for all that happened in the rooms and judges it.
func (h *streamReader) judgeEvents(t *testing.T, rooms []*recordedRoom) {
	t.Helper()
	onlyDoomed := len(rooms) == 1 && rooms[0].name == "doomed"
	harness.Eventually(t, "all that happened", func() bool {
		if _, over := h.howItEnded(); over || onlyDoomed {
			return over
		}
		for _, room := range rooms {
			heard := h.of(room)
			if room.name == "doomed" && (len(heard) == 0 || !isEnd(heard[len(heard)-1])) || room.name != "doomed" && len(heard) < len(room.log) {
				return false
			}
		}
		return h.caughtUp() > 0 // of a stream that was opened late that comes behind them
	})
	if how, over := h.howItEnded(); over != onlyDoomed || over && !strings.Contains(how, "NOT_FOUND") {
		t.Errorf("%s: ended: %v, %s", h.text, over, how)
	}
	for _, room := range rooms {
		h.judgeRoom(t, room)
	}
	if caught := h.caughtUp(); caught > 1 || caught == 0 && !onlyDoomed {
		t.Errorf("%s: caught up %d times", h.text, caught)
	}
}

// caughtUp is how often it was told that all older events have come.
func (h *streamReader) caughtUp() (times int) {
	for _, payload := range h.heard() {
		if strings.Contains(payload, `"CAUGHT_UP"`) {
			times++
		}
	}
	return times
}

func isEnd(payload string) bool { return strings.Contains(payload, `"ROOM_DELETED"`) }

// of are the payloads that are about a room, which every subscription names, but for whoever is told the end when all else of
// it is purged.
func (h *streamReader) of(room *recordedRoom) (about []string) {
	for _, payload := range h.heard() {
		if strings.Contains(payload, `"room":{"name":"`+room.name+`"}`) || room.name == "doomed" && strings.Contains(payload, `"room":{"name":""}`) {
			about = append(about, payload)
		}
	}
	return about
}

func (h *streamReader) judgeRoom(t *testing.T, room *recordedRoom) {
	t.Helper()
	s, got := shapeOf(t, h.text, "", h.variables), h.of(room)
	if room.name == "doomed" && len(got) > 0 { // its last event, to which whoever is late goes straight
		if last := got[len(got)-1]; !isEnd(last) || !strings.Contains(last, `"chat":null`) {
			t.Errorf("%s: the last of the deleted room: %s", h.text, last)
		}
		got = got[:len(got)-1]
	} else if len(got) != len(room.log) {
		t.Errorf("%s: %d events of %d in %s", h.text, len(got), len(room.log), room.name)
	}
	for i, payload := range got[:min(len(got), len(room.log))] {
		if possible := room.possible(s, room.log[i]); !slices.Contains(possible, payload) {
			t.Fatalf("%s\nevent %d of %s: got %s\nwant one of %s", h.text, i+1, room.name, payload, strings.Join(possible, "\n"))
		}
	}
}

// possible are the payloads that may bring an entry: the chat may have changed meanwhile.
func (r *recordedRoom) possible(s *shape, e entry) (payloads []string) {
	for _, chat := range r.states[e.number-1] {
		var within struct{ Room json.RawMessage }
		_ = json.Unmarshal(chat, &within) // the server's own
		payloads = append(payloads, s.event(json.RawMessage(fmt.Sprintf(`{"__typename":"Event","kind":%q,"room":%s,"chat":%s}`, e.kind, within.Room, chat))))
	}
	return payloads
}
