package queue

import (
	"context"
	"errors"
	"slices"
	"time"

	"parley/chat/roomlog"
	"parley/db"
)

const (
	// longestResolve bounds the search for the outcome of a commit that was not answered; by then its senders
	// have been told that nobody knows.
	longestResolve = 5 * time.Second
	// resolvePause is between two looks.
	resolvePause = 100 * time.Millisecond
)

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
			b.commits = mayHaveGrown(batch) // also by the first transaction, which nobody was told of
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

// mayHaveGrown are the rooms of a batch, whose logs are to be read.
func mayHaveGrown(batch []*entry) (rooms []roomlog.Commit) {
	for _, e := range batch {
		if !slices.ContainsFunc(rooms, func(c roomlog.Commit) bool { return c.Room == e.Room }) {
			rooms = append(rooms, roomlog.Commit{Room: e.Room})
		}
	}
	return rooms
}
