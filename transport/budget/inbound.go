package budget

import (
	"container/list"
	"errors"
	"io"
	"net/netip"
	"sync"
)

const (
	uncountedPart = 4 << 10 // of each: most are no larger, and so take no lock
	firstPart     = 1 << 10 // is taken when the first byte is due
)

// An Inbound bounds the bytes of requests that are still coming in. When there are too many, the address that holds
// most makes room, or where all have little, which takes many addresses, all together. Of these it is whoever has been
// at it the longest: what is sent in good faith is there within moments, and half a message stays.
type Inbound struct {
	most  int64
	share int64 // with no more than this, an address has little

	mu    sync.Mutex // guards all below, and the arrivals
	bytes int64
	held  map[netip.Prefix]int64 // by address, if it holds any; all of loopback, the zero prefix, is one here
	order list.List              // of *Arrival: those that hold any; who began first is in front

	givenUp uint64
}

// An Arrival is what comes in over one connection.
type Arrival struct {
	in      *Inbound
	address netip.Prefix
	giveUp  func() // ends the connection; called without a lock, once

	bytes   int64
	element *list.Element // in order; nil: it holds none
	over    bool
}

// NewInbound has at most so many bytes come in at once, of which an address may have its share before it counts as full.
func NewInbound(most, share int64) *Inbound {
	return &Inbound{most: most, share: share, held: map[netip.Prefix]int64{}}
}

// Held is how many requests hold bytes that count, and how many bytes.
func (in *Inbound) Held() (arrivals int, bytes int64) {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.order.Len(), in.bytes
}

// Arrive begins what comes in over one connection of an address. giveUp ends the connection when others need the room;
// it is called without a lock, at most once.
func (in *Inbound) Arrive(address netip.Prefix, giveUp func()) *Arrival {
	return &Arrival{in: in, address: address, giveUp: giveUp}
}

// GivenUp is how many have made room for others.
func (in *Inbound) GivenUp() uint64 {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.givenUp
}

// Receive reads up to n bytes behind b, which never needs more than limit in all. The buffer grows with what comes and
// not with what was announced. The error is io.EOF if there was less.
func (a *Arrival) Receive(r io.Reader, b []byte, n, limit int64) ([]byte, error) {
	for end := int64(len(b)) + n; int64(len(b)) < end; {
		if len(b) == cap(b) {
			b = a.enlarge(b, limit)
		}
		m, err := r.Read(b[len(b):min(int64(cap(b)), end)])
		b = b[:len(b)+m]
		if err != nil && (int64(len(b)) < end || !errors.Is(err, io.EOF)) {
			return b, err
		}
	}
	return b, nil
}

func (a *Arrival) enlarge(b []byte, limit int64) []byte {
	larger := make([]byte, len(b), min(limit, max(firstPart, 2*int64(cap(b)))))
	a.hold(counted(larger) - counted(b))
	copy(larger, b)
	return larger
}

// counted is how many bytes of a buffer count.
func counted(b []byte) int64 { return max(0, int64(cap(b))-uncountedPart) }

// hold counts so many bytes more, and has others make room for them. What is over holds nothing.
func (a *Arrival) hold(bytes int64) {
	if bytes == 0 {
		return
	}
	for _, one := range a.in.take(a, bytes) {
		one.giveUp()
	}
}

// take counts bytes, and returns who must go for them.
func (in *Inbound) take(a *Arrival, bytes int64) (out []*Arrival) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if a.over {
		return nil
	}
	if a.element == nil {
		a.element = in.order.PushBack(a)
	}
	in.change(a, bytes)
	for in.bytes > in.most {
		one := in.first()
		one.over = true
		in.free(one, one.bytes)
		out = append(out, one)
		in.givenUp++
	}
	return out
}

// first is who must go first.
func (in *Inbound) first() *Arrival {
	var fullest netip.Prefix
	most := in.share
	for address, bytes := range in.held {
		if bytes > most {
			fullest, most = address, bytes
		}
	}
	for e := in.order.Front(); ; e = e.Next() {
		if a := e.Value.(*Arrival); most == in.share || a.address == fullest {
			return a
		}
	}
}

func (in *Inbound) change(a *Arrival, bytes int64) {
	a.bytes += bytes
	in.bytes += bytes
	if in.held[a.address] += bytes; in.held[a.address] == 0 {
		delete(in.held, a.address)
	}
}

// Release gives back what was counted for a buffer of Receive, when the request in it has been taken.
func (a *Arrival) Release(buffer []byte) {
	bytes := counted(buffer)
	if bytes == 0 {
		return
	}
	a.in.mu.Lock()
	defer a.in.mu.Unlock()
	a.in.free(a, min(bytes, a.bytes))
}

// End gives back all, and reports whether it has been given up. Then giveUp may still be running, or be called later.
func (a *Arrival) End() (givenUp bool) {
	a.in.mu.Lock()
	defer a.in.mu.Unlock()
	givenUp, a.over = a.over, true
	a.in.free(a, a.bytes)
	return givenUp
}

// free is Release for who holds mu.
func (in *Inbound) free(a *Arrival, bytes int64) {
	if a.element == nil {
		return
	}
	in.change(a, -bytes)
	if a.bytes == 0 {
		in.order.Remove(a.element)
		a.element = nil
	}
}
