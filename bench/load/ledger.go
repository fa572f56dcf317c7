package load

import (
	"hash/maphash"
	"sync/atomic"
)

const (
	leafChats = 1 << 12
	leaves    = 1 << 12 // together: 16 million chats of one room
)

// A ledger remembers for each number of a room which chat was delivered under it first, so that
// every later delivery can be compared with it. Any number of goroutines may use it; it never waits.
type ledger struct {
	seed   maphash.Seed
	leaves [leaves]atomic.Pointer[[leafChats]atomic.Uint64]
}

func newLedger() *ledger { return &ledger{seed: maphash.MakeSeed()} }

// sum is what is kept of a text, never 0. Texts of a run differ from each other, because they carry
// the time at which they were sent.
func (l *ledger) sum(text []byte) uint64 { return maphash.Bytes(l.seed, text) | 1 }

// same says whether text is what everybody got under this number. A number beyond the ledger's
// size is never the same.
func (l *ledger) same(number int, text []byte) bool {
	at := l.at(number)
	if at == nil {
		return false
	}
	sum := l.sum(text)
	return at.Load() == sum || at.CompareAndSwap(0, sum) || at.Load() == sum
}

// at is where the sum of a number is kept; 0 until it is delivered.
func (l *ledger) at(number int) *atomic.Uint64 {
	if number < 0 || number >= leaves*leafChats {
		return nil
	}
	leaf := &l.leaves[number/leafChats]
	if leaf.Load() == nil {
		leaf.CompareAndSwap(nil, new([leafChats]atomic.Uint64))
	}
	return &leaf.Load()[number%leafChats]
}
