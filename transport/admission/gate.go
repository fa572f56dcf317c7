// Package admission says what may come in, and knows who is in: the rates of addresses, how many connections there may
// be, which pages may open sockets; and who is told when a session ends or the server drains. It is asked before a
// connection is hijacked and before a body is read, and knows no protocol.
//
// Locks: the gate's, the registry's and that of memory are each taken alone. Only Limits.OnStream is called under one,
// the gate's.
package admission

import (
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"parley/limit"
	"parley/meter"
	"parley/transport/refusal"
)

// Limits are those of a gate. What comes from loopback is not counted by address.
type Limits struct {
	Connections           int // sockets and event streams
	ConnectionsPerAddress int
	UnsignedPerAddress    int // sockets on which nobody has signed in
	ConnectionsPerUser    int
	AcceptRate            limit.Rate // new connections, shared fairly between addresses; burst × 2
	AddressRequestRate    limit.Rate // requests and new connections from one address; burst × 4

	// OnStream is told when a connection of http.Server begins and ends to carry an event stream. It is called under a
	// lock and must not call back. nil: nobody is.
	OnStream func(conn net.Conn, open bool)
}

// What there was no room for: the names of settings, and one that is none.
const (
	roomConnections = "max_connections"
	roomAccepts     = "accept_rate"
	roomAddress     = "max_connections_per_address"
	roomUnsigned    = "max_unsigned_per_address"
	roomUser        = "max_connections_per_user"
	roomMemory      = "memory" // GOMEMLIMIT is near
)

var (
	noRoom     = refusal.New(http.StatusServiceUnavailable, refusal.Busy, "", "The server has no room for new connections.")
	tooFast    = refusal.New(http.StatusTooManyRequests, refusal.RateLimited, "", "Too many requests from this address.")
	manyHere   = refusal.New(http.StatusTooManyRequests, refusal.LimitReached, "CONNECTIONS", "Too many connections from this address.")
	manyOfUser = refusal.New(http.StatusTooManyRequests, refusal.LimitReached, "CONNECTIONS", "Too many connections of this person.")
)

// A Gate lets requests, sockets and event streams in, and counts who is in.
type Gate struct {
	limits   Limits
	registry *Registry
	noRoom   *meter.Tally
	memory   memory

	mu        sync.Mutex // guards all below; held while Limits.OnStream is called
	accepts   shares
	requests  *limit.Table[netip.Prefix]
	open      int                         // sockets and event streams
	addresses map[netip.Prefix]perAddress // those that have any
	users     map[string]int              // the same
}

// perAddress is what one address has open.
type perAddress struct{ open, unsigned int }

// NewGate lets in what keeps within limits, until the registry is closed.
func NewGate(limits Limits, registry *Registry) *Gate {
	return &Gate{
		limits: limits, registry: registry,
		noRoom:  meter.NewTally(roomConnections, roomAccepts, roomAddress, roomUnsigned, roomUser, roomMemory),
		accepts: newShares(limits.AcceptRate), requests: limit.NewTable[netip.Prefix](limits.AddressRequestRate.Bucket(4)),
		addresses: map[netip.Prefix]perAddress{}, users: map[string]int{},
	}
}

// NoRoom is how often a limit has refused something, by its name.
func (g *Gate) NoRoom() map[string]uint64 { return g.noRoom.Counts() }

// Counts are who is in.
type Counts struct {
	Open, Addresses, Users      int
	OfAddress, Unsigned, OfUser int // the largest
}

// Counts tells who is in.
func (g *Gate) Counts() Counts {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := Counts{Open: g.open, Addresses: len(g.addresses), Users: len(g.users)}
	for _, c := range g.addresses {
		n.OfAddress, n.Unsigned = max(n.OfAddress, c.open), max(n.Unsigned, c.unsigned)
	}
	for _, one := range g.users {
		n.OfUser = max(n.OfUser, one)
	}
	return n
}

// Admit checks a plain request, which takes no slot. nil: it may go on.
func (g *Gate) Admit(r *http.Request) *refusal.Refusal {
	if g.registry.IsDraining() {
		return refusal.Draining
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.count(AddressOf(r.RemoteAddr), time.Now())
}

// count counts a request of an address; the caller holds mu.
func (g *Gate) count(address netip.Prefix, now time.Time) *refusal.Refusal {
	if !address.IsValid() {
		return nil
	}
	if wait := g.requests.Take(address, now); wait > 0 {
		return tooFast.After(wait)
	}
	return nil
}

// EnterSocket gives a socket its slot, or says why it gets none. It counts as unsigned until it signs in. The slot must
// be left.
func (g *Gate) EnterSocket(r *http.Request) (*Slot, *refusal.Refusal) {
	return g.enter(r, &Slot{unsigned: true})
}

// EnterStream is the same for what may become an event stream, which it is once the slot has been accepted. conn is what
// carries it; nil: not known.
func (g *Gate) EnterStream(r *http.Request, conn net.Conn) (*Slot, *refusal.Refusal) {
	return g.enter(r, &Slot{conn: conn})
}

func (g *Gate) enter(r *http.Request, s *Slot) (*Slot, *refusal.Refusal) {
	now := time.Now()
	switch {
	case g.registry.isClosed():
		return nil, refusal.Draining
	case g.memory.isScarce(now):
		return nil, g.full(noRoom, roomMemory)
	}
	s.gate, s.address = g, AddressOf(r.RemoteAddr)
	g.mu.Lock()
	defer g.mu.Unlock()
	if no := g.check(s, now); no != nil {
		return nil, no
	}
	if s.unsigned && !g.accepts.take(s.address, now) {
		return nil, g.full(noRoom, roomAccepts)
	}
	g.move(s, 1)
	s.carries(true)
	return s, nil
}

// full is a refusal for lack of room, which is counted.
func (g *Gate) full(why *refusal.Refusal, limit string) *refusal.Refusal {
	g.noRoom.Add(limit, 1)
	return why.After(refusal.Soon())
}

// check refuses in the order of what is cheapest; the caller holds mu.
func (g *Gate) check(s *Slot, now time.Time) *refusal.Refusal {
	if g.open >= g.limits.Connections {
		return g.full(noRoom, roomConnections)
	}
	if no := g.count(s.address, now); no != nil {
		return no
	}
	there := g.addresses[s.address] // of what is not counted there is none
	switch {
	case there.open >= g.limits.ConnectionsPerAddress:
		return g.full(manyHere, roomAddress)
	case s.unsigned && there.unsigned >= g.limits.UnsignedPerAddress:
		return g.full(manyHere, roomUnsigned)
	}
	return nil
}

// move counts a slot in, by 1, or out, by -1; the caller holds mu.
func (g *Gate) move(s *Slot, by int) {
	g.open += by
	g.change(s.address, func(c *perAddress) {
		c.open += by
		if s.unsigned {
			c.unsigned += by
		}
	})
	if s.user != "" {
		g.changeUser(s.user, by)
	}
}

func (g *Gate) change(address netip.Prefix, change func(c *perAddress)) {
	if !address.IsValid() {
		return
	}
	c := g.addresses[address]
	change(&c)
	g.addresses[address] = c
	if c == (perAddress{}) {
		delete(g.addresses, address)
	}
}

func (g *Gate) changeUser(user string, by int) {
	g.users[user] += by
	if g.users[user] == 0 {
		delete(g.users, user)
	}
}
