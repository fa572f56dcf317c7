package follow

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/chat/follow/logtest"
	"parley/chat/roomlog"
	"parley/rounds"
)

// The model runs the real tails, caches and windows over a log in memory, in virtual time:
// commits of this node, which are handed over late and in any order, and of others, edits, reads that take a while or
// fail, notifications that are lost, doubled and late, crashes between commit and notification, windows that are emptied,
// rooms that are deleted, histories that are taken back, readers that are slow, leave and resume, and some that stay to
// the end. What each seeded bug turns red, here or elsewhere, is the table in .ci/mutants,
// which make mutants applies one by one. A seed that fails is repeated with MODEL_SEED=n go test ./chat/follow -run Model.
func TestModel(t *testing.T) {
	rounds.Seeds(t, 1000, 10_000, func(t *testing.T, seed uint64) { newModel(t, seed).run() })
}

// A model is one history and those who follow it.
type model struct {
	t      *testing.T
	rng    *rand.Rand // of whoever runs alone; the others have their own
	log    *memoryLog
	caches *Caches
	rooms  []*roomlog.Room
	ends   map[*roomlog.Room]end

	faithful      bool // notifications are neither lost nor late, and heads are never checked
	notifications sync.WaitGroup
	writing       sync.WaitGroup
	following     sync.WaitGroup
	heard         atomic.Int64 // signals
}

const (
	modelHeads = 2 * time.Second
	modelPage  = 12 // events, so that few are many pages
)

func newModel(t *testing.T, seed uint64) *model {
	rng := rand.New(rand.NewPCG(seed, 0))
	m := &model{t: t, rng: rng, faithful: seed%5 == 0, log: newMemoryLog(rand.New(rand.NewPCG(seed, 1))), ends: map[*roomlog.Room]end{}}
	m.log.failing = !m.faithful
	m.caches = New(m.log, Options{WindowBytes: int64(rng.IntN(3)) * 20 * eventBytes, HeadsInterval: modelHeads, Notify: m.notify})
	for i := range 1 + rng.IntN(2) {
		room := &roomlog.Room{ID: uuid.UUID{15: byte(i + 1)}, Name: fmt.Sprint("room", i)}
		m.rooms = append(m.rooms, room)
		m.ends[room] = end(max(0, rng.IntN(8)-5))
	}
	return m
}

func (m *model) run() {
	ctx, cancel := context.WithCancel(context.Background())
	if !m.faithful {
		m.following.Go(func() { m.caches.Run(ctx) })
		rng := rand.New(rand.NewPCG(m.rng.Uint64(), 2))
		m.following.Go(func() { m.emptyWindows(ctx, rng) })
	}
	var readers []*modelReader
	for i := range 2 + m.rng.IntN(3) {
		r := &modelReader{
			m: m, rng: rand.New(rand.NewPCG(m.rng.Uint64(), 3)), stays: i == 0, slow: m.rng.IntN(3) == 0,
			merged: m.rng.IntN(2) == 0, at: map[uuid.UUID]roomlog.Position{}, numbers: map[uuid.UUID]int{}, over: map[uuid.UUID]bool{},
		}
		readers = append(readers, r)
		m.following.Go(func() { r.run(ctx) })
	}
	for _, room := range m.rooms {
		rng := rand.New(rand.NewPCG(m.rng.Uint64(), 4))
		m.writing.Go(func() { m.write(room, rng) })
	}
	telling, stop := context.WithCancel(ctx)
	for _, room := range m.rooms {
		rng := rand.New(rand.NewPCG(m.rng.Uint64(), 5))
		m.following.Go(func() { m.signals(telling, room, rng) })
	}
	m.writing.Wait()
	stop()
	m.notifications.Wait()
	m.log.recover()
	time.Sleep(6 * time.Second) // of virtual time: until then everybody must be current
	m.lastSignal()
	cancel()
	m.following.Wait()
	if held := m.caches.held.Load(); held != 0 {
		m.t.Errorf("windows that nobody reads hold %d bytes", held)
	}
	for i, r := range readers {
		r.check(i)
	}
}

// An end is what becomes of a room at last.
type end int

const (
	goesOn end = iota
	isDeleted
	isTakenBack // and goes on from an earlier place
)

// write commits events to a room, and notifies of those of other nodes, as far as notifications arrive.
func (m *model) write(room *roomlog.Room, rng *rand.Rand) {
	commits := 3 + rng.IntN(25)
	for i := range commits {
		time.Sleep(time.Duration(rng.IntN(4)) * time.Millisecond)
		var c roomlog.Commit
		switch last := i == commits-1; {
		case last && m.ends[room] == isDeleted:
			c = m.log.deleteRoom(room, rng)
		case last && m.ends[room] == isTakenBack:
			m.log.takeBack(room, 1+rng.IntN(3))
			fallthrough
		default:
			c = m.log.commit(room, 1+rng.IntN(3), rng)
		}
		switch late := time.Duration(rng.IntN(3)) * time.Millisecond; {
		case rng.IntN(2) == 0:
			uncertain := rng.IntN(10) == 0
			m.notifications.Go(func() { time.Sleep(late); m.handOver(c, uncertain) })
		default:
			m.notify(room.ID)
		}
	}
}

// handOver tells of a commit of this node, and answers it.
func (m *model) handOver(c roomlog.Commit, uncertain bool) {
	told := c
	if uncertain {
		told = roomlog.Commit{Room: c.Room}
	}
	m.caches.Committed(told)
	m.log.answer(c)
}

// notify is the notifier: on a bus that is not faithful notifications are lost, or the process died before.
func (m *model) notify(rooms ...uuid.UUID) {
	if m.faithful {
		m.caches.Wake(rooms...)
		return
	}
	if m.log.chance(100) < 30 {
		return
	}
	for range 1 + m.log.chance(10)/8 {
		late := time.Duration(m.log.chance(20)) * time.Millisecond
		m.notifications.Go(func() { time.Sleep(late); m.caches.Wake(rooms...) })
	}
}

// emptyWindows forgets what caches keep, which may cost but change nothing.
func (m *model) emptyWindows(ctx context.Context, rng *rand.Rand) {
	for logtest.Pause(ctx, time.Duration(1+rng.IntN(40))*time.Millisecond) == nil {
		m.caches.mu.Lock()
		for _, f := range m.caches.rooms {
			f.tryEmpty(false)
		}
		m.caches.mu.Unlock()
	}
}
