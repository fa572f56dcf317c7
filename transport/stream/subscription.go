package stream

import (
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"

	"parley/transport/stream/quota"
	"parley/transport/wire"
)

// An Outlet is how results reach one client. A lock of its own, or one goroutine, guards its readers.
type Outlet interface {
	// Serve hands out what the window has for a reader, or has that done. It never waits, and returns how many
	// events it has handed out itself. It may be called before Subscribe has returned.
	Serve(r *Reader) (events int)
	// Signal hands out signals if the client has taken all that came before, or has that done, see Reader.TakeSignals; else it drops
	// them. It never waits.
	Signal(r *Reader, signals *Signals)
	// Append appends a result in the form of the outlet. id is Stream.ID of the positions reached; empty: none.
	Append(b []byte, id string, body []byte) []byte
}

// Prepared is a subscription that may be executed.
type Prepared struct {
	Exec graphql.GraphExecutor
	Op   *graphql.OperationContext // kept where it is the first of its feed, or the stream has no log
}

// A Subscription is one stream of one client: a reader for each of its logs, and in front of them one for its set.
type Subscription struct {
	// What each event needs comes first, in two lines of the processor's cache: thousands of readers are served in a row.
	out    Outlet
	person *quota.Person // whose it is
	set    *set          // nil: the logs stay as they are
	going  int           // readers whose log goes on; that of a set always does; guarded by the outlet, as the next
	fault  error
	feeds  *Feeds

	stream   Stream // without what is needed only at its beginning
	prepared *prepared
	behind   int                       // readers that have not arrived; guarded by the outlet
	readers  atomic.Pointer[[]*Reader] // changed under the outlet and the lock of Feeds
	left     bool                      // guarded by the lock of Feeds
}

// Subscribe begins a stream of a user: from here on each notification of its logs concerns its readers. It must be left.
// nil: the user has too many streams, or too many that differ.
func (x *Feeds) Subscribe(p Prepared, s *Stream, user string, out Outlet) *Subscription {
	counted := countedIn(s)
	q := x.quotas.Enter(user, counted)
	if q == nil {
		return nil
	}
	sub := &Subscription{feeds: x, out: out, stream: *s, prepared: x.prepare(p), person: q, behind: len(s.Logs), going: len(s.Logs)}
	sub.stream.Logs, sub.stream.Followed = nil, nil // a stream lives long
	sub.readers.Store(&[]*Reader{})
	if s.Set != nil {
		sub.addSet()
	}
	if len(s.Logs) > 0 {
		if _, err := x.join(sub, s.Logs, s.Followed != nil); err != nil {
			x.quotas.Leave(q, counted)
			return nil
		}
	}
	x.meters.streams.Add(1)
	if s.Set != nil {
		sub.set.leave = s.Set.Follow(sub.set.wake)
	}
	if s.Followed != nil {
		s.Followed()
	}
	return sub
}

// allSets is the log in which streams that have a Set are counted, once each.
const allSets = ""

// countedIn are the logs in which a stream counts for its user.
func countedIn(s *Stream) (logs []string) {
	if s.Set != nil {
		return []string{allSets}
	}
	for _, log := range s.Logs {
		logs = append(logs, log.Key)
	}
	return logs
}

// Readers are those that there are now.
func (sub *Subscription) Readers() []*Reader { return *sub.readers.Load() }

// Wake has all readers served.
func (sub *Subscription) Wake() {
	for _, r := range sub.Readers() {
		r.Wake()
	}
}

// Leave may be called by anybody, any number of times.
func (sub *Subscription) Leave() {
	sub.feeds.mu.Lock()
	had := sub.left
	sub.left = true // nobody joins any more
	sub.feeds.mu.Unlock()
	if had {
		return
	}
	var counted []string
	for _, r := range sub.Readers() {
		if r.feed == nil {
			r.left.Store(true)
			sub.set.leave()
			counted = []string{allSets}
			continue
		}
		sub.feeds.leave(r)
		if sub.set == nil {
			counted = append(counted, r.feed.key.log)
		}
	}
	sub.feeds.quotas.Leave(sub.person, counted)
	sub.feeds.meters.streams.Add(-1)
}

// bytes are those that count for the operation if so many feeds are new: what another feed of the stream has counts there.
func (sub *Subscription) bytes(feeds int) int64 {
	if feeds == 0 || len(sub.Readers()) > 1 {
		return 0
	}
	return wire.Size(sub.prepared.op)
}

// reached is where the readers of logs that go on are.
func (sub *Subscription) reached() []Reached {
	readers := sub.Readers()
	at := make([]Reached, 0, len(readers))
	for _, r := range readers {
		if r.feed != nil && !r.over {
			at = append(at, Reached{r.feed.key.log, r.at})
		}
	}
	return at
}

// append has the outlet append a result.
func (sub *Subscription) append(b, body []byte) []byte {
	id := ""
	if name := sub.stream.ID; name != nil {
		id = name(sub.reached())
	}
	return sub.out.Append(b, id, body)
}
