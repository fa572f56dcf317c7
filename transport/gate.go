package transport

import (
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"parley/transport/refusal"
)

// A gate lets requests, sockets and event streams in, and counts who is in. It is asked before a
// connection is hijacked and before a body is read.
type gate struct {
	t      *Transports
	memory memory

	mu        sync.Mutex // guards all below; held while Options.OnStream is called
	accepts   shares
	requests  addressRates
	open      int                    // sockets and event streams
	addresses map[netip.Prefix]crowd // those that have any
	users     map[string]int         // the same
}

// A crowd is what one address has open.
type crowd struct{ open, unsigned int }

func (g *gate) init(t *Transports) {
	g.t = t
	g.accepts = newShares(t.options.AcceptRate)
	g.requests = newAddressRates(t.options.AddressRequestRate, 4)
	g.addresses = map[netip.Prefix]crowd{}
	g.users = map[string]int{}
}

// admit judges a plain request, which takes no place. nil: it may go on.
func (g *gate) admit(r *http.Request) *refusal.Refusal {
	if g.t.registry.isDraining() {
		return refusal.Draining
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.count(AddressOf(r.RemoteAddr), time.Now())
}

// count counts a request of an address; the caller holds mu.
func (g *gate) count(address netip.Prefix, now time.Time) *refusal.Refusal {
	if wait := g.requests.take(address, now); wait > 0 {
		return tooFast.After(wait)
	}
	return nil
}

// enter gives a socket or an event stream its place, or says why it gets none. A socket counts as unsigned until it
// signs in, and as accepted; an event stream must be accepted when it is known that it is one. The place must be left.
func (g *gate) enter(r *http.Request, isSocket bool) (*place, *refusal.Refusal) {
	now := time.Now()
	switch {
	case g.t.registry.isClosed():
		return nil, refusal.Draining
	case g.memory.isScarce(now):
		return nil, g.full(noRoom, RoomMemory)
	}
	p := &place{gate: g, address: AddressOf(r.RemoteAddr), unsigned: isSocket}
	g.mu.Lock()
	defer g.mu.Unlock()
	if no := g.judge(p, now); no != nil {
		return nil, no
	}
	if isSocket && !g.accepts.take(p.address, now) {
		return nil, g.full(noRoom, RoomAccepts)
	}
	g.move(p, 1)
	if !isSocket {
		p.conn, _ = r.Context().Value(connKey{}).(net.Conn)
		p.carries(true)
	}
	return p, nil
}

// full is a denial for lack of room, which is counted.
func (g *gate) full(why *refusal.Refusal, limit string) *refusal.Refusal {
	g.t.meters.noRoom.Add(limit, 1)
	return why.After(refusal.Soon())
}

// judge refuses in the order of what is cheapest; the caller holds mu.
func (g *gate) judge(p *place, now time.Time) *refusal.Refusal {
	if g.open >= g.t.options.MaxConnections {
		return g.full(noRoom, RoomConnections)
	}
	if no := g.count(p.address, now); no != nil {
		return no
	}
	there := g.addresses[p.address] // of what is not counted there is none
	switch {
	case there.open >= g.t.options.MaxConnectionsPerAddress:
		return g.full(manyHere, RoomAddress)
	case p.unsigned && there.unsigned >= g.t.options.MaxUnsignedPerAddress:
		return g.full(manyHere, RoomUnsigned)
	}
	return nil
}

// move counts a place in, by 1, or out, by -1; the caller holds mu.
func (g *gate) move(p *place, by int) {
	g.open += by
	g.change(p.address, func(c *crowd) {
		c.open += by
		if p.unsigned {
			c.unsigned += by
		}
	})
	if p.user != "" {
		g.changeUser(p.user, by)
	}
}

func (g *gate) change(address netip.Prefix, change func(c *crowd)) {
	if !address.IsValid() {
		return
	}
	c := g.addresses[address]
	change(&c)
	g.addresses[address] = c
	if c == (crowd{}) {
		delete(g.addresses, address)
	}
}

func (g *gate) changeUser(user string, by int) {
	g.users[user] += by
	if g.users[user] == 0 {
		delete(g.users, user)
	}
}

// A place is what an open socket or event stream holds. The gate's lock guards it.
type place struct {
	gate     *gate
	address  netip.Prefix // zero: not counted
	user     string       // empty: nobody yet
	unsigned bool         // it counts among the unsigned of its address
	conn     net.Conn     // of an event stream; nil: not known
	left     bool
}

// accept answers whether the place may become a new event stream: a query over one costs no more than over plain HTTP.
func (p *place) accept() *refusal.Refusal {
	p.gate.mu.Lock()
	defer p.gate.mu.Unlock()
	if !p.gate.accepts.take(p.address, time.Now()) {
		return p.gate.full(noRoom, RoomAccepts)
	}
	return nil
}

// carries tells whose connection begins or ends to carry an event stream.
func (p *place) carries(open bool) {
	if p.conn != nil && p.gate.t.options.OnStream != nil {
		p.gate.t.options.OnStream(p.conn, open)
	}
}

// signIn counts a place among those of a person, whose id is not empty, unless that one has enough of them.
func (p *place) signIn(user string) bool {
	g := p.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case p.left || user == "" || p.user == user:
		return true // there is nothing to count
	case p.user != "" || g.users[user] >= g.t.options.MaxConnectionsPerUser:
		g.t.meters.noRoom.Add(RoomUser, 1)
		return false
	}
	g.move(p, -1)
	p.user, p.unsigned = user, false
	g.move(p, 1)
	return true
}

// leave gives the place back, once, however often it is called.
func (p *place) leave() {
	p.gate.mu.Lock()
	defer p.gate.mu.Unlock()
	if !p.left {
		p.left = true
		p.gate.move(p, -1)
		p.carries(false)
	}
}
