package broker

import (
	"context"
	"encoding/binary"
	"sync"

	"parley/chat"
)

// maxWaiting is how many bytes of signals wait for a bus; newer ones are dropped.
const maxWaiting = 1 << 20

// Signal calls this node's listeners at once and leaves the signal for other nodes, if they can be reached.
func (b *bus) Signal(slot string, content []byte) {
	b.signals.Add(1)
	b.here.hand(content)
	if !b.connected.Load() || !b.slots.put(slot, content) {
		b.lost.Add(1)
		return
	}
	b.out.signal()
}

// Signals calls got for every signal, from here and from other nodes, until ctx ends.
func (b *bus) Signals(ctx context.Context, got func(content []byte)) error {
	return b.here.Signals(ctx, got)
}

// hear passes on here what another node sent.
func (b *bus) hear(packed []byte) {
	for _, content := range unpackSignals(packed) {
		b.heard.Add(1)
		b.here.hand(content)
	}
}

// flushSignals hands over as many signals as go together into so many bytes. The others follow behind the notifications that
// have come meanwhile. What cannot be sent is dropped.
func (b *bus) flushSignals(most int, send func(packed []byte) error) {
	packed, n, lost, more := b.slots.take(most)
	if more {
		b.out.signal()
	}
	if n > 0 && send(packed) != nil {
		lost += n
	}
	b.lost.Add(uint64(lost))
}

// slots hold the signals that other nodes were not told yet, in the order in which their slots were taken.
type slots struct {
	mu       sync.Mutex
	order    []string
	contents map[string][]byte
	bytes    int
}

// put keeps a signal instead of the older one in its slot. fits: there is room for it.
func (s *slots) put(slot string, content []byte) (fits bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, taken := s.contents[slot]
	more := len(content) - len(old)
	if !taken {
		more += len(slot)
	}
	if s.bytes+more > maxWaiting || len(content) > chat.MaxSignal {
		return false
	}
	if s.contents == nil {
		s.contents = map[string][]byte{}
	}
	if !taken {
		s.order = append(s.order, slot)
	}
	s.contents[slot] = append([]byte(nil), content...)
	s.bytes += more
	return true
}

// take takes the first signals, packed into at most so many bytes, and says how many, how many fit into no message, and
// whether there are more.
func (s *slots) take(most int) (packed []byte, n, lost int, more bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.order) > 0 {
		slot := s.order[0]
		content := s.contents[slot]
		switch size := lengthBytes + len(content); {
		case size > most:
			lost++
		case len(packed)+size > most:
			return packed, n, lost, true
		default:
			packed = append(binary.BigEndian.AppendUint16(packed, uint16(len(content))), content...)
			n++
		}
		s.order = s.order[1:]
		s.bytes -= len(slot) + len(content)
		delete(s.contents, slot)
	}
	s.order = nil
	return packed, n, lost, false
}

// lengthBytes are those of a signal's length, which comes before it where several go together.
const lengthBytes = 2

// unpackSignals reads them, up to what is none.
func unpackSignals(packed []byte) (contents [][]byte) {
	for len(packed) > lengthBytes {
		end := lengthBytes + int(binary.BigEndian.Uint16(packed))
		if end > len(packed) {
			break
		}
		contents = append(contents, packed[lengthBytes:end])
		packed = packed[end:]
	}
	return contents
}
