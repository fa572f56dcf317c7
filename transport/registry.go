package transport

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"parley/transport/safe"
)

// A member is an open socket or event stream.
type member interface {
	sweep(now time.Time)
	// endSession ends the member if it belongs to one of these sessions. No frame of a stream leaves once
	// quiet is closed; nil: it is not concerned, or quiet already.
	endSession(ids map[string]bool) (quiet <-chan struct{})
	drain()
	cut() // without ceremony
}

// Sessions that ended are remembered for this long, for a member that was about to enter under one.
const endedKept = time.Minute

// How far apart sockets are closed when there are few.
const drainStep = 5 * time.Millisecond

// A registry holds all members.
type registry struct {
	t *Transports

	mu       sync.Mutex // guards all below; never held while a member is called
	members  map[member]struct{}
	sockets  int // among them; the others are event streams
	sweeping bool
	closed   bool // no new members
	draining bool
	gone     chan struct{}        // closed when draining has emptied the registry
	ended    map[string]time.Time // sessions, and when they ended
}

func (g *registry) init(t *Transports) {
	g.t = t
	g.members = map[member]struct{}{}
	g.ended = map[string]time.Time{}
	g.gone = make(chan struct{})
}

// add answers false when the server drains. The sweeper lives as long as there are members.
func (g *registry) add(m member) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.draining {
		return false
	}
	g.members[m] = struct{}{}
	if _, is := m.(*socket); is {
		g.sockets++
	}
	if !g.sweeping {
		g.sweeping = true
		go safe.Run(context.Background(), g.t.options.Logger, g.sweep, nil)
	}
	return true
}

func (g *registry) remove(m member) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, here := g.members[m]; !here {
		return
	}
	delete(g.members, m)
	if _, is := m.(*socket); is {
		g.sockets--
	}
	if g.draining && len(g.members) == 0 {
		close(g.gone)
	}
}

// count answers how many sockets and event streams are open.
func (g *registry) count() (sockets, streams int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.sockets, len(g.members) - g.sockets
}

func (g *registry) all() []member {
	g.mu.Lock()
	defer g.mu.Unlock()
	list := make([]member, 0, len(g.members))
	for m := range g.members {
		list = append(list, m)
	}
	return list
}

// sweep looks at every member, and ends when there is none left.
func (g *registry) sweep() {
	tick := time.NewTicker(g.t.tuning.sweep)
	defer tick.Stop()
	for range tick.C {
		now := time.Now()
		for _, m := range g.all() {
			safe.Run(context.Background(), g.t.options.Logger, func() { m.sweep(now) }, m.cut)
		}
		if g.stopSweeping() {
			return
		}
	}
}

func (g *registry) stopSweeping() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sweeping = len(g.members) > 0
	return !g.sweeping
}

// endSessions ends what belongs to these sessions. They are written down before anyone is asked: a member
// that takes its session later looks here afterwards, so none is missed.
func (g *registry) endSessions(ids []string) {
	ended := g.note(ids, time.Now())
	limit := time.NewTimer(g.t.tuning.cut)
	defer limit.Stop()
	var waits []<-chan struct{}
	for _, m := range g.all() {
		if quiet := m.endSession(ended); quiet != nil {
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

func (g *registry) note(ids []string, now time.Time) map[string]bool {
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

func (g *registry) hasEnded(session string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, ended := g.ended[session]
	return ended
}

// isClosed says whether new sockets and event streams are refused.
func (g *registry) isClosed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closed || g.draining
}

func (g *registry) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
}

func (g *registry) isDraining() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.draining
}

func (g *registry) drain(ctx context.Context) {
	g.beginDrain()
	list := g.all()
	rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	step := time.NewTicker(min(drainStep, g.t.tuning.drain/time.Duration(max(1, len(list)))))
	defer step.Stop()
	for _, m := range list {
		m.drain()
		select {
		case <-step.C:
		case <-ctx.Done():
		}
	}
	select {
	case <-g.gone:
	case <-ctx.Done():
		for _, m := range g.all() {
			m.cut()
		}
	}
}

func (g *registry) beginDrain() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.draining && len(g.members) == 0 {
		close(g.gone)
	}
	g.draining = true
}
