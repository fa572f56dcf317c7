package stream

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"

	"parley/transport/stream/fair"
	"parley/transport/stream/window"
)

// A set is what a stream knows of its Set. A reader of its own keeps up with it: it is behind when the set may have
// changed, its history is the set as it is now, and what it takes of that are readers of logs.
type set struct {
	*Set
	reader *Reader
	task   fair.Task
	leave  func()
	woken  atomic.Int64 // how often the set may have changed

	// Guarded by the outlet, which does not look for what there is while History is being read.
	seen     int64 // of those times, how many there were when the readers went that had ended
	compared int64 // how many have been looked at
}

// A membership is a set at one time.
type membership struct {
	logs  []Log
	woken int64 // what it has seen, see set
}

// addSet adds the reader of the set, before all others.
func (sub *Subscription) addSet() {
	s := &set{Set: sub.stream.Set, reader: &Reader{sub: sub}}
	s.task = fair.Task{
		Serve:  func() { sub.out.Serve(s.reader) },
		Queue:  func() *fair.Queue { return &sub.person.Queue },
		Shares: func() int64 { return 1 },
	}
	sub.set = s
	sub.behind++
	sub.going++
	sub.readers.Store(&[]*Reader{s.reader})
}

// wake has the set compared. It never blocks.
func (s *set) wake() {
	s.woken.Add(1)
	s.reader.sub.feeds.workers.Add(&s.task)
}

// window is the page of the set's reader. Before the set is read, the readers go whose logs have ended: what is read has
// seen that, so that a log is there again only if it has begun anew.
func (s *set) window() Page {
	if s.seen = s.woken.Load(); s.seen == s.compared {
		return Page{}
	}
	s.reader.sub.feeds.dismiss(s.reader.sub)
	return Page{where: window.Behind}
}

// read is the history of the set's reader.
func (s *set) read(ctx context.Context) (Page, error) {
	m := &membership{woken: s.seen}
	ctx, cancel := context.WithTimeout(ctx, longestOutage)
	defer cancel()
	var err error
	if m.logs, err = s.Read(ctx); err != nil {
		return Page{}, err
	}
	return Page{set: m}, nil
}

// take adds readers of the logs that the stream does not have yet. They do not count for Stream.CaughtUp.
func (s *set) take(m *membership) error {
	sub, has := s.reader.sub, map[string]bool{}
	for _, r := range sub.Readers()[1:] {
		has[r.feed.key.log] = true
	}
	logs := slices.DeleteFunc(m.logs, func(log Log) bool {
		had := has[log.Key]
		has[log.Key] = true
		return had
	})
	if len(logs) > 0 {
		readers, err := sub.feeds.join(sub, logs, false)
		switch {
		case errors.Is(err, errLeft):
			return nil
		case err != nil:
			return ErrUnreadable // whoever comes back is told why
		}
		sub.going += len(readers)
		for _, r := range readers {
			r.arrived = true
			sub.feeds.workers.Add(&r.block.task)
		}
	}
	s.compared = m.woken
	return nil
}
