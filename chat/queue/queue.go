// Package queue stores what is sent: sends wait, and one transaction takes as many as there are. It rests on one idea:
// what has queued up while a commit ran shares the next one, so a single sender waits for one fsync and many share one,
// without a timer. It does not know who may do what: it asks, under the lock of the room.
//
// Nothing is locked while a sender waits. A transaction locks rooms in order of their ids, and a room belongs to one
// lane: two transactions of a node never wait for each other.
package queue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"parley/chat/roomlog"
	"parley/db"
	"parley/ent"
	"parley/ent/chat"
	"parley/meter"
)

// What a sender may be told.
var (
	ErrIDTaken = errors.New("chat id taken")
	ErrBusy    = errors.New("too many sends are waiting")
	ErrTimeout = errors.New("took too long and was withdrawn")
	ErrClosing = errors.New("going down")
	// ErrUnknown means that the chat may have been stored, and sending it again could store it twice, because it
	// has no id of the client's. With one it is db.ErrUnknownOutcome.
	ErrUnknown = errors.New("it is not known whether the chat was stored")
)

// Options of a Queue.
type Options struct {
	Entries      int // that wait at most
	BatchEntries int // in one transaction at most
	Now          func() time.Time
	Notify       func(rooms ...uuid.UUID)            // called after each commit with the rooms whose logs have grown
	MaySend      func(s *Send, room *ent.Room) error // asked of a room as its row is under the lock
}

const (
	// sharedLanes is how many transactions a node has at once where the database takes several.
	sharedLanes = 2
	// maxBytes bounds the text that waits for a commit.
	maxBytes = 16 << 20
)

// A Queue is the only place that stores chats. It is safe for concurrent use.
type Queue struct {
	o     Options
	store *db.Store
	log   *roomlog.Log
	known *db.Many // which ids of chats there are

	lanes   []chan *entry // as many transactions at once; each holds all entries that may wait
	entries atomic.Int64  // in all of them
	bytes   atomic.Int64  // of text in them
	stopped chan struct{} // closed when the last entry has been answered

	batches *meter.Histogram
	commits *meter.Histogram
}

// New makes a Queue. What is put into it is stored only while Run runs.
func New(store *db.Store, log *roomlog.Log, o Options) *Queue {
	q := &Queue{
		o: o, store: store, log: log, known: store.FindMany(chat.Table, chat.FieldID), stopped: make(chan struct{}),
		batches: meter.NewHistogram(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024), commits: meter.NewTimes(),
	}
	lanes := 1
	if store.Shared() {
		lanes = sharedLanes
	}
	for range lanes {
		q.lanes = append(q.lanes, make(chan *entry, o.Entries))
	}
	return q
}

// Stats is what a Queue has done since it was made, and what waits in it.
type Stats struct {
	BatchSize   meter.Distribution
	CommitTime  meter.Distribution // nanoseconds
	Queued      int                // sends that wait for a commit
	QueuedBytes int64              // of their text
}

// Stats returns them. Safe for concurrent use.
func (q *Queue) Stats() Stats {
	return Stats{
		BatchSize: q.batches.Distribution(), CommitTime: q.commits.Distribution(),
		Queued: int(q.entries.Load()), QueuedBytes: q.bytes.Load(),
	}
}

const (
	// longestCommit bounds one transaction, so that a stuck disk or network becomes an error that says so.
	longestCommit = 10 * time.Second
	// longestResolve bounds the search for the outcome of a commit that was not answered; by then its senders
	// have been told that nobody knows.
	longestResolve = 5 * time.Second
	// resolvePause is between two looks.
	resolvePause = 100 * time.Millisecond
)

// Store puts a send into the queue and returns its chat once it is on disk. The context governs the waiting only: what
// has been taken out of the queue is stored however impatient its sender is.
// ErrBusy, ErrTimeout, ErrClosing, ErrIDTaken, errors of MaySend: nothing was stored. ErrUnknown,
// db.ErrUnknownOutcome: it may have been.
func (q *Queue) Store(ctx context.Context, s *Send) (*roomlog.Chat, error) {
	e := &entry{Send: s, done: make(chan struct{})}
	if err := q.put(e); err != nil {
		return nil, err
	}
	return q.await(ctx, e)
}

// put queues an entry, or returns ErrBusy at once.
func (q *Queue) put(e *entry) error {
	entries, bytes := q.entries.Add(1), q.bytes.Add(int64(len(e.Text)))
	if entries > int64(q.o.Entries) || bytes > maxBytes {
		q.dequeued(e)
		return ErrBusy
	}
	q.lanes[int(e.Room[len(e.Room)-1])%len(q.lanes)] <- e // at random: it is the end of a UUID
	return nil
}

// await waits until an entry has been answered.
func (q *Queue) await(ctx context.Context, e *entry) (*roomlog.Chat, error) {
	var why error
	select {
	case <-e.done:
		return e.chat, e.err
	case <-ctx.Done():
		why = ctx.Err()
	case <-q.stopped:
		why = ErrClosing
	}
	if e.state.CompareAndSwap(waiting, withdrawn) {
		if errors.Is(why, context.DeadlineExceeded) {
			return nil, ErrTimeout
		}
		return nil, why
	}
	select {
	case <-e.done:
		return e.chat, e.err
	default:
		return nil, e.unknown()
	}
}

// dequeued says that an entry is in no queue any more.
func (q *Queue) dequeued(e *entry) {
	q.entries.Add(-1)
	q.bytes.Add(-int64(len(e.Text)))
}

// Run stores what is put into the queue until ctx ends and then what is still queued.
func (q *Queue) Run(ctx context.Context) {
	defer close(q.stopped)
	var lanes sync.WaitGroup
	for _, lane := range q.lanes {
		lanes.Go(func() { q.serve(ctx, lane) })
	}
	lanes.Wait()
}

func (q *Queue) serve(ctx context.Context, lane chan *entry) {
	owner := context.WithoutCancel(ctx) // a commit that has begun is finished
	for {
		select {
		case e := <-lane:
			q.commit(owner, q.gather(lane, e))
			continue
		default:
		}
		select {
		case e := <-lane:
			q.commit(owner, q.gather(lane, e))
		case <-ctx.Done():
			return
		}
	}
}

// gather takes the first entry and whatever else waits, as far as their senders still do.
func (q *Queue) gather(lane chan *entry, first *entry) []*entry {
	var batch []*entry
	for e := first; ; {
		q.dequeued(e)
		if e.state.CompareAndSwap(waiting, taken) {
			batch = append(batch, e)
		}
		if len(batch) == q.o.BatchEntries {
			return batch
		}
		select {
		case e = <-lane:
		default:
			return batch
		}
	}
}

// commit stores a batch and answers every entry of it. What refuses one entry does not touch the
// others: the batch runs again without it. What fails for no such reason is tried one by one.
func (q *Queue) commit(ctx context.Context, batch []*entry) {
	for len(batch) > 0 {
		b, err := q.storeOnce(ctx, batch)
		if errors.Is(err, db.ErrUnknownOutcome) && q.store.Shared() { // on SQLite it is a disk that is full
			b, err = q.resolveOutcome(ctx, batch)
		}
		var refused *refusal
		switch {
		case err == nil:
			if len(b.rooms) > 0 { // else the bell would be for all rooms
				q.o.Notify(b.rooms...)
			}
			for i, e := range batch {
				e.answer(b.chats[i], b.errs[i])
			}
			return
		case errors.As(err, &refused):
			for _, e := range refused.entries {
				e.answer(nil, e.orUnknown(refused.why))
			}
			batch = slices.DeleteFunc(batch, func(e *entry) bool { return slices.Contains(refused.entries, e) })
		case len(batch) == 1, concernsAll(err):
			for _, e := range batch {
				e.answer(nil, e.orUnknown(err))
			}
			return
		default:
			for _, e := range batch {
				q.commit(ctx, []*entry{e})
			}
			return
		}
	}
}

// concernsAll says that an error lies in the database and not in an entry.
func concernsAll(err error) bool {
	for _, class := range []error{db.ErrBusy, db.ErrDown, db.ErrFull, db.ErrUnknownOutcome, context.DeadlineExceeded} {
		if errors.Is(err, class) {
			return true
		}
	}
	return false
}

// resolveOutcome finds out what became of a batch whose commit was not answered, by storing it once more: the
// counters' rows are locked as long as the first transaction lives, so its chats are there by then, or
// never will be. While the database cannot be asked it remains unknown.
func (q *Queue) resolveOutcome(ctx context.Context, batch []*entry) (b *batch, err error) {
	for _, e := range batch {
		e.uncertain = true
	}
	ctx, cancel := context.WithTimeout(ctx, longestResolve)
	defer cancel()
	pause := time.NewTicker(resolvePause)
	defer pause.Stop()
	for {
		b, err = q.storeOnce(ctx, batch)
		switch {
		case err == nil:
			b.rooms = roomsOf(batch) // also of what the first transaction stored: nobody has rung for it
			return b, nil
		case !errors.Is(err, db.ErrUnknownOutcome) && !errors.Is(err, db.ErrDown) && !errors.Is(err, db.ErrBusy):
			return nil, err
		}
		select {
		case <-pause.C:
		case <-ctx.Done():
			return nil, err
		}
	}
}

func roomsOf(batch []*entry) (rooms []uuid.UUID) {
	for _, e := range batch {
		if !slices.Contains(rooms, e.Room) {
			rooms = append(rooms, e.Room)
		}
	}
	return rooms
}

// A refusal rolls a batch back because some of its entries may not be stored.
type refusal struct {
	entries []*entry
	why     error
}

func (r *refusal) Error() string { return r.why.Error() }

func (q *Queue) storeOnce(ctx context.Context, entries []*entry) (*batch, error) {
	ctx, cancel := context.WithTimeout(ctx, longestCommit)
	defer cancel()
	var b *batch
	began := time.Now()
	err := q.store.Write(ctx, func(tx *ent.Tx) (err error) {
		b = &batch{Queue: q, chats: make([]*roomlog.Chat, len(entries)), errs: make([]error, len(entries))}
		return b.run(ctx, tx, entries, q.o.Now())
	})
	if err != nil {
		return nil, fmt.Errorf("store chats: %w", err)
	}
	q.batches.Observe(int64(len(entries)))
	q.commits.Observe(int64(time.Since(began)))
	return b, nil
}
