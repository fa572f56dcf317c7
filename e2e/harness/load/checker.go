package load

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"github.com/google/uuid"
)

// A Journal is what the clients of a run noted, outside the server, and what the database holds when
// they have come to rest.
type Journal struct {
	Sends []*Send
	Lives []*Life
	Rows  []Seen // of the table of chats, in order of room and number
	heads map[uuid.UUID]head

	moves   []*Move // of each person in order
	watches []*Watch
}

// A Send is one chat that somebody sent, again and again under one id until it was answered.
type Send struct {
	room     uuid.UUID
	ID       uuid.UUID
	text     uint64
	called   time.Duration // before the first call, since the run began
	Answered time.Duration // after the first answer; 0: none
	At       string        // the server that gave it
	answers  []Seen        // all of them: an answered chat is sent again from time to time
	refused  string        // what the server said when it will not have the chat
}

// A Seen is a chat as somebody saw it.
type Seen struct {
	Room   uuid.UUID
	ID     uuid.UUID
	number int
	text   uint64
}

// A Life is what one reader was given while it knew where it stood.
type Life struct {
	reader int
	room   uuid.UUID
	start  int // the first number it has to get; 0: whichever came first
	Began  time.Duration
	Seen   []Seen
	Sights []Sight // of each of them
	last   bool    // it ran when everything had come to rest, so it has to be at the end
	ended  string  // what the server said when it ended the stream for good
}

// A Sight is when and at which server a reader saw a chat.
type Sight struct {
	When time.Duration
	At   string
}

// A head is where a room's counters and its log stand.
type head struct {
	number, place int
	events        int // of chats that are as they say
	moves         int // events of who is in it
	strange       int // members whom no event has let in, but for its owner
	uncounted     int // members that the room's row does not count, or counts too often
}

func hashOf(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text))
	return h.Sum64()
}

// Check returns what is wrong with a run; nothing, when every promise of delivery was kept.
func (j *Journal) Check() (wrong []string) {
	rooms, byID := map[uuid.UUID][]Seen{}, map[uuid.UUID]Seen{}
	for _, r := range j.Rows {
		if _, twice := byID[r.ID]; twice {
			wrong = append(wrong, fmt.Sprintf("chat %s is stored twice", r.ID))
		}
		byID[r.ID] = r
		rooms[r.Room] = append(rooms[r.Room], r)
	}
	wrong = append(wrong, j.checkRows(rooms)...)
	wrong = append(wrong, j.checkSends(byID)...)
	for _, l := range j.Lives {
		wrong = append(wrong, l.Check(rooms[l.room])...)
	}
	wrong = append(wrong, j.checkAccess(rooms)...)
	return append(wrong, j.checkOrder()...)
}

// checkRows wants the numbers of each room to be 1 … n, its head n with a place for each who has
// come or gone, and nothing there that nobody sent.
func (j *Journal) checkRows(rooms map[uuid.UUID][]Seen) (wrong []string) {
	sent := map[uuid.UUID]*Send{}
	for _, s := range j.Sends {
		sent[s.ID] = s
	}
	for room, rows := range rooms {
		for i, r := range rows {
			if r.number != i+1 {
				wrong = append(wrong, fmt.Sprintf("room %s: number %d stands where %d belongs", room, r.number, i+1))
				break
			}
		}
		for _, r := range rows {
			if s := sent[r.ID]; s == nil || s.room != room || s.text != r.text {
				wrong = append(wrong, fmt.Sprintf("chat %s was not sent as it is stored", r.ID))
			}
		}
	}
	for room, h := range j.heads {
		if n := len(rooms[room]); h != (head{number: n, place: n + h.moves, events: n, moves: h.moves}) {
			wrong = append(wrong, fmt.Sprintf("room %s holds %d chats, and its head is %+v", room, n, h))
		}
	}
	return wrong
}

// checkSends wants every chat to be answered, and every answer to be what is stored.
func (j *Journal) checkSends(byID map[uuid.UUID]Seen) (wrong []string) {
	for _, s := range j.Sends {
		stored, there := byID[s.ID]
		switch {
		case s.refused != "":
			wrong = append(wrong, fmt.Sprintf("chat %s was refused: %s", s.ID, s.refused))
		case len(s.answers) == 0:
			wrong = append(wrong, fmt.Sprintf("chat %s was never answered", s.ID))
		case !there:
			wrong = append(wrong, fmt.Sprintf("chat %s was answered as number %d and is lost", s.ID, s.answers[0].number))
		}
		for _, a := range s.answers {
			if there && a != stored {
				wrong = append(wrong, fmt.Sprintf("chat %s was answered as %+v and is stored as %+v", s.ID, a, stored))
			}
		}
	}
	return wrong
}

// Check wants a reader to have got what is stored, each number once and in order, up to the end.
func (l *Life) Check(stored []Seen) (wrong []string) {
	say := func(format string, a ...any) {
		wrong = append(wrong, fmt.Sprintf("reader %d of room %s: ", l.reader, l.room)+fmt.Sprintf(format, a...))
	}
	if l.ended != "" {
		say("was ended: %s", l.ended)
	}
	want := l.start
	for _, c := range l.Seen {
		if want == 0 {
			want = c.number
		}
		if c.number != want {
			say("number %d came instead of %d", c.number, want)
			return wrong
		}
		if want > len(stored) || stored[want-1] != c {
			say("was given %+v, which is not what is stored", c)
			return wrong
		}
		want++
	}
	if l.last && want > 0 && want != len(stored)+1 {
		say("is at number %d of %d", want-1, len(stored))
	}
	return wrong
}

// checkOrder wants real time to be kept: of two chats of a room, the one that was answered before the
// other was called has the smaller number.
func (j *Journal) checkOrder() (wrong []string) {
	rooms := map[uuid.UUID][]*Send{}
	for _, s := range j.Sends {
		if len(s.answers) > 0 {
			rooms[s.room] = append(rooms[s.room], s)
		}
	}
	for _, called := range rooms {
		answered := slices.Clone(called)
		slices.SortFunc(called, func(a, b *Send) int { return cmp.Compare(a.called, b.called) })
		slices.SortFunc(answered, func(a, b *Send) int { return cmp.Compare(a.Answered, b.Answered) })
		largest, next := 0, 0 // of those answered before the one at hand was called
		for _, s := range called {
			for ; answered[next].Answered < s.called; next++ {
				largest = max(largest, answered[next].answers[0].number)
			}
			if n := s.answers[0].number; n < largest {
				wrong = append(wrong, fmt.Sprintf("chat %s became number %d, but number %d was answered before it was sent", s.ID, n, largest))
			}
		}
	}
	return wrong
}
