package transport

import "sync"

// A seat is what one person has in one room.
type seat struct{ user, room string }

// userRooms counts the streams of each person in each room. Pairs without a stream take no memory.
type userRooms struct {
	most int

	mu    sync.Mutex // guards seats
	seats map[seat]int
}

func newUserRooms(most int) *userRooms { return &userRooms{most: most, seats: map[seat]int{}} }

// enter counts one more stream of a room by a person. ok is false when there are enough of them; else leave
// gives the seat back, once, however often it is called. Safe for concurrent use.
func (u *userRooms) enter(user, room string) (leave func(), ok bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	s := seat{user, room}
	if u.seats[s] >= u.most {
		return nil, false
	}
	u.seats[s]++
	return sync.OnceFunc(func() { u.leave(s) }), true
}

func (u *userRooms) leave(s seat) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.seats[s]--; u.seats[s] == 0 {
		delete(u.seats, s)
	}
}
