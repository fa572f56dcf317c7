package roomlog

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"parley/chat/roomlog/logtest"
	"parley/ent"
	"parley/ent/roomevent"
)

// The model runs the real tails, caches and windows over a log in memory, in virtual time:
// commits, edits, reads that take a while or fail, notifications that are lost, doubled and late, crashes
// between commit and notification, windows that are emptied, rooms that are deleted in the end, readers that are slow,
// leave and resume, and some that stay to the end. What each seeded bug turns red, here or elsewhere, is the table in .ci/mutants,
// which make mutants applies one by one. A seed that fails is repeated with MODEL_SEED=n go test ./chat -run Model.
func TestModel(t *testing.T) {
	if one, err := strconv.ParseUint(os.Getenv("MODEL_SEED"), 10, 64); err == nil {
		runModel(t, one)
		return
	}
	seeds := uint64(10_000)
	if raceEnabled {
		seeds = 2000 // it is slower; the plain run has them all
	}
	for seed := range seeds {
		if runModel(t, seed); t.Failed() {
			return
		}
	}
}

func runModel(t *testing.T, seed uint64) {
	synctest.Test(t, func(t *testing.T) {
		m := newModel(t, seed)
		m.run()
		if t.Failed() {
			t.Errorf("seed %d", seed)
		}
	})
}

// A model is one history and those who follow it.
type model struct {
	t      *testing.T
	rng    *rand.Rand // of whoever runs alone; the others have their own
	log    *memoryLog
	caches *caches
	rooms  []*Room

	faithful      bool // notifications are neither lost nor late, and heads are never checked
	notifications sync.WaitGroup
	writing       sync.WaitGroup
	following     sync.WaitGroup
}

const (
	modelHeads = 2 * time.Second
	modelPage  = 12 // events, so that few are many pages
)

func newModel(t *testing.T, seed uint64) *model {
	rng := rand.New(rand.NewPCG(seed, 0))
	m := &model{t: t, rng: rng, faithful: seed%5 == 0, log: &memoryLog{logs: map[uuid.UUID][]*ent.RoomEvent{}, chats: map[uuid.UUID]*Chat{}}}
	m.log.rng = rand.New(rand.NewPCG(seed, 1))
	m.log.failing = !m.faithful
	m.caches = newCaches(m.log, int64(rng.IntN(3))*20*eventBytes, nil)
	for i := range 1 + rng.IntN(2) {
		room := &Room{ID: uuid.UUID{15: byte(i + 1)}, Name: fmt.Sprint("room", i)}
		m.rooms = append(m.rooms, room)
	}
	return m
}

func (m *model) run() {
	ctx, cancel := context.WithCancel(context.Background())
	if !m.faithful {
		m.following.Go(func() { m.caches.watchHeads(ctx, modelHeads) })
		rng := rand.New(rand.NewPCG(m.rng.Uint64(), 2))
		m.following.Go(func() { m.emptyWindows(ctx, rng) })
	}
	var readers []*modelReader
	for i := range 2 + m.rng.IntN(3) {
		r := &modelReader{
			m: m, rng: rand.New(rand.NewPCG(m.rng.Uint64(), 3)), stays: i == 0, slow: m.rng.IntN(3) == 0,
			merged: m.rng.IntN(2) == 0, at: map[uuid.UUID]Position{}, numbers: map[uuid.UUID]int{}, places: map[uuid.UUID]int64{},
		}
		readers = append(readers, r)
		m.following.Go(func() { r.run(ctx) })
	}
	for _, room := range m.rooms {
		rng := rand.New(rand.NewPCG(m.rng.Uint64(), 4))
		m.writing.Go(func() { m.write(room, rng) })
	}
	m.writing.Wait()
	m.notifications.Wait()
	m.log.recover()
	time.Sleep(6 * time.Second) // of virtual time: until then everybody must be current
	cancel()
	m.following.Wait()
	if held := m.caches.held.Load(); held != 0 {
		m.t.Errorf("windows that nobody reads hold %d bytes", held)
	}
	for i, r := range readers {
		r.check(i)
	}
}

// write commits events to a room and notifies of each, as far as notifications arrive.
func (m *model) write(room *Room, rng *rand.Rand) {
	for range 3 + rng.IntN(25) {
		time.Sleep(time.Duration(rng.IntN(4)) * time.Millisecond)
		m.log.commit(room, 1+rng.IntN(3), rng)
		if m.faithful {
			m.caches.Wake(room.ID)
			continue
		}
		if rng.IntN(100) < 30 { // lost, or the process died between commit and notification
			continue
		}
		for range 1 + rng.IntN(10)/8 {
			late := time.Duration(rng.IntN(20)) * time.Millisecond
			m.notifications.Go(func() { time.Sleep(late); m.caches.Wake(room.ID) })
		}
	}
	if rng.IntN(4) == 0 {
		m.log.delete(room, rng)
		if m.faithful {
			m.caches.Wake(room.ID)
		}
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

// memoryLog is a log like the database's, with the time it takes to read and its failures.
type memoryLog struct {
	mu      sync.Mutex
	logs    map[uuid.UUID][]*ent.RoomEvent // by room; place 1 is the first
	chats   map[uuid.UUID]*Chat
	rng     *rand.Rand
	failing bool
}

// commit appends chats to a room, and now and then a change of an old one.
func (l *memoryLog) commit(room *Room, n int, rng *rand.Rand) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for range n {
		log := l.logs[room.ID]
		row := &ent.RoomEvent{RoomID: room.ID, Place: int64(len(log)) + 1, Tag: 1 + rng.Int64N(1<<60), Kind: roomevent.KindCHAT_EDITED}
		if len(log) > 0 {
			row.Number = log[len(log)-1].Number
		}
		if len(log) == 0 || rng.IntN(4) > 0 {
			row.Number++
			row.Kind = roomevent.KindCHAT_SENT
			c := &Chat{ID: uuid.UUID{0: byte(row.Number), 1: byte(row.Number >> 8), 15: room.ID[15]}, Room: room, Number: row.Number}
			row.ChatID = &c.ID
			l.chats[c.ID] = c
		} else {
			old := l.chats[*log[rng.IntN(len(log))].ChatID]
			edited := *old
			text := strconv.FormatInt(row.Place, 10)
			edited.Text = &text
			l.chats[old.ID] = &edited
			row.ChatID = &edited.ID
		}
		l.logs[room.ID] = append(log, row)
	}
}

// delete ends a room's log: nothing else of it can be read any more.
func (l *memoryLog) delete(room *Room, rng *rand.Rand) {
	l.mu.Lock()
	defer l.mu.Unlock()
	log := l.logs[room.ID]
	l.logs[room.ID] = append(log, &ent.RoomEvent{
		RoomID: room.ID, Place: int64(len(log)) + 1, Tag: 1 + rng.Int64N(1<<60), Kind: roomevent.KindROOM_DELETED,
	})
}

// recover ends the failures.
func (l *memoryLog) recover() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failing = false
}

func (l *memoryLog) wait() error {
	l.mu.Lock()
	takes, fails := time.Duration(l.rng.IntN(3))*time.Millisecond, l.failing && l.rng.IntN(10) == 0
	l.mu.Unlock()
	time.Sleep(takes)
	if fails {
		return errors.New("the database is gone for a moment")
	}
	return nil
}

func (l *memoryLog) since(_ context.Context, room *Room, at Position) (page []*Event, more bool, err error) {
	if err := l.wait(); err != nil {
		return nil, false, err
	}
	l.mu.Lock()
	log := l.logs[room.ID]
	rows := log[min(len(log), int(max(0, at.Place-1))):]
	if n := len(log); n > 0 && log[n-1].Kind == roomevent.KindROOM_DELETED {
		rows = log[n-1:]
	}
	more = len(rows) > modelPage
	rows = append([]*ent.RoomEvent(nil), rows[:min(len(rows), modelPage)]...)
	chats := make([]*Chat, len(rows))
	for i, row := range rows {
		if row.ChatID != nil {
			chats[i] = l.chats[*row.ChatID]
		}
	}
	l.mu.Unlock()
	if err := l.wait(); err != nil { // what was committed meanwhile is not in the page
		return nil, false, err
	}
	kept, err := follows(rows, at)
	if err != nil {
		return nil, false, err
	}
	chats = chats[len(rows)-len(kept):]
	events := make([]*Event, len(kept))
	for i, row := range kept {
		events[i] = &Event{Kind: EventKind(row.Kind), Room: room, Chat: chats[i], position: Position{row.Place, row.Tag}}
	}
	return events, more, nil
}

func (l *memoryLog) heads(_ context.Context, rooms []uuid.UUID) (map[uuid.UUID]Position, error) {
	if err := l.wait(); err != nil {
		return nil, err
	}
	heads := map[uuid.UUID]Position{}
	for _, id := range rooms {
		heads[id] = l.head(id)
	}
	return heads, nil
}

func (l *memoryLog) head(room uuid.UUID) Position {
	last := l.last(room)
	return Position{last.Place, last.Tag}
}

// last is the newest event of a room.
func (l *memoryLog) last(room uuid.UUID) ent.RoomEvent {
	l.mu.Lock()
	defer l.mu.Unlock()
	log := l.logs[room]
	if len(log) == 0 {
		return ent.RoomEvent{}
	}
	return *log[len(log)-1]
}
