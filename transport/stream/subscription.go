package stream

import "github.com/99designs/gqlgen/graphql"

// An Outlet is how results reach one client. A lock of its own, or one goroutine, guards its readers.
type Outlet interface {
	// Serve hands out what the window has for a reader, or has that done. It never waits, and returns how many
	// events it has handed out itself. It may be called before Subscribe has returned.
	Serve(r *Reader) (events int)
	// Append appends a result in the form of the outlet. id is Stream.ID of the positions reached; empty: none.
	Append(b []byte, id string, body []byte) []byte
}

// Prepared is a subscription that may be executed.
type Prepared struct {
	Exec graphql.GraphExecutor
	Op   *graphql.OperationContext // kept where it is the first of its feed
}

// A Subscription is one stream of one client: a reader for each of its logs.
type Subscription struct {
	feeds   *Feeds
	out     Outlet
	stream  *Stream
	quota   *quota // of the user
	readers []*Reader

	// Guarded by the outlet.
	behind int // readers that have not arrived
	going  int // readers whose log goes on
	fault  error
}

// Subscribe begins a stream of a user: from here on each notification of its logs concerns its readers. It must be left.
// nil: the user has too many streams, or too many that differ.
func (x *Feeds) Subscribe(p Prepared, s *Stream, user string, out Outlet) *Subscription {
	q := x.quotas.enter(user, s.Logs)
	if q == nil {
		return nil
	}
	sub := &Subscription{feeds: x, out: out, stream: s, quota: q, behind: len(s.Logs), going: len(s.Logs)}
	sub.readers = make([]*Reader, len(s.Logs))
	for i, log := range s.Logs {
		sub.readers[i] = &Reader{sub: sub, at: log.At, head: log.Head, judged: log.Head.Place}
	}
	if !x.join(sub, prepared{feeds: x, exec: p.Exec, op: p.Op}) {
		x.quotas.leave(q, s.Logs)
		return nil
	}
	x.meters.streams.Add(1)
	return sub
}

// Readers are those of its logs, in their order.
func (sub *Subscription) Readers() []*Reader { return sub.readers }

// Wake has all readers served.
func (sub *Subscription) Wake() {
	for _, r := range sub.readers {
		r.Wake()
	}
}

// Leave may be called by anybody, any number of times.
func (sub *Subscription) Leave() {
	for i, r := range sub.readers {
		if sub.feeds.leave(r) {
			sub.feeds.quotas.leave(sub.quota, sub.stream.Logs[i:i+1])
			if i == 0 {
				sub.feeds.meters.streams.Add(-1)
			}
		}
	}
}

// reached is where the readers of logs that go on are, and the cursor of the set.
func (sub *Subscription) reached() (at []Reached, set string) {
	at = make([]Reached, 0, len(sub.readers))
	for _, r := range sub.readers {
		if !r.over {
			at = append(at, Reached{r.feed.key.log, r.at})
		}
	}
	return at, ""
}

// append has the outlet append a result.
func (sub *Subscription) append(b, body []byte) []byte {
	id := ""
	if name := sub.stream.ID; name != nil {
		id = name(sub.reached())
	}
	return sub.out.Append(b, id, body)
}
