// Package queue stores what is sent: sends wait, and one transaction takes as many as there are. It rests on one idea:
// what has queued up while a commit ran shares the next one, so a single sender waits for one fsync and many share one,
// without a timer. It does not know who may do what: it asks, under the lock of the room.
//
// Nothing is locked while a sender waits. A transaction locks rooms in order of their ids, then who joins by sending in order
// of theirs. A room belongs to one lane: two transactions of a node wait for each other only where one person joins by both.
package queue

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"parley/chat/arguments"
	"parley/chat/members"
	"parley/chat/mentions"
	"parley/chat/roomlog"
	"parley/db"
	"parley/ent"
	"parley/ent/chat"
	"parley/ent/member"
	"parley/meter"
)

// What a sender may be told.
var (
	ErrIDTaken = arguments.ErrIDTaken
	ErrBusy    = errors.New("too many sends are waiting")
	ErrTimeout = errors.New("took too long and was withdrawn")
	ErrClosing = errors.New("going down")
	// ErrUnknown means that the chat may have been stored, and sending it again could store it twice, because it
	// has no id of the client's. With one it is db.ErrUnknownOutcome.
	ErrUnknown = errors.New("it is not known whether the chat was stored")
)

// Options of a Queue.
type Options struct {
	Entries      int                // that wait at most
	BatchEntries int                // in one transaction at most
	Mentions     *mentions.Mentions // writes whom chats mention
	Now          func() time.Time
	MaySend      Judge                                    // asked of a room as its row is under the lock
	MayRead      Judge                                    // asked before a known id is answered with its chat
	MaxMembers   int                                      // of a room, beyond which nobody joins by sending
	MaxRooms     int                                      // of a person, and half of those of a bot, likewise
	Committed    func(...roomlog.Commit)                  // told of what was stored, before it is answered
	Tell         func(context.Context, ...members.Record) // told of who has joined, for the audit
}

// A Judge says what each of those who send to one room may; nil: all may, and none joins. Its own error fails all of them.
type Judge func(ctx context.Context, tx *ent.Tx, room *ent.Room, sends []*Send) ([]Verdict, error)

// A Verdict is what somebody who sends may.
type Verdict struct {
	Refused error // why they may not; nil: they may
	Joins   bool  // they are not in the room, and what they send makes them a member
}

const (
	// sharedLanes is how many transactions a node has at once where the database takes several.
	sharedLanes = 2
	// maxBytes bounds the text that waits for a commit.
	maxBytes = 16 << 20
)

// A Queue stores chats, and nothing else does. It is safe for concurrent use.
type Queue struct {
	o     Options
	store *db.Store
	log   *roomlog.Log
	known *db.BulkStmt // which ids of chats there are
	enter *db.BulkStmt // new members

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
		o: o, store: store, log: log, known: store.BulkFind(chat.Table, chat.FieldID),
		enter: store.BulkInsert(member.Table, memberColumns...), stopped: make(chan struct{}),
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

// Store puts a send into the queue and returns its chat once it is on disk. The context governs the waiting only: what
// has been taken out of the queue is stored even if its sender waits no longer.
// ErrBusy, ErrTimeout, ErrClosing, ErrIDTaken, errors of MaySend and MayRead, roomlog.ErrNoChat of what it answers: nothing was
// stored. ErrUnknown, db.ErrUnknownOutcome: it may have been.
func (q *Queue) Store(ctx context.Context, s *Send) (*roomlog.Chat, error) {
	e := &entry{Send: s, done: make(chan struct{})}
	if err := q.put(e); err != nil {
		return nil, err
	}
	return q.await(ctx, e)
}

// put queues an entry, or returns ErrBusy at once.
func (q *Queue) put(e *entry) error {
	entries, bytes := q.entries.Add(1), q.bytes.Add(e.size())
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
	q.bytes.Add(-e.size())
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
