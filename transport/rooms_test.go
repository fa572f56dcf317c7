package transport

import (
	"sync"
	"testing"
)

// One person has so many streams of one room; others, and other rooms, are not concerned. A seat that is
// given back twice is one seat.
func TestSeatsInARoom(t *testing.T) {
	rooms := newUserRooms(2)
	first, ok1 := rooms.enter("ann", "general")
	second, ok2 := rooms.enter("ann", "general")
	if _, ok := rooms.enter("ann", "general"); !ok1 || !ok2 || ok {
		t.Errorf("two of two: %v, %v; a third: %v", ok1, ok2, ok)
	}
	elsewhere, ok1 := rooms.enter("ann", "random")
	theirs, ok2 := rooms.enter("bob", "general")
	if !ok1 || !ok2 {
		t.Errorf("another room: %v, another person: %v", ok1, ok2)
	}
	first()
	first()
	third, ok := rooms.enter("ann", "general")
	if _, fourth := rooms.enter("ann", "general"); !ok || fourth {
		t.Errorf("one was given back: %v, and no other: %v", ok, fourth)
	}
	for _, leave := range []func(){second, third, elsewhere, theirs} {
		leave()
	}
	if len(rooms.seats) != 0 {
		t.Errorf("left: %v", rooms.seats)
	}
}

func TestSeatsAreCountedExactly(t *testing.T) {
	rooms := newUserRooms(3)
	var together sync.WaitGroup
	for range 20 {
		together.Go(func() {
			for range 200 {
				if leave, ok := rooms.enter("ann", "general"); ok {
					if n := rooms.count("ann", "general"); n < 1 || n > 3 {
						t.Errorf("%d streams", n)
					}
					leave()
				}
			}
		})
	}
	together.Wait()
	if len(rooms.seats) != 0 {
		t.Errorf("left: %v", rooms.seats)
	}
}

func (u *userRooms) count(user, room string) int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.seats[seat{user, room}]
}
