package follow

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/chat/roomlog"
	"parley/ent"
	"parley/ent/roomevent"
)

// memoryLog is a log like the database's, with the time it takes to read and its failures.
type memoryLog struct {
	mu      sync.Mutex
	logs    map[uuid.UUID][]*ent.RoomEvent // by room; place 1 is the first
	chats   map[uuid.UUID]*ent.Chat
	rng     *rand.Rand
	failing bool

	before   map[roomlog.Position]roomlog.Position // what each event follows, in its own history
	answered map[uuid.UUID]int64                   // the version of each chat that its last author was answered with
}

func newMemoryLog(rng *rand.Rand) *memoryLog {
	return &memoryLog{
		logs: map[uuid.UUID][]*ent.RoomEvent{}, chats: map[uuid.UUID]*ent.Chat{}, rng: rng,
		before: map[roomlog.Position]roomlog.Position{}, answered: map[uuid.UUID]int64{},
	}
}

// commit appends chats to a room, and now and then a change of an old one.
func (l *memoryLog) commit(room *roomlog.Room, n int, rng *rand.Rand) roomlog.Commit {
	l.mu.Lock()
	defer l.mu.Unlock()
	for range n {
		if log := l.logs[room.ID]; len(log) == 0 || rng.IntN(4) > 0 {
			l.send(room, rng)
		} else {
			l.edit(room, 1+rng.IntN(log[len(log)-1].Number), rng)
		}
	}
	return l.committed(room, n)
}

func (l *memoryLog) send(room *roomlog.Room, rng *rand.Rand) {
	row := l.newRow(room, roomevent.KindCHAT_SENT, rng)
	row.Number++
	c := &ent.Chat{ID: chatID(room, row.Number), Number: row.Number, Place: row.Place, Tag: row.Tag}
	row.ChatID = &c.ID
	l.chats[c.ID] = c
	l.logs[room.ID] = append(l.logs[room.ID], row)
}

func (l *memoryLog) edit(room *roomlog.Room, number int, rng *rand.Rand) {
	row := l.newRow(room, roomevent.KindCHAT_EDITED, rng)
	edited := *l.chats[chatID(room, number)]
	edited.Text = strconv.FormatInt(row.Place, 10)
	row.ChatID = &edited.ID
	l.chats[edited.ID] = &edited
	l.logs[room.ID] = append(l.logs[room.ID], row)
}

// deleteRoom leaves one last event.
func (l *memoryLog) deleteRoom(room *roomlog.Room, rng *rand.Rand) roomlog.Commit {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.logs[room.ID] = append(l.logs[room.ID], l.newRow(room, roomevent.KindROOM_DELETED, rng))
	return l.committed(room, 1)
}

// takeBack forgets the newest events of a room, as a restored backup does.
func (l *memoryLog) takeBack(room *roomlog.Room, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	log := l.logs[room.ID]
	kept := max(1, len(log)-n)
	l.logs[room.ID] = log[:kept:kept]
}

// newRow is the next event of a room.
func (l *memoryLog) newRow(room *roomlog.Room, kind roomevent.Kind, rng *rand.Rand) *ent.RoomEvent {
	row := &ent.RoomEvent{RoomID: room.ID, Place: int64(len(l.logs[room.ID])) + 1, Tag: 1 + rng.Int64N(1<<60), Kind: kind}
	if n := len(l.logs[room.ID]); n > 0 {
		row.Number = l.logs[room.ID][n-1].Number
	}
	return row
}

// committed is what the last n events of a room are handed over as.
func (l *memoryLog) committed(room *roomlog.Room, n int) roomlog.Commit {
	log := l.logs[room.ID]
	c, start := roomlog.Commit{Room: room.ID}, len(log)-n
	if start > 0 {
		c.Before = roomlog.Position{Place: log[start-1].Place, Tag: log[start-1].Tag}
	}
	c.Rows = l.rows(room, slices.Clone(log[start:]))
	before := c.Before
	for _, row := range c.Rows.Log {
		at := roomlog.Position{Place: row.Place, Tag: row.Tag}
		l.before[at], before = before, at
	}
	return c
}

// rows are entries of a log with their chats as these are now.
func (l *memoryLog) rows(room *roomlog.Room, log []*ent.RoomEvent) roomlog.Rows {
	p := roomlog.Rows{Log: log, Chats: map[uuid.UUID]*ent.Chat{}, Room: &ent.Room{Name: room.Name}}
	for _, row := range log {
		if row.ChatID != nil {
			p.Chats[*row.ChatID] = l.chats[*row.ChatID]
		}
	}
	return p
}

func chatID(room *roomlog.Room, number int) uuid.UUID {
	return uuid.UUID{0: byte(number), 1: byte(number >> 8), 15: room.ID[15]}
}

// answer notes that changes have been answered.
func (l *memoryLog) answer(c roomlog.Commit) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, row := range c.Rows.Log {
		if row.Kind == roomevent.KindCHAT_EDITED {
			l.answered[*row.ChatID] = max(l.answered[*row.ChatID], version(c.Rows.Chats[*row.ChatID].Text))
		}
	}
}

// version is the place of the last edit of a chat with this text.
func version(text string) int64 {
	place, _ := strconv.ParseInt(text, 10, 64)
	return place
}

// recover ends the failures.
func (l *memoryLog) recover() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failing = false
}

// chance is a number below n.
func (l *memoryLog) chance(n int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.rng.IntN(n)
}

// follows is what an event follows in its history.
func (l *memoryLog) follows(p roomlog.Position) roomlog.Position {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.before[p]
}

// state is which versions of chats have been answered.
func (l *memoryLog) state() map[uuid.UUID]int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.answered)
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

func (l *memoryLog) Since(_ context.Context, room *roomlog.Room, at roomlog.Position) (page []*roomlog.Event, more bool, err error) {
	if err := l.wait(); err != nil {
		return nil, false, err
	}
	l.mu.Lock()
	log := l.logs[room.ID]
	from := int(max(0, at.Place-1))
	if n := len(log); n > 0 && log[n-1].Kind == roomevent.KindROOM_DELETED {
		from = n - 1
	}
	rows := log[min(len(log), from):]
	p := l.rows(room, slices.Clone(rows[:min(len(rows), modelPage)]))
	p.More = len(rows) > modelPage
	if len(rows) > 0 && rows[0].Number > 0 {
		first := chatID(room, rows[0].Number)
		p.Chats[first] = l.chats[first]
	}
	l.mu.Unlock()
	if err := l.wait(); err != nil { // what was committed meanwhile is not in the page
		return nil, false, err
	}
	return p.After(room, at)
}

func (l *memoryLog) At(_ context.Context, room *roomlog.Room, at roomlog.Position) (*roomlog.Room, error) {
	if err := l.wait(); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	rows := l.logs[room.ID][min(len(l.logs[room.ID]), int(max(0, at.Place-1))):]
	p := l.rows(room, slices.Clone(rows))
	if len(rows) > 0 && rows[0].Number > 0 {
		first := chatID(room, rows[0].Number)
		p.Chats[first] = l.chats[first]
	}
	return p.At(room, at)
}

func (l *memoryLog) Heads(_ context.Context, rooms []uuid.UUID) (map[uuid.UUID]roomlog.Position, error) {
	if err := l.wait(); err != nil {
		return nil, err
	}
	heads := map[uuid.UUID]roomlog.Position{}
	for _, id := range rooms {
		heads[id] = l.head(id)
	}
	return heads, nil
}

func (l *memoryLog) head(room uuid.UUID) roomlog.Position {
	last := l.last(room)
	return roomlog.Position{Place: last.Place, Tag: last.Tag}
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
