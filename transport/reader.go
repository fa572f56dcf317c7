package transport

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/transport/refusal"
)

var (
	errFault = errors.New("a fault while a stream was executed")
	errLeft  = errors.New("everybody has left")

	// errUnreadable ends no stream: its client is sent away and comes back.
	errUnreadable = errors.New("the log cannot be read")
)

// A reader is where one stream of one client stands in one log.
type reader struct {
	sub   *subscription
	feed  *feed
	block *block

	left   atomic.Bool // changed under the lock of feeds
	served atomic.Bool // the window has been read on for it, and it may take what is there

	// Guarded by the outlet.
	at      Position // of the last event that was handed to the client's connection
	head    Position // where the log ended when the stream was opened
	arrived bool     // all up to there has been delivered
	over    bool     // the log has ended
	behind  bool     // somebody reads the log for it alone
}

// An outlet is how results reach one client.
type outlet interface {
	// serve hands out what the window has for a reader, or has that done. It never waits, and answers how many
	// events it has handed out itself.
	serve(r *reader) (events int)
	// write appends a result in the form of the outlet.
	write(b, body []byte) []byte
}

// A subscription is one stream of one client: a reader for each of its logs.
type subscription struct {
	t       *Transports
	out     outlet
	stream  *Stream
	user    string // whose it is
	quota   *quota // of the user
	readers []*reader

	// Guarded by the outlet.
	behind int // readers that have not arrived
	going  int // readers whose log goes on
	fault  error
}

// newSubscription begins nowhere until its readers join, and then is left. nil: the user has too many streams.
func (t *Transports) newSubscription(out outlet, s *Stream, user string) *subscription {
	q := t.quotas.enter(user, s.Logs)
	if q == nil {
		return nil
	}
	sub := &subscription{t: t, out: out, stream: s, user: user, quota: q, behind: len(s.Logs), going: len(s.Logs)}
	sub.readers = make([]*reader, len(s.Logs))
	for i, log := range s.Logs {
		sub.readers[i] = &reader{sub: sub, at: log.At, head: log.Head}
	}
	return sub
}

// join begins: from here on each bell of the logs concerns the readers. The operation is kept where it is the first
// of its feed. The answer is false if the user has too many streams that differ; then the subscription is over.
func (sub *subscription) join(exec graphql.GraphExecutor, op *graphql.OperationContext) bool {
	if !sub.t.feeds.join(sub, program{t: sub.t, exec: exec, op: op}) {
		sub.t.quotas.leave(sub.quota, sub.stream.Logs)
		return false
	}
	sub.t.meters.streams.Add(1)
	sub.t.meters.request(op, OutcomeOK)
	return true
}

// leave may be called by anybody, any number of times, once all have joined.
func (sub *subscription) leave() {
	for i, r := range sub.readers {
		if sub.t.feeds.leave(r) {
			sub.t.quotas.leave(sub.quota, sub.stream.Logs[i:i+1])
			if i == 0 {
				sub.t.meters.streams.Add(-1)
			}
		}
	}
}

// manyStreams is the refusal of a stream too many.
func (t *Transports) manyStreams(ctx context.Context) gqlerror.List {
	return gqlerror.List{t.options.Refuse(ctx, refusal.LimitReached, "STREAMS", "You have too many streams.")}
}

// Bytes in one write to a client.
const writeBytes = 64 << 10

// wake has the reader served, behind what is being read on.
func (r *reader) wake() {
	if !r.waits() {
		r.feed.t.meters.live.Add(uint64(r.sub.out.serve(r)))
	}
}

// waits says whether the window is to be read on first: what a change has made old is not handed out. The reader
// is served after that.
func (r *reader) waits() bool {
	stale := r.feed.stale()
	if stale {
		r.feed.t.feeds.workers.add(r.block)
	}
	return stale
}

// ready is what the window has for a reader, and how the reader stands to it.
func (r *reader) ready() (entries []entry, where standing, ended error) {
	w := r.feed.window.Load()
	entries, where = w.after(r.at)
	if where == inside && len(entries) == 0 || where == ahead && errors.Is(w.ended, errUnreadable) {
		ended = w.ended
	}
	return entries, where, ended
}

// take appends entries that follow the reader's position to b, as many as fit into one write, and moves the
// position. It answers how many of them are shown. Whoever holds the outlet calls it.
func (r *reader) take(b []byte, entries []entry) (_ []byte, shown int) {
	for _, e := range entries {
		r.at = e.at
		if e.body != nil {
			b = r.sub.out.write(b, e.body)
			shown++
		}
		if e.last {
			r.over = true
			r.sub.going--
			break
		}
		if len(b) >= writeBytes {
			break
		}
	}
	return r.arrive(b), shown
}

// arrive notes that everything older has been delivered, and with the last log tells the client.
func (r *reader) arrive(b []byte) []byte {
	sub := r.sub
	if r.arrived || !r.over && r.at.Place < r.head.Place {
		return b
	}
	r.arrived = true
	if sub.behind--; sub.behind > 0 || sub.going == 0 || sub.stream.CaughtUp == nil {
		return b
	}
	entries, ended := r.feed.run([]Event{{Object: sub.stream.CaughtUp(sub.positions())}})
	if ended != nil {
		sub.fault = ended
		return b
	}
	return sub.out.write(b, entries[0].body)
}

// positions are those of all readers, nil where the log has ended.
func (sub *subscription) positions() []*Position {
	at := make([]*Position, len(sub.readers))
	for i, r := range sub.readers {
		if !r.over {
			at[i] = &r.at
		}
	}
	return at
}

// end is why the whole stream ends, after what happened to a reader; nil: it goes on.
func (r *reader) end(ended error) error {
	switch {
	case ended != nil:
		return ended
	case r.sub.fault != nil:
		return r.sub.fault
	case r.sub.going == 0:
		return r.sub.stream.Gone
	}
	return nil
}

// told is what the client is told of why its stream ends.
func (sub *subscription) told(ctx context.Context, why error) gqlerror.List {
	if errors.Is(why, errFault) {
		return gqlerror.List{sub.t.fault(ctx)}
	}
	return gqlerror.List{sub.stream.Tell(why)}
}

// history reads what the window does not know, again and again while that fails for reasons that pass.
func (r *reader) history(ctx context.Context, at Position) ([]entry, error) {
	begun := time.Now()
	for wait := firstRetry; ; wait = min(2*wait, longestRetry) {
		entries, err := r.feed.history(ctx, r, at)
		var end *EndError
		if len(entries) > 0 || errors.As(err, &end) {
			return entries, err
		}
		if ended := r.feed.window.Load().ended; err == nil && ended != nil {
			return nil, ended // the log ends before a place that the window had: so it saw the other history end
		}
		if err == nil {
			begun = time.Now()
		} else if time.Since(begun) >= longestOutage {
			return nil, errUnreadable
		}
		if err := pause(ctx, wait); err != nil {
			return nil, err
		}
		if r.left.Load() {
			return nil, errLeft
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
