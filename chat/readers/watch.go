package readers

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/google/uuid"

	"parley/chat/background"
	"parley/ent"
	"parley/ent/user"
)

// A watch is a Set whose reader is woken when the list may have changed.
type watch struct {
	set  *Set
	wake func() // called under the lock, so it does not block
}

// Follow has wake called whenever the list may have changed since it was read last, until leave is called.
func (s *Set) Follow(wake func()) (leave func()) {
	x, w := s.readers, &watch{s, wake}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.watched[s.person] == nil {
		x.watched[s.person] = map[*watch]struct{}{}
	}
	x.watched[s.person][w] = struct{}{}
	return func() {
		x.mu.Lock()
		defer x.mu.Unlock()
		if delete(x.watched[s.person], w); len(x.watched[s.person]) == 0 {
			delete(x.watched, s.person)
		}
	}
}

// Compare wakes the Set's followers if the list has changed since it was read last. If that cannot be found out now, Run
// will.
func (s *Set) Compare(ctx context.Context) { _ = s.readers.compare(ctx, []uuid.UUID{s.person}) }

// Wake wakes whoever follows all rooms of these people; without people, all. Ids of others are nothing to it.
func (x *Readers) Wake(people ...uuid.UUID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(people) == 0 {
		people = slices.Collect(maps.Keys(x.watched))
	}
	for _, id := range people {
		for w := range x.watched[id] {
			w.wake()
		}
	}
}

// Run compares the lists of all who follow theirs with the database until ctx ends, so that a notification that was lost
// costs no more than the interval.
func (x *Readers) Run(ctx context.Context) {
	background.New("compare lists of rooms", x.o.Interval, x.round, x.o.OnError).Run(ctx)
}

// comparedAtOnce is how many people one query asks for; SQLite takes at most 32,766 parameters.
const comparedAtOnce = 10_000

// round is one comparison. A query that fails holds back no other; it returns what failed.
func (x *Readers) round(ctx context.Context) (failed error) {
	x.mu.Lock()
	people := slices.Collect(maps.Keys(x.watched))
	x.mu.Unlock()
	for some := range slices.Chunk(people, comparedAtOnce) {
		failed = errors.Join(failed, x.compare(ctx, some))
	}
	return failed
}

// compare wakes those of some people whose list is another one than their followers have read. If that cannot be found out
// nobody is woken: the database is down or has too much to do, and to read all their rooms would be more.
func (x *Readers) compare(ctx context.Context, people []uuid.UUID) error {
	rows, err := x.store.Read.User.Query().Where(user.IDIn(people...)).Select(user.FieldID, user.FieldRoomsVersion).All(ctx)
	if err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, row := range rows {
		x.wakeUnless(row)
	}
	return nil
}

// wakeUnless wakes who follows a person's list and has not read this state of it. The lock is held.
func (x *Readers) wakeUnless(row *ent.User) {
	for w := range x.watched[row.ID] {
		if w.set.seen.Load() != row.RoomsVersion {
			w.wake()
		}
	}
}
