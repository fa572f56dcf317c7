package bots

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"parley/e2e/harness"
)

// both is a world with a bot in each language.
func both(t *testing.T) *world { return newWorld(t, slices.Collect(maps.Keys(languages))...) }

// keep has all bots run until the test is over, and waits until they are there.
func (w *world) keep() {
	w.T.Helper()
	for _, b := range w.bots {
		b.keep()
	}
	for _, b := range w.bots {
		b.awaitCursor()
	}
}

// once has a bot run for a while, and kills it.
func (b *bot) once(while func()) {
	b.t.Helper()
	end := b.run()
	while()
	b.kill()
	end()
}

// awaitNoted waits until a bot has noted all that has happened in a room: its file has the room's last cursor. One that was stopped
// does not any more.
func (w *world) awaitNoted(b *bot, room uuid.UUID) {
	w.T.Helper()
	harness.Eventually(w.T, b.name+" has noted what there is", func() bool {
		var data struct{ Room struct{ SyncCursor string } }
		w.p.Must(&data, w.ann, `query($room: ID!) { room(id: $room) { syncCursor } }`, map[string]any{"room": room})
		text, _ := os.ReadFile(b.cursor) // perhaps it is not there yet
		return b.isStopped() || strings.Contains(string(text), data.Room.SyncCursor)
	})
}

func failure(code string) string {
	return fmt.Sprintf(`{"data":null,"errors":[{"message":"No.","extensions":{"code":%q,"retryable":true,"retryAfterMs":1}}]}`, code)
}

// Whatever a send is refused with that may pass, and whether it was carried out or not, the bot sends it again until it is told
// that it is stored. The id makes one answer of them.
func TestBotSendsAgain(t *testing.T) {
	w := both(t)
	script := []*refusal{
		{status: http.StatusTooManyRequests, body: failure("RATE_LIMITED")},
		{status: http.StatusOK, body: failure("SERVER_BUSY")},
		{status: http.StatusOK, body: failure("UNKNOWN_OUTCOME"), after: true},
		{status: http.StatusBadGateway, body: "<html>Bad Gateway</html>"},
		{after: true},
		{status: http.StatusOK, body: failure("UNAUTHENTICATED")},
		nil,
	}
	var mu sync.Mutex
	tries := map[string]int{}
	w.line.setRefuse(func(token, id string) *refusal {
		if id == "" {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		n := min(tries[token+id], len(script)-1)
		tries[token+id]++
		return script[n]
	})
	w.keep()
	for range 2 {
		w.question()
	}
	for _, b := range w.bots {
		w.awaitNoted(b, w.rooms[0])
		if _, again := w.line.count(b.token); again != 2 {
			t.Errorf("%s has sent %d answers again", b.name, again)
		}
	}
	w.wantAnswered()
}

// A bot that is asked more than it may answer in a second answers all of it, later.
func TestBotThatIsTooFast(t *testing.T) {
	w := newWorldWith(t, []string{"--bot-send-rate", "1/5s"}, slices.Collect(maps.Keys(languages))...)
	w.keep()
	for range 5 { // three may be sent at once, and nobody takes five seconds for each
		w.question()
	}
	w.wantAnswered()
	for _, b := range w.bots {
		if !strings.Contains(b.log.String(), "again: RATE_LIMITED") {
			t.Errorf("%s was not too fast: %s", b.name, &b.log)
		}
	}
}

// What is said before a bot is there for the first time, by bots, by itself, or no question: it answers nothing of that.
func TestWhatBotsDoNotAnswer(t *testing.T) {
	w := both(t)
	w.line.setHappens(func(token, _ string, _ moment) {
		for _, b := range w.bots {
			if all, _ := w.line.count(token); b.token == token && all > 2 {
				b.stop() // it would never end
			}
		}
	})
	w.say(w.rooms[0], "Is anybody there yet?", 0, 0)
	w.keep()
	w.question() // whose answers are questions themselves, as they end
	w.wantAnswered()
	w.say(w.rooms[0], "Somebody is.", 0, 0)
	w.question()
	for _, b := range w.bots {
		w.awaitNoted(b, w.rooms[0])
	}
	w.wantAnswered()
}

// What is asked while a bot is down is answered as it is when the bot comes back: once edited, as it reads then, and not at all
// once deleted. What is edited behind the answer is not answered again.
func TestEditedAndDeletedQuestions(t *testing.T) {
	w := both(t)
	for _, b := range w.bots {
		b.once(b.awaitCursor)
	}
	edited, deleted := w.question(), w.say(w.rooms[0], "What else?", 0, 0)
	edit := func(id uuid.UUID, text string) {
		w.insist(`mutation($id: ID!, $text: String!) { editChat(chat: $id, text: $text) { id } }`, map[string]any{"id": id, "text": text})
	}
	edit(edited, "What then?")
	w.insist(`mutation($id: ID!) { deleteChat(chat: $id) { id } }`, map[string]any{"id": deleted})
	w.keep()
	w.wantAnswered()
	edit(edited, "What at all?")
	edit(w.say(w.rooms[0], "That.", 0, 0), "That?")
	w.question()
	w.wantAnswered()
	for _, one := range w.answers(w.rooms[0]) {
		if one.ReplyTo.ID == edited && *one.Text != "Who knows: What then?" {
			t.Errorf("the answer is %q", *one.Text)
		}
	}
}

// What a bot has written so far is shown to whoever is live, and then comes the answer, which begins so. Nothing of it is stored.
func TestStreamedAnswer(t *testing.T) {
	w := both(t)
	w.keep()
	e := w.p.Follow(w.ann, `subscription($room: ID!) { events(rooms: [$room]) { kind preview actor { username } chat { text username } } }`, map[string]any{"room": w.rooms[0]})
	if _, data := e.Next(); !strings.Contains(data, "CAUGHT_UP") {
		t.Fatal(data)
	}
	shown := map[string]string{}
	for len(shown) < len(w.bots) && !t.Failed() { // a signal may be lost
		w.question()
		for said := 0; said < len(w.bots); {
			_, text := e.Next()
			var data struct{ Data struct{ Events happening } }
			if err := json.Unmarshal([]byte(text), &data); err != nil {
				t.Fatalf("%v: %s", err, text)
			}
			switch it := data.Data.Events; {
			case it.Kind == "TYPING" && it.Preview != nil:
				shown[it.Actor.Username] = *it.Preview
			case it.Kind == "CHAT_SENT" && it.Chat.Username != "ann":
				said++
				if !strings.HasPrefix(it.Chat.Text, shown[it.Chat.Username]) {
					t.Errorf("%s has shown %q and said %q", it.Chat.Username, shown[it.Chat.Username], it.Chat.Text)
				}
			}
		}
	}
	w.wantAnswered()
}

// A happening is an event as ann sees it.
type happening struct {
	Kind    string
	Preview *string
	Actor   struct{ Username string }
	Chat    struct{ Text, Username string }
}
