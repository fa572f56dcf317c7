package signals

// slots hold the newest signal of each slot. A lock of their owner guards them.
type slots struct {
	of       map[slot]signal
	previews int // bytes of what bots have written
}

func newSlots() *slots { return &slots{of: map[slot]signal{}} }

// What slots hold at most.
const (
	maxWaiting  = 10_000  // signals
	maxPreviews = 4 << 20 // bytes of what bots have written
)

// fits tells whether there is room for a signal, instead of the one in its slot if there is one.
func (s *slots) fits(one signal) bool {
	old, there := s.of[one.slot()]
	if !there && len(s.of) >= maxWaiting {
		return false
	}
	more := len(one.Preview) - len(old.Preview)
	return more <= 0 || s.previews+more <= maxPreviews
}

// put keeps a signal that fits.
func (s *slots) put(one signal) {
	s.previews += len(one.Preview) - len(s.of[one.slot()].Preview)
	s.of[one.slot()] = one
}

// drop empties a slot.
func (s *slots) drop(it slot) {
	s.previews -= len(s.of[it].Preview)
	delete(s.of, it)
}
