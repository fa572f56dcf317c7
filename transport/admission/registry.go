package admission

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"parley/transport/safe"
)

// A Member is an open socket or event stream.
type Member interface {
	Sweep(now time.Time)
	// EndSession ends the member if it belongs to one of these sessions. No frame of a stream leaves once
	// quiet is closed; nil: it is not concerned, or quiet already.
	EndSession(ids map[string]bool) (quiet <-chan struct{})
	Drain()
	Cut() // the connection, without a close frame
}

// Sessions that ended are remembered for this long, for a member that was about to enter under one.
const endedKept = time.Minute

// How far apart sockets are closed when there are few.
const drainStep = 5 * time.Millisecond

// Times are how long a registry takes over things.
type Times struct {
	Sweep time.Duration // between two looks at all members
	Quiet time.Duration // until members of an ended session are not waited for any more
	Drain time.Duration // all members together
}

// A Registry holds all members: it sweeps them, ends those of an ended session, and empties itself when the server
// drains.
type Registry struct {
	times  Times
	logger *slog.Logger

	mu       sync.Mutex // guards all below; never held while a member is called
	members  map[Member]struct{}
	sockets  map[Member]struct{} // among them; the others are event streams
	sweeping bool
	closed   bool // no new members
	draining bool
	gone     chan struct{}        // closed when draining has emptied the registry
	ended    map[string]time.Time // sessions, and when they ended
}

// NewRegistry has no goroutine while it has no members. The logger is told of panics in them.
func NewRegistry(times Times, logger *slog.Logger) *Registry {
	return &Registry{
		times: times, logger: logger,
		members: map[Member]struct{}{}, sockets: map[Member]struct{}{}, ended: map[string]time.Time{}, gone: make(chan struct{}),
	}
}

// AddSocket and AddStream take a member in, and return false when the server drains.
func (g *Registry) AddSocket(m Member) bool { return g.add(m, true) }

// AddStream is AddSocket for an event stream.
func (g *Registry) AddStream(m Member) bool { return g.add(m, false) }

// add starts the sweeper, which lives as long as there are members.
func (g *Registry) add(m Member, isSocket bool) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.draining {
		return false
	}
	g.members[m] = struct{}{}
	if isSocket {
		g.sockets[m] = struct{}{}
	}
	if !g.sweeping {
		g.sweeping = true
		go safe.Run(context.Background(), g.logger, g.sweep, nil)
	}
	return true
}

// Remove takes a member out. Once more does nothing.
func (g *Registry) Remove(m Member) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, here := g.members[m]; !here {
		return
	}
	delete(g.members, m)
	delete(g.sockets, m)
	if g.draining && len(g.members) == 0 {
		close(g.gone)
	}
}

// Count is how many sockets and event streams are open.
func (g *Registry) Count() (sockets, streams int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.sockets), len(g.members) - len(g.sockets)
}

func (g *Registry) all() []Member {
	g.mu.Lock()
	defer g.mu.Unlock()
	list := make([]Member, 0, len(g.members))
	for m := range g.members {
		list = append(list, m)
	}
	return list
}

// sweep looks at every member, and ends when there is none left; at once when the drain is over.
func (g *Registry) sweep() {
	tick := time.NewTicker(g.times.Sweep)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-g.gone:
			return
		}
		now := time.Now()
		for _, m := range g.all() {
			safe.Run(context.Background(), g.logger, func() { m.Sweep(now) }, m.Cut)
		}
		if g.stopSweeping() {
			return
		}
	}
}

func (g *Registry) stopSweeping() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sweeping = len(g.members) > 0
	return !g.sweeping
}

// EndSessions ends what belongs to these sessions. They are written down before anyone is asked: a member
// that takes its session later looks here afterwards, so none is missed.
func (g *Registry) EndSessions(ids []string) {
	ended := g.note(ids, time.Now())
	limit := time.NewTimer(g.times.Quiet)
	defer limit.Stop()
	var waits []<-chan struct{}
	for _, m := range g.all() {
		if quiet := m.EndSession(ended); quiet != nil {
			waits = append(waits, quiet)
		}
	}
	for _, quiet := range waits {
		select {
		case <-quiet:
		case <-limit.C:
			return
		}
	}
}

func (g *Registry) note(ids []string, now time.Time) map[string]bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for id, at := range g.ended {
		if now.Sub(at) > endedKept {
			delete(g.ended, id)
		}
	}
	set := make(map[string]bool, len(ids))
	for _, id := range ids {
		if id != "" { // nobody's session
			g.ended[id] = now
			set[id] = true
		}
	}
	return set
}

// HasEnded tells whether a session has ended a short while ago.
func (g *Registry) HasEnded(session string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, ended := g.ended[session]
	return ended
}

// isClosed says whether new sockets and event streams are refused.
func (g *Registry) isClosed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closed || g.draining
}

// StopAccepting refuses new sockets and event streams from now on.
func (g *Registry) StopAccepting() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
}

// IsDraining tells whether new requests and operations are refused.
func (g *Registry) IsDraining() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.draining
}

// Drain has all members go, in random order and a little apart, and cuts those that are left when ctx ends.
func (g *Registry) Drain(ctx context.Context) {
	g.BeginDrain()
	list := g.all()
	rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	step := time.NewTicker(min(drainStep, g.times.Drain/time.Duration(max(1, len(list)))))
	defer step.Stop()
	for _, m := range list {
		m.Drain()
		select {
		case <-step.C:
		case <-ctx.Done():
		}
	}
	select {
	case <-g.gone:
	case <-ctx.Done():
		for _, m := range g.all() {
			m.Cut()
		}
	}
}

// BeginDrain refuses new members, requests and operations from now on.
func (g *Registry) BeginDrain() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.draining && len(g.members) == 0 {
		close(g.gone)
	}
	g.draining = true
}
