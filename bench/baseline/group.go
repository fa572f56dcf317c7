package main

import (
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// maxBatch is how many sends one transaction may hold, as in Parley.
const maxBatch = 256

// group commits what has queued up while the last commit ran as one transaction. Nobody waits for
// a timer: a single sender pays for one fsync, many share it.
type group struct {
	to    committer
	queue chan *waiting
	ended chan struct{}
}

// A committer stores a batch in one transaction. It belongs to one goroutine.
type committer interface {
	commit(batch []*waiting) error
	close()
}

// A waiting send is answered through done.
type waiting struct {
	entry
	done chan error
}

func newGroup(to committer) *group {
	g := &group{to: to, queue: make(chan *waiting, 4096), ended: make(chan struct{})}
	go g.write()
	return g
}

// close ends the writer; no send may come after it.
func (g *group) close() {
	close(g.queue)
	<-g.ended
	g.to.close()
}

func (g *group) send(c chat) (int, error) {
	w := &waiting{entry: entry{chat: c, tag: newTag()}, done: make(chan error, 1)}
	g.queue <- w
	err := <-w.done
	return w.number, err
}

// write is the one writer.
func (g *group) write() {
	defer close(g.ended)
	batch := make([]*waiting, 0, maxBatch)
	for first := range g.queue {
		batch = append(batch[:0], first)
		for len(batch) < maxBatch && len(g.queue) > 0 {
			batch = append(batch, <-g.queue)
		}
		err := g.to.commit(batch)
		for _, w := range batch {
			w.done <- err
		}
	}
}

// number reserves numbers room by room, by the given statement, and gives each chat its place and number.
func number(batch []*waiting, reserve func(args ...any) scanner) error {
	at := now()
	rooms := map[string][]*waiting{}
	for _, w := range batch {
		w.at = at
		rooms[w.Room] = append(rooms[w.Room], w)
	}
	for _, room := range slices.Sorted(maps.Keys(rooms)) {
		sends := rooms[room]
		n := len(sends)
		var place int64
		var number int
		if err := reserve(n, n, sends[n-1].tag, at, room).Scan(&place, &number); err != nil {
			return fmt.Errorf("reserve a number: %w", err)
		}
		for i, w := range sends {
			w.place, w.number = place-int64(n-1-i), number-(n-1-i)
		}
	}
	return nil
}

// A scanner is a row of any driver.
type scanner interface{ Scan(to ...any) error }

// batches commits to SQLite.
type batches struct {
	db      *sql.DB
	reserve *sql.Stmt
	many    map[string]*sql.Stmt // by text
}

func newBatches(file string) (*batches, error) {
	db, err := openWriter(file)
	if err != nil {
		return nil, err
	}
	statement, err := db.Prepare(reserve)
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	return &batches{db: db, reserve: statement, many: map[string]*sql.Stmt{}}, nil
}

func (b *batches) close() { _ = b.db.Close() }

func (b *batches) commit(batch []*waiting) error {
	chats, err := b.prepared(insertChats + rows(chatRow, len(batch)))
	if err != nil {
		return err
	}
	events, err := b.prepared(insertEvents + rows(eventRow, len(batch)))
	if err != nil {
		return err
	}
	tx, err := b.db.Begin()
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	if err := insertBatch(tx.Stmt(b.reserve), tx.Stmt(chats), tx.Stmt(events), batch); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// insertBatch executes the three statements of a batch.
func insertBatch(reserve, chats, events *sql.Stmt, batch []*waiting) error {
	if err := number(batch, func(args ...any) scanner { return reserve.QueryRow(args...) }); err != nil {
		return err
	}
	var chatValues, eventValues []any
	for _, w := range batch {
		chatValues, eventValues = w.chatValues(chatValues), w.eventValues(eventValues)
	}
	if _, err := chats.Exec(chatValues...); err != nil {
		return fmt.Errorf("insert the chats: %w", err)
	}
	if _, err := events.Exec(eventValues...); err != nil {
		return fmt.Errorf("insert the events: %w", err)
	}
	return nil
}

// prepared keeps a statement for each size of batch: at most a few hundred. They are made outside
// of transactions, because those hold the only connection.
func (b *batches) prepared(text string) (*sql.Stmt, error) {
	if s := b.many[text]; s != nil {
		return s, nil
	}
	s, err := b.db.Prepare(text)
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	b.many[text] = s
	return s, nil
}

func rows(row string, n int) string { return strings.TrimSuffix(strings.Repeat(row+",", n), ",") }
