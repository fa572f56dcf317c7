package chat_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/chat"
	"parley/limit"
)

func TestSendAfterTheEndIsRefused(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	w.room(ann, "general")
	w.stop() // nobody stores any more
	_, err := w.Send(t.Context(), ann, chat.Draft{Room: "general", Text: "too late"})
	wantErr(t, err, chat.ErrClosing)
	if all := w.all(ann, "general"); len(all) != 0 {
		t.Errorf("refused and stored: %v", all)
	}
}

// A sender whose time is over before the writer takes its entry has stored nothing; once taken,
// the chat is stored although nobody waits for it. Both many times, with a writer that is busy.
func TestWithdrawnOrStoredButNeverBoth(t *testing.T) {
	w := newWorld(t, chat.Options{BatchEntries: 1})
	ann := w.person("ann")
	w.room(ann, "general")
	var mu sync.Mutex
	outcome := map[string]error{}
	var wg sync.WaitGroup
	for i := range 60 {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*time.Millisecond/2)
			defer cancel()
			text := fmt.Sprint(i)
			_, err := w.Send(ctx, ann, chat.Draft{Room: "general", Text: text})
			mu.Lock()
			defer mu.Unlock()
			outcome[text] = err
		})
	}
	wg.Wait()
	w.stop()
	stored := map[string]bool{}
	for _, c := range w.all(ann, "general") {
		stored[*c.Text] = true
	}
	for text, err := range outcome {
		unknown := errors.Is(err, chat.ErrUnknown)
		if !unknown && stored[text] != (err == nil) {
			t.Errorf("chat %s: told %v, stored %v", text, err, stored[text])
		}
	}
}

func TestFullQueueIsSaidAtOnce(t *testing.T) {
	w := newWorld(t, chat.Options{QueueEntries: 1, BatchEntries: 1})
	ann := w.person("ann")
	w.room(ann, "general")
	var busy, stored int
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			_, err := w.Send(t.Context(), ann, chat.Draft{Room: "general", Text: "x"})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				stored++
			case errors.Is(err, chat.ErrBusy):
				busy++
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := len(w.all(ann, "general")); n != stored || busy == 0 {
		t.Errorf("%d stored, %d answered, %d told busy", n, stored, busy)
	}
}

func TestRatesHoldAndSayWhen(t *testing.T) {
	now := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	var mu sync.Mutex
	w := newWorld(t, chat.Options{
		Now:      func() time.Time { mu.Lock(); defer mu.Unlock(); return now },
		SendRate: limit.Rate{Calls: 2, Per: time.Second}, RoomCreateRate: limit.Rate{Calls: 3, Per: time.Hour},
	})
	ann, bob := w.person("ann"), w.person("bob")
	for _, name := range []string{"one", "two", "three"} {
		w.room(ann, name)
	}
	_, err := w.CreateRoom(t.Context(), ann, chat.NewRoom{Name: "four"})
	wantRate(t, err, 20*time.Minute)
	for range 6 { // a burst of three times the rate
		w.send(ann, "one", "x")
	}
	_, err = w.Send(t.Context(), ann, chat.Draft{Room: "one", Text: "x"})
	wantRate(t, err, 500*time.Millisecond)
	w.send(bob, "one", "x") // somebody else may
	mu.Lock()
	now = now.Add(500 * time.Millisecond)
	mu.Unlock()
	w.send(ann, "one", "x")
}

func wantRate(t *testing.T, err error, after time.Duration) {
	t.Helper()
	var fast *chat.RateError
	if !errors.As(err, &fast) || fast.RetryAfter != after {
		t.Errorf("got error %v, want too fast for %v", err, after)
	}
}

func TestRestartKeepsEverything(t *testing.T) {
	dir := t.TempDir()
	w := openWorld(t, dir, chat.Options{})
	ann := w.person("ann")
	w.room(ann, "general")
	id := uuid.NewString()
	first, err := w.Send(t.Context(), ann, chat.Draft{Room: "general", Text: "before", ID: &id})
	if err != nil {
		t.Fatal(err)
	}
	w.stop()
	w = openWorld(t, dir, chat.Options{})
	again, err := w.Send(t.Context(), ann, chat.Draft{Room: "general", Text: "again", ID: &id})
	if err != nil || again.Cursor() != first.Cursor() || *again.Text != "before" {
		t.Errorf("sent again after a restart: %+v, %v", again, err)
	}
	second := w.send(ann, "general", "after")
	if numbers := []int{first.Number, second.Number}; !slices.Equal(numbers, []int{1, 2}) {
		t.Errorf("numbers %v", numbers)
	}
	s := w.follow(ann, "general", ptr(first.Cursor()))
	if c := s.next(); c.ID != second.ID {
		t.Errorf("resumed at %v", c)
	}
}

// Whoever looks for rooms that are not there is as slow as who sends: their own rate comes first. What is refused takes
// nothing of the rate of a room.
func TestOwnRateComesFirst(t *testing.T) {
	w := newWorld(t, chat.Options{SendRate: limit.Rate{Calls: 1, Per: time.Hour}, RoomSendRate: limit.Rate{Calls: 1, Per: time.Hour}})
	ann, bob, eve := w.person("ann"), w.person("bob"), w.person("eve")
	w.room(ann, "general")
	for range 3 { // the burst
		_, err := w.Send(t.Context(), ann, chat.Draft{Room: "nowhere", Text: "x"})
		wantErr(t, err, chat.ErrNoRoom)
	}
	var fast *chat.RateError
	for _, name := range []string{"nowhere", "general"} {
		if _, err := w.Send(t.Context(), ann, chat.Draft{Room: name, Text: "x"}); !errors.As(err, &fast) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for range 2 { // the burst of a room
		w.send(bob, "general", "x")
	}
	if _, err := w.Send(t.Context(), eve, chat.Draft{Room: "general", Text: "x"}); !errors.As(err, &fast) {
		t.Errorf("got %v", err)
	}
}
