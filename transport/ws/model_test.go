package ws

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/rounds"
	"parley/transport/stream"
)

// The model runs the real feeds, windows, workers, readers and sockets over logs in memory and pipes, in
// virtual time: reads that take a while or fail, notifications that are lost, doubled and late, windows of a few events,
// clients that read slowly, stall, leave and resume from what they had last, one log or two, shared or not, and users who
// may not read a log any more, or may again. A seed that fails is repeated with MODEL_SEED=n go test ./transport/ws -run Model.
func TestModel(t *testing.T) {
	rounds.Seeds(t, 200, 10_000, func(t *testing.T, seed uint64) { newModelOfLogs(t, seed).run() })
}

type model struct {
	t       *testing.T
	rng     *rand.Rand // of whoever runs alone; the others have their own
	sockets *Sockets
	logs    []*modelLog
	running sync.WaitGroup
	done    context.Context
}

func newModelOfLogs(t *testing.T, seed uint64) (m *model) {
	m = newModel(t, seed, 1+int(seed%2), func(ctx context.Context, op *graphql.OperationContext, id string) (*stream.Stream, gqlerror.List) {
		return m.open(ctx, op, id)
	})
	return m
}

type opens = func(context.Context, *graphql.OperationContext, string) (*stream.Stream, gqlerror.List)

func newModel(t *testing.T, seed uint64, logs int, open opens) *model {
	rng := rand.New(rand.NewPCG(seed, 0))
	m := &model{t: t, rng: rng}
	m.sockets = newSockets(open, func(_ *Options, s *stream.Options) {
		s.WindowEvents, s.CatchUpParallel, s.WindowTotal = 1+rng.IntN(12), 1+rng.IntN(3), 64<<20
		if rng.IntN(2) == 0 {
			s.WindowTotal = int64(1 + rng.IntN(2)*rng.IntN(4000)) // 1: every window is empty
		}
		s.Block = 1 + rng.IntN(3)
	})
	for i := range logs {
		m.logs = append(m.logs, &modelLog{
			name: strconv.Itoa(i), rng: rand.New(rand.NewPCG(seed, uint64(i+1))), followers: map[*modelTail]func(){}, failing: seed%5 != 0,
			revocations: revocations{of: map[int64]string{}, out: map[string]int64{}},
		})
	}
	return m
}

func (m *model) run() {
	ctx, cancel := context.WithCancel(context.Background())
	m.done = ctx
	var clients []*modelClient
	for i := range 2 + m.rng.IntN(4) {
		c := &modelClient{
			m: m, rng: rand.New(rand.NewPCG(m.rng.Uint64(), 9)), stays: i == 0, slow: m.rng.IntN(3) == 0,
			both: m.rng.IntN(2) == 0 && len(m.logs) > 1, places: make([]int64, len(m.logs)), out: map[int]bool{}, document: fmt.Sprint("document", m.rng.IntN(2)), user: fmt.Sprint(i),
		}
		c.followed, c.event, c.ended = c.followedLogs, c.eventOfLog, c.endedLog
		clients = append(clients, c)
		m.running.Go(func() { c.run(ctx) })
	}
	var writing sync.WaitGroup
	for _, l := range m.logs {
		rng := rand.New(rand.NewPCG(m.rng.Uint64(), 8))
		writing.Go(func() { l.write(rng) })
	}
	writing.Wait()
	for _, l := range m.logs {
		l.recover()
	}
	time.Sleep(20 * time.Second) // of virtual time: until then everybody must be current
	cancel()
	m.running.Wait()
	for i, c := range clients {
		c.check(i)
	}
	m.gone()
}

// gone wants nothing to be left.
func (m *model) gone() {
	synctest.Wait()
	if s := m.sockets.Feeds.Stats(); s.Feeds+s.Streams != 0 || s.WindowBytes != 0 {
		m.t.Errorf("%d feeds, %d streams and %d bytes are left", s.Feeds, s.Streams, s.WindowBytes)
	}
}

// open reads positions from variables, -1 for a log that is not followed, and the user from the headers.
func (m *model) open(_ context.Context, op *graphql.OperationContext, _ string) (*stream.Stream, gqlerror.List) {
	user, at := op.Headers.Get("User"), op.Variables["at"].([]int64)
	var logs []*modelLog
	s := &stream.Stream{Tell: tell}
	for i, l := range m.logs[:len(at)] {
		if at[i] < 0 {
			continue
		}
		head, last := l.standing(user)
		if last.Place > 0 {
			return nil, gqlerror.List{tell(l.end())}
		}
		logs = append(logs, l)
		s.Logs = append(s.Logs, stream.Log{Key: l.name, At: l.position(at[i]), Head: head, Follow: l.follow})
	}
	s.Judge = judges(user, logs)
	if len(logs) > 1 {
		s.CaughtUp = func(at []stream.Reached) any {
			return fmt.Sprintf(`{"caughtUp":[%d,%d]}`, placeOf(at, "0"), placeOf(at, "1"))
		}
	}
	return s, nil
}

// placeOf is -1 of a log that has ended.
func placeOf(at []stream.Reached, log string) int64 {
	for _, r := range at {
		if r.Log == log {
			return r.Place
		}
	}
	return -1
}

// A modelLog takes time to read, and fails.
type modelLog struct {
	name      string
	mu        sync.Mutex // never held while time passes
	rng       *rand.Rand
	tags      []int64 // of place 1 and on
	followers map[*modelTail]func()
	failing   bool
	revocations
}

func (l *modelLog) position(place int64) stream.Position {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.at(place)
}

// at is the position of a place. l.mu is held.
func (l *modelLog) at(place int64) stream.Position {
	if place == 0 {
		return stream.Position{}
	}
	return stream.Position{Place: place, Tag: l.tags[place-1]}
}

func (l *modelLog) head() stream.Position {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.at(int64(len(l.tags)))
}

func (l *modelLog) write(rng *rand.Rand) {
	for range 3 + rng.IntN(25) {
		time.Sleep(time.Duration(rng.IntN(4)) * time.Millisecond)
		l.mu.Lock()
		for range 1 + rng.IntN(8) {
			l.tags = append(l.tags, 1+rng.Int64N(1<<60))
			l.revoke(rng, false)
		}
		l.mu.Unlock()
		if rng.IntN(100) < 30 && l.failing { // lost: heads are compared some time later
			continue
		}
		for range 1 + rng.IntN(10)/8 {
			l.notify()
		}
	}
	l.mu.Lock()
	l.revoke(rng, true)
	l.mu.Unlock()
}

func (l *modelLog) notify() {
	l.mu.Lock()
	followers := make([]func(), 0, len(l.followers))
	for _, wake := range l.followers {
		followers = append(followers, wake)
	}
	l.mu.Unlock()
	for _, wake := range followers {
		wake()
	}
}

// recover ends the failures, and compares heads for once.
func (l *modelLog) recover() {
	l.mu.Lock()
	l.failing = false
	l.mu.Unlock()
	l.notify()
}

func (l *modelLog) follow(wake func()) stream.Tail {
	t := &modelTail{l}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.followers[t] = wake
	return t
}

type modelTail struct{ *modelLog }

func (t *modelTail) Changes() func(any) bool { return noChanges }

func (t *modelTail) Leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.followers, t)
}

func (t *modelTail) Next(_ context.Context, at stream.Position) ([]stream.Event, error) {
	t.mu.Lock()
	takes, fails, page := time.Duration(t.rng.IntN(3))*time.Millisecond, t.failing && t.rng.IntN(10) == 0, 1+t.rng.IntN(9)
	t.mu.Unlock()
	time.Sleep(takes)
	if fails {
		return nil, errors.New("the database is gone for a moment")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if at.Place > 0 && (at.Place > int64(len(t.tags)) || t.tags[at.Place-1] != at.Tag) {
		return nil, &stream.EndError{Err: errDiverged}
	}
	if last := t.lastOf(""); last.Place > at.Place { // of everybody
		last.Revokes = t.revocation(last.Place)
		return []stream.Event{last}, nil
	}
	var events []stream.Event
	for place := at.Place + 1; place <= min(int64(len(t.tags)), at.Place+int64(page)); place++ {
		e := stream.Event{
			Position: stream.Position{Place: place, Tag: t.tags[place-1]}, Subject: place % 5, Changes: place%7 == 0,
			Revokes: t.revocation(place), Revoked: t.revoked(),
		}
		if place%3 > 0 { // the others are not shown
			e.Object = fmt.Sprintf(`{"log":%s,"place":%d,"read":%d}`, t.name, place, len(t.tags))
		}
		events = append(events, e)
	}
	return events, nil
}
