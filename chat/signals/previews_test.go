package signals

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/chat/roomlog"
)

// shows is a bot that has written a text by a moment.
func shows(room, who uuid.UUID, at time.Time, text string) signal {
	return signal{Kind: roomlog.Typing, Room: room, At: at, User: who, Name: "robot", Preview: []byte(text)}
}

// However often a bot says what it has written, it is told four times a second of each bot and room, always the newest; also the
// last, when nothing more comes.
func TestPreviewsAreToldFourTimesASecond(t *testing.T) {
	c := &carrier{t: t, now: time.Unix(1e9, 0), sent: map[slot][]carried{}}
	s := New(Options{Carrier: c, Now: func() time.Time { return c.now }, MaxBytes: 6 << 10})
	rooms, bots := []uuid.UUID{uuid.New(), uuid.New()}, []uuid.UUID{uuid.New(), uuid.New()}
	n := 0
	round := func() { s.round(t.Context()); c.now = c.now.Add(10 * time.Millisecond) }
	for c.now.Before(time.Unix(1e9+10, 0)) {
		n++
		for _, room := range rooms {
			for _, bot := range bots {
				s.offer(shows(room, bot, c.now, fmt.Sprintf("%05d", n)))
			}
		}
		round()
	}
	for range 50 {
		round()
	}
	if len(c.sent) != len(rooms)*len(bots) {
		t.Fatalf("%d slots", len(c.sent))
	}
	for _, told := range c.sent {
		if len(told) != 41 || told[0].preview != "00001" || told[len(told)-1].preview != fmt.Sprintf("%05d", n) {
			t.Errorf("told %d times, first %v, at last %v", len(told), told[0], told[len(told)-1])
		}
		for i, one := range told[1:] {
			if one.at.Sub(told[i].at) < time.Second/4 || one.preview <= told[i].preview {
				t.Errorf("told %v behind %v", one, told[i])
			}
		}
	}
	if len(s.unsent.of) != 0 || s.unsent.previews != 0 {
		t.Errorf("%d wait, of %d bytes", len(s.unsent.of), s.unsent.previews)
	}
}

// Who is only typing is told once in two seconds, bots too, and beside what they write; what waits of that is told no more then.
func TestTypingBesidePreviews(t *testing.T) {
	c := &carrier{t: t, now: time.Unix(1e9, 0), sent: map[slot][]carried{}}
	s := New(Options{Carrier: c, Now: func() time.Time { return c.now }, MaxBytes: 6 << 10})
	room, bot := uuid.New(), uuid.New()
	offer := func(one signal) { s.offer(one); s.round(t.Context()) }
	typing := shows(room, bot, c.now, "")
	typing.Preview = nil
	for range 3 {
		offer(shows(room, bot, c.now, "a"))
		offer(typing)
	}
	c.now = c.now.Add(250 * time.Millisecond)
	s.round(t.Context())
	offer(typing)
	var told []string
	for _, one := range c.sent[typing.slot()] {
		told = append(told, one.preview)
	}
	if want := []string{"a", "", "a"}; !slices.Equal(told, want) || s.Outcomes()["too_fast"] != 3 {
		t.Errorf("told %q, want %q: %v", told, want, s.Outcomes())
	}
	offer(shows(room, bot, c.now, "waits"))
	c.now = c.now.Add(2 * time.Second)
	s.offer(typing)
	c.now = c.now.Add(time.Second)
	s.round(t.Context())
	if all := c.sent[typing.slot()]; len(all) != 4 || all[3].preview != "" {
		t.Errorf("told %v", all)
	}
}

// A bot that goes on by another node is told of in the order in which it has written: what waits here is older then.
func TestPreviewsOfTwoNodes(t *testing.T) {
	c := &carrier{t: t, now: time.Unix(1e9, 0), sent: map[slot][]carried{}}
	s := New(Options{Carrier: c, Now: func() time.Time { return c.now }, MaxBytes: 6 << 10})
	room, bot := uuid.New(), uuid.New()
	at := func(ms int) time.Time { return c.now.Add(time.Duration(ms) * time.Millisecond) }
	hear := func(one signal) {
		content, err := json.Marshal(one)
		if err != nil {
			t.Fatal(err)
		}
		s.receive(content)
	}
	s.offer(shows(room, bot, at(0), "a"))
	s.offer(shows(room, bot, at(10), "abc"))
	hear(shows(room, bot, at(5), "ab"))
	if len(s.unsent.of) != 1 {
		t.Error("what is older has ended what waits")
	}
	hear(shows(room, bot, at(15), "abcd"))
	hear(shows(room, bot, at(12), "abc*"))
	if told := s.takeWaiting()[room]; len(s.unsent.of) != 0 || len(told) != 1 || string(told[0].Preview) != "abcd" {
		t.Errorf("%d wait, and told are %v", len(s.unsent.of), told)
	}
}

// What bots write takes no more than so many bytes of a node, however many of them write in however many rooms, and what people
// say has room beside it. A text that is replaced gives its bytes back.
func TestPreviewsAreBounded(t *testing.T) {
	f, room := newFlood(t), uuid.New()
	large := strings.Repeat("x", 4000)
	hear := func(one signal) {
		content, err := json.Marshal(one)
		if err != nil {
			t.Fatal(err)
		}
		f.sent++
		f.receive(content)
	}
	for range 2000 {
		hear(shows(uuid.New(), uuid.New(), f.now, large))
	}
	f.typing(uuid.New(), uuid.New())
	if n := len(f.waiting.of); n != maxPreviews/4000+1 || f.waiting.previews > maxPreviews || !f.settled() {
		t.Errorf("%d wait, of %d bytes, %v", n, f.waiting.previews, f.Outcomes())
	}
	f.takeWaiting()
	if f.waiting.previews != 0 {
		t.Errorf("%d bytes are counted of nothing", f.waiting.previews)
	}
	bot := uuid.New()
	for i := range 100 { // a room has 64 KiB in a second
		f.now = f.now.Add(time.Second / 10)
		hear(shows(room, bot, f.now, large[:i%2*4000]))
	}
	if f.waiting.previews != 4000 || len(f.waiting.of) != 1 {
		t.Errorf("%d bytes are counted of one text", f.waiting.previews)
	}
	for range 100 {
		hear(shows(room, uuid.New(), f.now, large))
	}
	if n := len(f.waiting.of); n > 11 || f.Outcomes()["room_rate"] != uint64(101-n) {
		t.Errorf("%d wait, %v", len(f.waiting.of), f.Outcomes())
	}
}
