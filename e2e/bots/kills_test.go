package bots

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/e2e/harness"
	"parley/rounds"
)

// A bot that is killed before its answer is stored, before it is told so, or before it has noted that, answers once. Without
// a second try under the same id there are two answers, without the note behind the answer there is none.
func TestBotKilledAroundAnAnswer(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(languages)) {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, name)
			b := w.bots[0]
			var mu sync.Mutex
			next := called
			w.line.setHappens(func(_, _ string, at moment) {
				mu.Lock()
				defer mu.Unlock()
				if at == next && b.kill() {
					next++
				}
			})
			b.keep()
			b.awaitCursor()
			for range 5 {
				w.question()
				w.awaitNoted(b, w.rooms[0]) // behind which it does not look at the question any more
			}
			w.wantRight()
			if _, again := w.line.count(b.token); next != delivered+1 || again == 0 {
				t.Errorf("it was killed at %d moments, and has answered %d again", next, again)
			}
		})
	}
}

// Two bots, one in each language, are killed over and over at moments of chance while people ask in rooms of every kind, and the
// server a few times too: at the end each question has one answer of each bot, and nothing else has any.
func TestKilledBotsAnswerOnce(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	w := newWorld(t, slices.Collect(maps.Keys(languages))...)
	w.addRoom("PRIVATE")
	w.addRoom("DIRECT")
	c := &crowd{world: w, most: rounds.Of(t, 1000, 10_000)}
	reaper := newReaper(w, rounds.Of(t, 100, 500), seed)
	for _, b := range w.bots {
		b.keep()
		b.awaitCursor()
	}
	reaper.begin()
	c.start(4, seed)
	falls := rounds.Of(t, 3, 30)
	for fall := range falls { // the server's
		c.await(c.most * (fall + 1) / (falls + 1))
		w.Kill(w.p)
		w.serve()
		if fall == 0 {
			c.open(w.addRoom("PRIVATE"))
		}
	}
	for c.await(c.most); reaper.isAtWork() && !t.Failed(); { // it may have had fewer answers than it needs
		if c.ahead() > 20 {
			pause(t.Context())
			continue
		}
		w.question()
		c.count(&c.asked)
	}
	c.stop()
	for _, room := range w.rooms {
		w.say(room, "Is that all?", 1, 1) // answered behind all others of the room
	}
	w.wantAnswered()
	for _, b := range w.bots {
		all, again := w.line.count(b.token)
		t.Logf("%s: %d lives, %d answers, %d of them sent more than once", b.name, b.livesSoFar(), all, again)
		if again == 0 {
			t.Errorf("%s was never killed between an answer and its note", b.name)
		}
	}
}

// A crowd are people who ask, each with one call at a time, and not too far ahead of the bots.
type crowd struct {
	*world
	most int

	people sync.WaitGroup
	mu     sync.Mutex
	asked  int // questions
	gone   int // of them deleted
	rooms  []uuid.UUID
}

func (c *crowd) start(n int, seed uint64) {
	c.rooms = slices.Clone(c.world.rooms)
	for i := range n {
		chance := rand.New(rand.NewPCG(seed, uint64(i)))
		c.people.Go(func() {
			for c.say(chance) {
			}
		})
	}
}

// open has people ask in one more room.
func (c *crowd) open(room uuid.UUID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rooms = append(c.rooms, room)
}

// say says something: mostly a question. One that is edited is answered once, one that is deleted at most once.
func (c *crowd) say(chance *rand.Rand) (more bool) {
	for c.ahead() > 100 && !c.T.Failed() {
		pause(c.T.Context())
	}
	c.mu.Lock()
	room := c.rooms[chance.IntN(len(c.rooms))]
	c.mu.Unlock()
	switch chance.IntN(20) {
	case 0:
		c.world.say(room, "No question.", 0, 0)
		return true
	case 1:
		id := c.world.say(room, "To be or not to be?", 0, 1)
		c.insist(`mutation($id: ID!) { deleteChat(chat: $id) { id } }`, map[string]any{"id": id})
		c.count(&c.gone)
	case 2:
		id := c.world.say(room, "What?", 1, 1)
		c.insist(`mutation($id: ID!) { editChat(chat: $id, text: "And what now?") { id } }`, map[string]any{"id": id})
	default:
		c.world.say(room, fmt.Sprintf("What is %d?", chance.Int()), 1, 1)
	}
	return c.count(&c.asked) < c.most && !c.T.Failed()
}

func (c *crowd) count(what *int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	*what++
	return *what
}

// ahead returns how many questions wait for the slower bot.
func (c *crowd) ahead() (most int) {
	c.mu.Lock()
	asked := c.asked - c.gone
	c.mu.Unlock()
	for _, b := range c.bots {
		all, _ := c.line.count(b.token)
		most = max(most, asked-all)
	}
	return most
}

// await waits until so much has been asked.
func (c *crowd) await(n int) {
	c.T.Helper()
	harness.Eventually(c.T, fmt.Sprint(n, " questions"), func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.asked >= n || c.T.Failed()
	})
}

func (c *crowd) stop() { c.people.Wait() }

// A reaper ends the lives of bots: at one of the first answers of a life, or some time after its beginning.
type reaper struct {
	mu     sync.Mutex
	chance *rand.Rand
	lives  map[string]*life // by the bot's token
}

// A life is what is to come of a bot.
type life struct {
	b     *bot
	left  int // lives that are to be ended
	on    bool
	timer *time.Timer
	at    moment
	after int // answers
}

func newReaper(w *world, kills int, seed uint64) *reaper {
	r := &reaper{chance: rand.New(rand.NewPCG(seed, 1<<32)), lives: map[string]*life{}}
	for _, b := range w.bots {
		r.lives[b.token] = &life{b: b, left: kills}
		b.born = func() { r.plan(b.token) }
	}
	w.line.setHappens(r.happened)
	w.T.Cleanup(r.end)
	return r
}

// begin ends the lives there are.
func (r *reaper) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.lives {
		l.on = true
		l.kill()
	}
}

func (r *reaper) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.lives {
		l.left = 0
		if l.timer != nil {
			l.timer.Stop()
		}
	}
}

func (r *reaper) isAtWork() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.lives {
		if l.left > 0 && !l.b.isStopped() {
			return true
		}
	}
	return false
}

// plan decides when a new life ends.
func (r *reaper) plan(token string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.lives[token]
	if !l.on {
		return
	}
	l.at, l.after = moment(r.chance.IntN(int(delivered)+1)), 1+r.chance.IntN(12)
	if r.chance.IntN(4) == 0 { // perhaps before it has asked anything
		l.timer = time.AfterFunc(time.Duration(r.chance.Int64N(int64(400*time.Millisecond))), func() {
			r.mu.Lock()
			defer r.mu.Unlock()
			l.kill()
		})
	}
}

// happened ends the life of the bot if its time has come. What has been delivered is perhaps noted, perhaps not.
func (r *reaper) happened(token, _ string, at moment) {
	r.mu.Lock()
	l := r.lives[token]
	if at == called {
		l.after--
	}
	over := l.on && at == l.at && l.after <= 0 // the answer of before may have been refused
	wait := time.Duration(r.chance.Int64N(int64(5 * time.Millisecond)))
	r.mu.Unlock()
	if !over {
		return
	}
	if at == delivered {
		ctx, cancel := context.WithTimeout(l.b.t.Context(), wait)
		defer cancel()
		<-ctx.Done()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	l.kill()
}

func (l *life) kill() {
	if l.timer != nil {
		l.timer.Stop()
	}
	if l.left > 0 && l.b.kill() {
		l.left--
	}
}
