package transport

import (
	"container/list"
	"errors"
	"io"
	"net/netip"
	"sync"
)

const (
	inboundBytes  = 32 << 20 // of requests that are coming in, messages and bodies, on the whole node
	inboundShare  = 4        // requests of the largest size may be coming in from each address before it counts as full
	uncountedPart = 4 << 10  // of each: most are no larger, and so take no lock
	firstPart     = 1 << 10  // is taken when the first byte is due
)

// An inbound bounds the bytes of requests that are still coming in. When there are too many, the address that holds
// most makes room, or where all have little, which takes many addresses, all together. Of these it is whoever has been
// at it the longest: what is sent in good faith is there within moments, and half a message stays.
type inbound struct {
	most  int64
	share int64 // with no more than this, an address has little

	mu    sync.Mutex // guards all below, and the arrivals
	bytes int64
	held  map[netip.Prefix]int64 // by address, if it holds any; all of loopback, the zero prefix, is one here
	order list.List              // of *arrival: those that hold any; who began first is in front
}

// An arrival is what comes in over one connection.
type arrival struct {
	in      *inbound
	address netip.Prefix
	giveUp  func() // ends the connection; called without a lock, once

	bytes int64
	place *list.Element // nil: it holds none
	over  bool
}

// init makes room for requests of which the largest has so many bytes.
func (in *inbound) init(largest int64) {
	in.share = inboundShare * largest
	in.most = max(inboundBytes, in.share)
	in.held = map[netip.Prefix]int64{}
}

// receive reads up to n bytes behind b, which never needs more than limit in all. The buffer grows with what comes and
// not with what was announced. The error is io.EOF if there was less.
func (a *arrival) receive(r io.Reader, b []byte, n, limit int64) ([]byte, error) {
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

func (a *arrival) enlarge(b []byte, limit int64) []byte {
	larger := make([]byte, len(b), min(limit, max(firstPart, 2*int64(cap(b)))))
	a.hold(counted(larger) - counted(b))
	copy(larger, b)
	return larger
}

// counted is how many bytes of a buffer count.
func counted(b []byte) int64 { return max(0, int64(cap(b))-uncountedPart) }

// hold counts so many bytes more, and has others make room for them. What is over holds nothing.
func (a *arrival) hold(bytes int64) {
	if bytes == 0 {
		return
	}
	for _, one := range a.in.take(a, bytes) {
		one.giveUp()
	}
}

// take answers who must go.
func (in *inbound) take(a *arrival, bytes int64) (out []*arrival) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if a.over {
		return nil
	}
	if a.place == nil {
		a.place = in.order.PushBack(a)
	}
	in.change(a, bytes)
	for in.bytes > in.most {
		one := in.first()
		one.over = true
		in.free(one, one.bytes)
		out = append(out, one)
	}
	return out
}

// first is who must go first.
func (in *inbound) first() *arrival {
	var fullest netip.Prefix
	most := in.share
	for address, bytes := range in.held {
		if bytes > most {
			fullest, most = address, bytes
		}
	}
	for place := in.order.Front(); ; place = place.Next() {
		if a := place.Value.(*arrival); most == in.share || a.address == fullest {
			return a
		}
	}
}

func (in *inbound) change(a *arrival, bytes int64) {
	a.bytes += bytes
	in.bytes += bytes
	if in.held[a.address] += bytes; in.held[a.address] == 0 {
		delete(in.held, a.address)
	}
}

// release gives back what hold has counted, when a request has been taken.
func (a *arrival) release(bytes int64) {
	if bytes == 0 {
		return
	}
	a.in.mu.Lock()
	defer a.in.mu.Unlock()
	a.in.free(a, min(bytes, a.bytes))
}

// end gives back all, and answers whether it has been given up. Then giveUp may still be running, or be called later.
func (a *arrival) end() (givenUp bool) {
	a.in.mu.Lock()
	defer a.in.mu.Unlock()
	givenUp, a.over = a.over, true
	a.in.free(a, a.bytes)
	return givenUp
}

// free is release for who holds mu.
func (in *inbound) free(a *arrival, bytes int64) {
	if a.place == nil {
		return
	}
	in.change(a, -bytes)
	if a.bytes == 0 {
		in.order.Remove(a.place)
		a.place = nil
	}
}
