package main

import (
	"database/sql"
	"fmt"
	"strings"
)

// maxBatch is how many sends one transaction may hold, as in Parley.
const maxBatch = 256

// group commits what has queued up while the last commit ran as one transaction. Nobody waits for
// a timer: a single sender pays for one fsync, many share it.
type group struct {
	db    *sql.DB
	queue chan *waiting
	ended chan struct{}
	raise *sql.Stmt
	many  map[string]*sql.Stmt // by text; the writer's own
}

// A waiting send is answered through done.
type waiting struct {
	entry
	done chan error
}

func newGroup(file string) (*group, error) {
	db, err := openWriter(file)
	if err != nil {
		return nil, err
	}
	raise, err := db.Prepare(raise)
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	g := &group{
		db: db, raise: raise, queue: make(chan *waiting, 4096),
		ended: make(chan struct{}), many: map[string]*sql.Stmt{},
	}
	go g.write()
	return g, nil
}

// close ends the writer; no send may come after it.
func (g *group) close() {
	close(g.queue)
	<-g.ended
	_ = g.db.Close()
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
		err := g.commit(batch)
		for _, w := range batch {
			w.done <- err
		}
	}
}

func (g *group) commit(batch []*waiting) error {
	chats, err := g.prepared(insertChats + rows(chatRow, len(batch)))
	if err != nil {
		return err
	}
	events, err := g.prepared(insertEvents + rows(eventRow, len(batch)))
	if err != nil {
		return err
	}
	tx, err := g.db.Begin()
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	if err := g.number(tx, batch); err != nil {
		return fmt.Errorf("raise the counters: %w", err)
	}
	var chatValues, eventValues []any
	for _, w := range batch {
		chatValues, eventValues = w.chatValues(chatValues), w.eventValues(eventValues)
	}
	if _, err := tx.Stmt(chats).Exec(chatValues...); err != nil {
		return fmt.Errorf("insert the chats: %w", err)
	}
	if _, err := tx.Stmt(events).Exec(eventValues...); err != nil {
		return fmt.Errorf("insert the events: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// number raises the counters room by room and gives each chat its place and number.
func (g *group) number(tx *sql.Tx, batch []*waiting) error {
	at := now()
	rooms := map[string][]*waiting{}
	for _, w := range batch {
		w.at = at
		rooms[w.Room] = append(rooms[w.Room], w)
	}
	for room, sends := range rooms {
		n := len(sends)
		var place int64
		var number int
		err := tx.Stmt(g.raise).QueryRow(n, n, sends[n-1].tag, at, room).Scan(&place, &number)
		if err != nil {
			return err
		}
		for i, w := range sends {
			w.place, w.number = place-int64(n-1-i), number-(n-1-i)
		}
	}
	return nil
}

// prepared keeps a statement for each size of batch: at most a few hundred. They are made outside
// of transactions, because those hold the only connection.
func (g *group) prepared(text string) (*sql.Stmt, error) {
	if s := g.many[text]; s != nil {
		return s, nil
	}
	s, err := g.db.Prepare(text)
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	g.many[text] = s
	return s, nil
}

func rows(row string, n int) string { return strings.TrimSuffix(strings.Repeat(row+",", n), ",") }
