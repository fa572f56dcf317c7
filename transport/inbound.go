package transport

import (
	"container/list"
	"errors"
	"io"
	"sync"
)

const (
	inboundBytes  = 32 << 20 // of requests that are coming in, messages and bodies, on the whole node
	uncountedPart = 4 << 10  // of each: most are no larger, and so take no lock
	firstPart     = 1 << 10  // is taken when the first byte is due
)

// An inbound bounds the bytes of requests that are still coming in. When there are too many, whoever has been at it
// the longest makes room: what is sent in good faith is there within moments, and half a message stays.
type inbound struct {
	most int64

	mu    sync.Mutex // guards all below, and the arrivals
	bytes int64
	order list.List // of *arrival: those that hold any; who began first is in front
}

// An arrival is what comes in over one connection.
type arrival struct {
	in     *inbound
	giveUp func() // ends the connection; called without a lock, once

	bytes int64
	place *list.Element // nil: it holds none
	over  bool
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
	a.bytes += bytes
	in.bytes += bytes
	for in.bytes > in.most {
		oldest := in.order.Front().Value.(*arrival)
		oldest.over = true
		in.free(oldest, oldest.bytes)
		out = append(out, oldest)
	}
	return out
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
	a.bytes -= bytes
	in.bytes -= bytes
	if a.bytes == 0 && a.place != nil {
		in.order.Remove(a.place)
		a.place = nil
	}
}
