package chat_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/chat"
	"parley/chat/roomlog"
	"parley/limit"
)

// all reads a room from its start to its end, page by page.
func (w *world) all(reader chat.Caller, room string) []*roomlog.Chat {
	w.t.Helper()
	var all []*roomlog.Chat
	var after *string
	for {
		page, err := w.Chats(w.t.Context(), reader, room, chat.PageQuery{First: ptr(200), After: after})
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, page.Nodes...)
		if !page.PageInfo.HasNextPage {
			return all
		}
		after = page.PageInfo.EndCursor
	}
}

func TestNumbersHaveNoHoles(t *testing.T) {
	w := newWorld(t, chat.Options{BatchEntries: 7}) // batches small enough that many are needed
	ann := w.person("ann")
	w.room(ann, "one")
	w.room(ann, "two")
	const senders, each = 16, 25
	answered := make([][]*roomlog.Chat, senders)
	var wg sync.WaitGroup
	for i := range senders {
		wg.Go(func() {
			for n := range each {
				if n%5 == 0 { // what is refused leaves no hole
					_, err := w.Send(t.Context(), ann, chat.Draft{Room: "one", Text: ""})
					wantInvalid(t, err, "text", "TOO_SHORT")
				}
				c, err := w.Send(t.Context(), ann, chat.Draft{Room: []string{"one", "two"}[n%2], Text: fmt.Sprint(i, n)})
				if err != nil {
					t.Error(err)
					return
				}
				answered[i] = append(answered[i], c)
			}
		})
	}
	wg.Wait()
	stored := map[uuid.UUID]*roomlog.Chat{}
	for _, room := range []string{"one", "two"} {
		for i, c := range w.all(ann, room) {
			if c.Number != i+1 {
				t.Fatalf("%s: chat %d has number %d", room, i+1, c.Number)
			}
			stored[c.ID] = c
		}
	}
	if len(stored) != senders*each {
		t.Errorf("%d chats are stored, %d were answered", len(stored), senders*each)
	}
	for _, mine := range answered {
		last := map[uuid.UUID]int{}
		for _, c := range mine {
			if s := stored[c.ID]; s == nil || s.Number != c.Number || *s.Text != *c.Text || s.Cursor() != c.Cursor() {
				t.Errorf("answered %+v, stored %+v", c, s)
			}
			if c.Number <= last[c.Room.ID] { // answered before the next was sent
				t.Errorf("number %d came after %d", c.Number, last[c.Room.ID])
			}
			last[c.Room.ID] = c.Number
		}
	}
}

func TestOneIDIsOneChat(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob := w.person("ann"), w.person("bob")
	w.room(ann, "general")
	w.room(ann, "other")
	id := uuid.NewString()
	var mu sync.Mutex
	numbers := map[int]int{}
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			c, err := w.Send(t.Context(), ann, chat.Draft{Room: "general", Text: fmt.Sprint("try ", i), ID: &id})
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			numbers[c.Number]++
		})
	}
	wg.Wait()
	if len(numbers) != 1 || numbers[1] != 50 {
		t.Errorf("numbers answered: %v, want 50 times number 1", numbers)
	}
	if all := w.all(ann, "general"); len(all) != 1 || all[0].ID.String() != id {
		t.Errorf("stored: %v", all)
	}
	upper := strings.ToUpper(id)
	again, err := w.Send(t.Context(), ann, chat.Draft{Room: "general", Text: "much later", ID: &upper})
	if err != nil || again.Number != 1 {
		t.Errorf("sent again: %v, %v", again, err)
	}
	_, err = w.Send(t.Context(), bob, chat.Draft{Room: "general", Text: "mine", ID: &id})
	wantErr(t, err, chat.ErrIDTaken)
	_, err = w.Send(t.Context(), ann, chat.Draft{Room: "other", Text: "mine", ID: &id})
	wantErr(t, err, chat.ErrIDTaken)
	for _, bad := range []string{"", "x", id + "0", "{" + id, " " + id} {
		_, err = w.Send(t.Context(), ann, chat.Draft{Room: "general", Text: "x", ID: &bad})
		wantInvalid(t, err, "id", "ID_INVALID")
	}
}

// One id used at once by two people and in two rooms: whoever is first has it, and the others, in
// the same batch or not, are told.
func TestOneIDAtOnceByMany(t *testing.T) {
	w := newWorld(t, chat.Options{})
	people := []chat.Caller{w.person("ann"), w.person("bob")}
	rooms := []string{"one", "two"}
	for _, r := range rooms {
		w.room(people[0], r)
	}
	for range 20 {
		id := uuid.NewString()
		var mu sync.Mutex
		stored := map[string]bool{}
		var wg sync.WaitGroup
		for i := range 12 {
			wg.Go(func() {
				who, room := people[i%2], rooms[i/2%2]
				_, err := w.Send(t.Context(), who, chat.Draft{Room: room, Text: "x", ID: &id})
				if err == nil {
					mu.Lock()
					stored[who.Username+room] = true
					mu.Unlock()
				} else if !errors.Is(err, chat.ErrIDTaken) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if len(stored) != 1 {
			t.Fatalf("the id belongs to %v", stored)
		}
	}
}

func TestTextIsStoredAsSent(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	w.room(ann, "general")
	longest := strings.Repeat("\U0001F600", chat.MaxText)
	for _, text := range []string{" outer space ", "line\nbreak\r\n", "<b>&amp;</b>", "مرحبا", "e\u0301", longest} {
		w.send(ann, "general", text)
		if all := w.all(ann, "general"); *all[len(all)-1].Text != text {
			t.Errorf("stored %q, sent %q", *all[len(all)-1].Text, text)
		}
	}
	for text, reason := range map[string]string{
		"": "TOO_SHORT", longest + "x": "TOO_LONG", "nul\x00": "BAD_CHARACTER", "broken \xff": "BAD_CHARACTER",
	} {
		_, err := w.Send(t.Context(), ann, chat.Draft{Room: "general", Text: text})
		wantInvalid(t, err, "text", reason)
	}
	_, err := w.Send(t.Context(), ann, chat.Draft{Room: "nowhere", Text: "x"})
	wantErr(t, err, chat.ErrNoRoom)
	if n := len(w.all(ann, "general")); n != 6 {
		t.Errorf("%d chats are stored, want 6", n)
	}
}

// A clock that steps back does not take the room's time with it.
func TestTimeOfARoomNeverDecreases(t *testing.T) {
	now := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	var mu sync.Mutex
	w := newWorld(t, chat.Options{Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return now }})
	ann := w.person("ann")
	w.room(ann, "general")
	first := w.send(ann, "general", "one")
	mu.Lock()
	now = now.Add(-time.Hour)
	mu.Unlock()
	if second := w.send(ann, "general", "two"); second.CreatedAt.Before(first.CreatedAt) {
		t.Errorf("%v came after %v", second.CreatedAt, first.CreatedAt)
	}
}

// A clock that was far ahead gave everything in the room its time until then, and the room led every list.
func TestRoomForgetsAClockThatWasFarAhead(t *testing.T) {
	now := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	var mu sync.Mutex
	w := newWorld(t, chat.Options{Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return now }})
	pass := func(d time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(d)
	}
	ann := w.person("ann")
	for _, name := range []string{"general", "other"} {
		w.room(ann, name)
	}
	const years = 10 * 365 * 24 * time.Hour
	pass(years)
	w.send(ann, "general", "one")
	pass(-years)
	two := w.send(ann, "general", "two")
	if !two.CreatedAt.Equal(now) || two.Number != 2 {
		t.Errorf("chat %d was stored at %v, and it is %v", two.Number, two.CreatedAt, now)
	}
	pass(-time.Hour)
	if three := w.send(ann, "general", "three"); !three.CreatedAt.Equal(two.CreatedAt) {
		t.Errorf("%v came after %v", three.CreatedAt, two.CreatedAt)
	}
	pass(2 * time.Hour)
	w.send(ann, "other", "x")
	page, err := w.Rooms(t.Context(), ann, chat.RoomsQuery{})
	if err != nil || len(page.Edges) != 2 || page.Edges[0].Node.Name != "other" {
		t.Errorf("the list begins with %+v, %v", page, err)
	}
}

// A rate that was used up while the clock was ahead comes back as if it had been now.
func TestRatesForgetAClockThatWasAhead(t *testing.T) {
	now := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	var mu sync.Mutex
	w := newWorld(t, chat.Options{Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return now }, SendRate: limit.Rate{Calls: 1, Per: time.Second}})
	pass := func(d time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(d)
	}
	ann := w.person("ann")
	w.room(ann, "general")
	send := func() (wait time.Duration) {
		_, err := w.Send(t.Context(), ann, chat.Draft{Room: "general", Text: "x"})
		var fast *chat.RateError
		if err != nil && !errors.As(err, &fast) {
			t.Fatal(err)
		}
		if fast != nil {
			wait = fast.RetryAfter
		}
		return wait
	}
	const years = 10 * 365 * 24 * time.Hour
	pass(years)
	for range 3 {
		send()
	}
	pass(-years)
	if wait := send(); wait != time.Second {
		t.Errorf("told to wait %v", wait)
	}
	pass(time.Second)
	if wait := send(); wait != 0 {
		t.Errorf("after that, told to wait %v", wait)
	}
}

// What a node has stored itself it does not read back for its readers, and nobody is given what the database refuses once it has a place.
func TestReadersAreHandedWhatWasStored(t *testing.T) {
	w := newWorld(t, chat.Options{HeadsInterval: time.Hour})
	ann := w.person("ann")
	w.room(ann, "general")
	w.spoil("INSERT", "not stored")
	s := w.follow(ann, "general", nil)
	w.send(ann, "general", "1")
	s.next()
	reads := func() uint64 { l := w.Stats().Log; return l.LiveReads + l.CatchUpReads }
	before, n := reads(), 100
	for want := 2; want <= n; want++ {
		_, err := w.Send(t.Context(), ann, chat.Draft{Room: "general", Text: "not stored"})
		if err == nil {
			t.Fatal("stored")
		}
		w.send(ann, "general", fmt.Sprint(want))
		if c := s.next(); c.Number != want || *c.Text != fmt.Sprint(want) {
			t.Fatalf("number %d, %q came, want %d", c.Number, *c.Text, want)
		}
	}
	if read := reads() - before; read > uint64(n)/2 { // where somebody reads when a chat comes, the log is read
		t.Errorf("%d chats were stored, and the log was read %d times", n-1, read)
	}
}
