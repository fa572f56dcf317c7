package chat

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
)

// The writer is the only place that stores chats. A lane takes what has queued up while its last commit
// ran and commits it as one transaction: no timer, so a single sender waits for one fsync and many
// senders share one. A room belongs to one lane: two transactions of a node never wait for each other.
type writer struct {
	store    *db.Store
	log      *roomlog.Log
	known    *db.Many // which ids there are
	notifier Notifier
	now      func() time.Time
	meters   *meters
	most     int // entries in one transaction

	lanes       []chan *entry // as many transactions at once; each holds mostEntries
	entries     atomic.Int64  // in all of them
	bytes       atomic.Int64  // of text in them
	mostEntries int
	mostBytes   int64
	stopped     chan struct{} // closed when the last entry has been answered
}

const (
	// longestCommit bounds one transaction, so that a stuck disk or network becomes an error that says so.
	longestCommit = 10 * time.Second
	// longestDoubt bounds the search for the outcome of a commit that was not answered; by then its senders
	// have been told that nobody knows.
	longestDoubt = 5 * time.Second
	// doubtPause is between two looks.
	doubtPause = 100 * time.Millisecond
)

// put queues an entry, or answers ErrBusy at once.
func (w *writer) put(e *entry) error {
	entries, bytes := w.entries.Add(1), w.bytes.Add(int64(len(e.text)))
	if entries > int64(w.mostEntries) || bytes > w.mostBytes {
		w.left(e)
		return ErrBusy
	}
	w.lanes[int(e.room[len(e.room)-1])%len(w.lanes)] <- e // at random: it is the end of a UUID
	return nil
}

// left says that an entry is in no queue any more.
func (w *writer) left(e *entry) {
	w.entries.Add(-1)
	w.bytes.Add(-int64(len(e.text)))
}

// run stores entries until ctx ends and then what is still queued.
func (w *writer) run(ctx context.Context) {
	defer close(w.stopped)
	var lanes sync.WaitGroup
	for _, lane := range w.lanes {
		lanes.Go(func() { w.serve(ctx, lane) })
	}
	lanes.Wait()
}

func (w *writer) serve(ctx context.Context, lane chan *entry) {
	owner := context.WithoutCancel(ctx) // a commit that has begun is finished
	for {
		select {
		case e := <-lane:
			w.commit(owner, w.gather(lane, e))
			continue
		default:
		}
		select {
		case e := <-lane:
			w.commit(owner, w.gather(lane, e))
		case <-ctx.Done():
			return
		}
	}
}

// gather takes the first entry and whatever else waits, as far as their senders still do.
func (w *writer) gather(lane chan *entry, first *entry) []*entry {
	var batch []*entry
	for e := first; ; {
		w.left(e)
		if e.state.CompareAndSwap(waiting, taken) {
			batch = append(batch, e)
		}
		if len(batch) == w.most {
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
func (w *writer) commit(ctx context.Context, batch []*entry) {
	for len(batch) > 0 {
		b, err := w.store1(ctx, batch)
		if errors.Is(err, db.ErrUnknownOutcome) && w.store.Shared() { // on SQLite it is a disk that is full
			b, err = w.settle(ctx, batch)
		}
		var refused *refusal
		switch {
		case err == nil:
			if len(b.rooms) > 0 { // else the bell would be for all rooms
				w.notifier.Notify(b.rooms...)
			}
			for i, e := range batch {
				e.answer(b.chats[i], b.errs[i])
			}
			return
		case errors.As(err, &refused):
			for _, e := range refused.entries {
				e.answer(nil, e.orDoubt(refused.why))
			}
			batch = slices.DeleteFunc(batch, func(e *entry) bool { return slices.Contains(refused.entries, e) })
		case len(batch) == 1, concernsAll(err):
			for _, e := range batch {
				e.answer(nil, e.orDoubt(err))
			}
			return
		default:
			for _, e := range batch {
				w.commit(ctx, []*entry{e})
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

// settle finds out what became of a batch whose commit was not answered, by storing it once more: the
// counters' rows are locked as long as the first transaction lives, so its chats are there by then, or
// never will be. While the database cannot be asked the doubt remains.
func (w *writer) settle(ctx context.Context, batch []*entry) (b *batch, err error) {
	for _, e := range batch {
		e.doubted = true
	}
	ctx, cancel := context.WithTimeout(ctx, longestDoubt)
	defer cancel()
	pause := time.NewTicker(doubtPause)
	defer pause.Stop()
	for {
		b, err = w.store1(ctx, batch)
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
		if !slices.Contains(rooms, e.room) {
			rooms = append(rooms, e.room)
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

func (w *writer) store1(ctx context.Context, entries []*entry) (*batch, error) {
	ctx, cancel := context.WithTimeout(ctx, longestCommit)
	defer cancel()
	var b *batch
	began := time.Now()
	err := w.store.Write(ctx, func(tx *ent.Tx) (err error) {
		b = &batch{log: w.log, known: w.known, chats: make([]*roomlog.Chat, len(entries)), errs: make([]error, len(entries))}
		return b.store(ctx, tx, entries, w.now())
	})
	if err != nil {
		return nil, fmt.Errorf("store chats: %w", err)
	}
	w.meters.committed(len(entries), time.Since(began))
	return b, nil
}
