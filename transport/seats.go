package transport

import "sync"

// A seat is what one person has in one log.
type seat struct{ user, log string }

// seats counts the streams of each person in each log: each may cost an execution for each event. Pairs
// without a stream take no memory.
type seats struct {
	most int

	mu    sync.Mutex // guards taken
	taken map[seat]int
}

func newSeats(most int) *seats { return &seats{most: most, taken: map[seat]int{}} }

// enter takes seats in all of these logs, or in none when there are enough streams in one of them. Safe for
// concurrent use, like leave.
func (x *seats) enter(user string, logs []Log) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i, log := range logs {
		s := seat{user, log.Key}
		if x.taken[s] >= x.most {
			x.free(user, logs[:i])
			return false
		}
		x.taken[s]++
	}
	return true
}

// leave gives back what enter took.
func (x *seats) leave(user string, logs []Log) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.free(user, logs)
}

func (x *seats) free(user string, logs []Log) {
	for _, log := range logs {
		s := seat{user, log.Key}
		if x.taken[s]--; x.taken[s] == 0 {
			delete(x.taken, s)
		}
	}
}
