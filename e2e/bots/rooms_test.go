package bots

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"parley/e2e/harness"
)

// What a bot cannot answer is left out, and it goes on: the answer is too long, or the bot was removed, or the room deleted, when
// it wanted to answer.
func TestQuestionsThatCannotBeAnswered(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(languages)) {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, name)
			b := w.bots[0]
			w.keep()
			w.say(w.rooms[0], strings.Repeat("x", 9_999)+"?", 0, 0)
			w.wantRefused(1, "BAD_USER_INPUT TOO_LONG")
			for i, lose := range []func(room uuid.UUID){
				func(room uuid.UUID) { w.member("removeMember", room, b) },
				func(room uuid.UUID) {
					w.insist(`mutation($room: ID!) { deleteRoom(room: $room) }`, map[string]any{"room": room})
				},
			} {
				room := w.addRoom("PRIVATE")
				w.line.setHappens(func(_, _ string, at moment) {
					if at == called {
						lose(room)
					}
				})
				w.say(room, "Too late?", 0, 0)
				w.wantRefused(2+i, "NOT_FOUND")
				w.line.setHappens(nil)
			}
			w.rooms = w.rooms[:2] // nobody can read the third
			w.question()
			w.wantAnswered()
		})
	}
}

// wantRefused waits until the bot has said of n chats that they stay without an answer, of the last for a reason.
func (w *world) wantRefused(n int, reason string) {
	w.T.Helper()
	b, without := w.bots[0], "stays without an answer: "
	harness.Eventually(w.T, fmt.Sprint(n, " refusals"), func() bool { return strings.Count(b.log.String(), without) == n })
	said := b.log.String()
	if last := said[strings.LastIndex(said, without)+len(without):]; !strings.HasPrefix(last, reason) {
		w.T.Errorf("it was refused with %s", last)
	}
}

// member calls removeMember, addMember or banMember of a bot.
func (w *world) member(call string, room uuid.UUID, b *bot) {
	result := map[string]string{"removeMember": "", "addMember": "{ id }", "banMember": "{ createdAt }"}[call]
	w.insist(`mutation($room: ID!, $user: ID!) { `+call+`(room: $room, user: $user) `+result+` }`, map[string]any{"room": room, "user": b.id})
}

// Who asks while a bot is not in the room: it answers if it has not noticed, since it was down and is in the room when it
// comes back, and not if it has noticed. What was asked before it left and it had not read by then is as what came after.
func TestRemovedAndAddedAgain(t *testing.T) {
	w := both(t)
	room := w.addRoom("PRIVATE")
	for _, b := range w.bots {
		b.once(func() {
			b.awaitCursor()
			w.awaitNoted(b, room)
		})
	}
	move := func(call string) {
		for _, b := range w.bots {
			w.member(call, room, b)
		}
	}
	w.say(room, "Before?", 1, 1)
	move("removeMember")
	w.say(room, "While nobody notices?", 1, 1)
	move("addMember")
	w.say(room, "Behind it?", 1, 1)
	w.keep()
	w.wantAnswered()
	for _, b := range w.bots {
		w.awaitNoted(b, room)
		w.member("removeMember", room, b)
		w.awaitNoted(b, room)
	}
	w.say(room, "While all have noticed?", 0, 0)
	w.say(w.rooms[0], "And elsewhere?", 1, 1)
	w.wantAnswered()
	move("addMember")
	w.say(room, "Back?", 1, 1)
	w.wantAnswered()
}

// Out of a public room a bot is banned: removed, it joins again with the answer that it has in hand.
func TestRemovedFromAPublicRoom(t *testing.T) {
	w := both(t)
	w.keep()
	for _, c := range []struct {
		call    string
		answers int
	}{{"removeMember", 1}, {"banMember", 0}} {
		left := map[string]bool{}
		var mu sync.Mutex
		w.line.setHappens(func(token, _ string, at moment) {
			mu.Lock()
			defer mu.Unlock()
			for _, b := range w.bots {
				if b.token == token && at == called && !left[token] {
					left[token] = true
					w.member(c.call, w.rooms[0], b)
				}
			}
		})
		w.say(w.rooms[0], "Are you still there?", c.answers, c.answers)
		w.wantAnswered()
		for _, b := range w.bots {
			harness.Eventually(t, b.name+" has been told", func() bool {
				return c.answers > 0 || strings.Contains(b.log.String(), "stays without an answer: FORBIDDEN BANNED")
			})
		}
		w.line.setHappens(nil)
	}
	w.wantAnswered()
}
