package ws

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/rounds"
	"parley/transport/stream"
)

// The model of sets is the model over streams whose logs come and go: users who are added to logs, removed, and added
// again while they read and while they are away, with notifications that are lost and reads of the set that fail.
func TestModelOfSets(t *testing.T) {
	rounds.Seeds(t, 200, 10_000, func(t *testing.T, seed uint64) { newSetModel(t, seed).run() })
}

// A setModel knows who is in which of its logs.
type setModel struct {
	*model
	mu        sync.Mutex // never held while time passes; taken before those of logs
	failing   bool
	version   map[string]int64           // of each user's set
	joined    map[string]map[int]joining // by user, of the logs that they are in
	joins     map[string]map[int][]int64 // the places of all that there were
	followers map[string]map[*func()]func()
}

// A joining is where a user came into a log, and the version of their set with it.
type joining struct{ place, version int64 }

func newSetModel(t *testing.T, seed uint64) *setModel {
	m := &setModel{
		failing: seed%5 != 0, version: map[string]int64{}, joined: map[string]map[int]joining{}, joins: map[string]map[int][]int64{},
		followers: map[string]map[*func()]func(){},
	}
	m.model = newModel(t, seed, 2+int(seed%4), m.open)
	for i := range 2 {
		user := fmt.Sprint(i)
		m.joined[user], m.joins[user], m.followers[user] = map[int]joining{}, map[int][]int64{}, map[*func()]func(){}
	}
	return m
}

func (m *setModel) run() {
	ctx, cancel := context.WithCancel(context.Background())
	m.done = ctx
	var clients []*setClient
	for i := range 2 + m.rng.IntN(3) {
		c := newSetClient(m, i)
		clients = append(clients, c)
		m.running.Go(func() { c.run(ctx) })
	}
	var writing sync.WaitGroup
	for i := range m.logs {
		rng := rand.New(rand.NewPCG(m.rng.Uint64(), 8))
		writing.Go(func() { m.write(rng, i) })
	}
	writing.Wait()
	m.mu.Lock()
	m.failing = false
	m.mu.Unlock()
	for _, l := range m.logs {
		l.recover()
	}
	for user := range m.followers {
		m.notify(user)
	}
	time.Sleep(20 * time.Second) // of virtual time: until then everybody must be current
	cancel()
	m.running.Wait()
	for _, c := range clients {
		c.check()
	}
	m.gone()
}

// write appends to a log, and has users come and go.
func (m *setModel) write(rng *rand.Rand, log int) {
	l := m.logs[log]
	for range 3 + rng.IntN(25) {
		time.Sleep(time.Duration(rng.IntN(4)) * time.Millisecond)
		var moved []string
		m.mu.Lock()
		l.mu.Lock()
		for range 1 + rng.IntN(6) {
			l.tags = append(l.tags, 1+rng.Int64N(1<<60))
			if rng.IntN(4) == 0 {
				moved = append(moved, m.move(rng, log))
			}
		}
		l.mu.Unlock()
		m.mu.Unlock()
		m.tell(rng, l.notify)
		for _, user := range moved {
			m.tell(rng, func() { m.notify(user) })
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.revoke(rng, true); l.deleted {
		for user, joined := range m.joined {
			delete(joined, log)
			m.version[user]++
		}
	}
}

// tell notifies, or loses that, or does so twice.
func (m *setModel) tell(rng *rand.Rand, notify func()) {
	if m.failing && rng.IntN(100) < 30 { // nobody changes it while somebody writes
		return
	}
	for range 1 + rng.IntN(10)/8 {
		notify()
	}
}

// move has the newest place of a log add or remove somebody. Both locks are held.
func (m *setModel) move(rng *rand.Rand, log int) (user string) {
	l, user := m.logs[log], fmt.Sprint(rng.IntN(len(m.joined)))
	place := int64(len(l.tags))
	m.version[user]++
	if _, in := m.joined[user][log]; in {
		delete(m.joined[user], log)
		l.of[place], l.out[user] = user, place
		return user
	}
	delete(l.out, user)
	m.joined[user][log] = joining{place - 1, m.version[user]}
	m.joins[user][log] = append(m.joins[user][log], place-1)
	return user
}

func (m *setModel) notify(user string) {
	m.mu.Lock()
	wakes := slices.Collect(maps.Values(m.followers[user]))
	m.mu.Unlock()
	for _, wake := range wakes {
		wake()
	}
}

func (m *setModel) follow(user string) func(func()) func() {
	return func(wake func()) func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.followers[user][&wake] = wake
		return func() {
			m.mu.Lock()
			defer m.mu.Unlock()
			delete(m.followers[user], &wake)
		}
	}
}

// set is that of a user as it is now. m.mu is held.
func (m *setModel) set(user string) (logs []stream.Log) {
	for _, log := range slices.Sorted(maps.Keys(m.joined[user])) {
		l := m.logs[log]
		logs = append(logs, stream.Log{Key: l.name, At: l.position(m.joined[user][log].place), Head: l.head(), Follow: l.follow})
	}
	return logs
}

// slowly has read see one state, as a transaction does; time passes before and after that. It may fail.
func (m *setModel) slowly(read func()) (fails bool) {
	l := m.logs[0]
	l.mu.Lock()
	before, after, fails := time.Duration(l.rng.IntN(3)), time.Duration(l.rng.IntN(3)), l.failing && l.rng.IntN(10) == 0
	l.mu.Unlock()
	time.Sleep(before * time.Millisecond)
	m.mu.Lock()
	read()
	m.mu.Unlock()
	time.Sleep(after * time.Millisecond)
	return fails
}

// read is the set of a user for a stream that runs.
func (m *setModel) read(user string) func(context.Context) ([]stream.Log, error) {
	return func(context.Context) (logs []stream.Log, err error) {
		if m.slowly(func() { logs = m.set(user) }) {
			return nil, errors.New("the database is gone for a moment")
		}
		return logs, nil
	}
}

// begin is where a stream begins that has come to positions, -1 of a log that it has not, and to a version of the set. A log
// without a position begins now, or where the user joined after that version; one that they are not in any more is their last
// event. m.mu is held.
func (m *setModel) begin(user string, version int64, at []int64) []stream.Log {
	logs := m.set(user)
	for i := range logs {
		log, _ := strconv.Atoi(logs[i].Key)
		switch {
		case at[log] >= 0:
			logs[i].At = m.logs[log].position(at[log])
		case version < 0 || m.joined[user][log].version <= version:
			logs[i].At = logs[i].Head
		}
	}
	for log, place := range at {
		if _, in := m.joined[user][log]; place >= 0 && !in {
			logs = append(logs, m.logs[log].ghost(user, place)...)
		}
	}
	return logs
}

// open reads the version of the set and the positions from variables.
func (m *setModel) open(_ context.Context, op *graphql.OperationContext, _ string) (*stream.Stream, gqlerror.List) {
	user, given := op.Headers.Get("User"), op.Variables["at"].([]int64)
	s := &stream.Stream{Judge: judges(user, m.logs), Tell: tell}
	m.slowly(func() { s.Logs, s.CaughtUp = m.begin(user, given[0], given[1:]), caughtUp(m.version[user]) })
	s.Set = &stream.Set{Follow: m.follow(user), Read: m.read(user)}
	if compared := m.compared(user, s); given[0]%2 == 0 {
		s.Followed = compared
	} else { // what changes meanwhile is seen by itself
		s.Set.Follow = func(wake func()) func() {
			defer wake()
			return m.follow(user)(wake)
		}
	}
	return s, nil
}

// compared wakes what has changed since a stream was opened.
func (m *setModel) compared(user string, s *stream.Stream) func() {
	opened := slices.Clone(s.Logs)
	return func() {
		for _, log := range opened {
			if i, err := strconv.Atoi(log.Key); err == nil && m.logs[i].head() != log.Head {
				m.logs[i].notify()
			}
		}
		m.notify(user)
	}
}

// caughtUp makes the object of that event, for a stream that began with a version of the set.
func caughtUp(version int64) func(at []stream.Reached) any {
	return func(at []stream.Reached) any {
		text := ""
		for _, r := range at {
			text += fmt.Sprintf(`,%q:%d`, r.Log, r.Place)
		}
		return fmt.Sprintf(`{"set":%d,"caughtUp":{"":0%s}}`, version, text)
	}
}

// ghost is the log for somebody who is not in it any more and stands at a place: their last event, and nothing else.
func (l *modelLog) ghost(user string, at int64) []stream.Log {
	l.mu.Lock()
	last := l.lastOf(user)
	l.mu.Unlock()
	if last.Place <= at {
		return nil
	}
	last.Revokes = &stream.Revocation{Why: l.end()}
	return []stream.Log{{
		Key: l.name, Alone: true, At: l.position(at), Head: last.Position, Follow: func(func()) stream.Tail { return ghostTail{last} },
	}}
}

type ghostTail struct{ last stream.Event }

func (t ghostTail) Next(context.Context, stream.Position) ([]stream.Event, error) {
	return []stream.Event{t.last}, nil
}

func (ghostTail) Changes() func(any) bool { return noChanges }

func (ghostTail) Leave() {}
