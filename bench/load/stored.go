package load

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"parley/bench/client"
	"parley/bench/report"
)

// checkStored checks a room that was empty before: stored is what reading it from its start gave,
// answered and refused is what the server told the senders. It says what is lost, doubled, out of
// order, under another number than answered, or there although it was refused.
func checkStored(room string, stored []client.StoredChat, answered []answer, refused []uuid.UUID) report.Problems {
	var p report.Problems
	numbers := make(map[uuid.UUID]int, len(stored))
	last := 0
	for _, c := range stored {
		if c.Number != last+1 {
			p.Add("room %s: number %d follows number %d", room, c.Number, last)
		}
		last = c.Number
		if first, twice := numbers[c.ID]; twice {
			p.Add("room %s: chat %s is stored twice, as number %d and %d", room, c.ID, first, c.Number)
		}
		numbers[c.ID] = c.Number
	}
	for _, a := range answered {
		switch n, there := numbers[a.id]; {
		case !there:
			p.Add("room %s: chat %s was answered as number %d and is not stored", room, a.id, a.number)
		case n != a.number:
			p.Add("room %s: chat %s was answered as number %d and is stored as %d", room, a.id, a.number, n)
		}
	}
	for _, id := range refused {
		if n, there := numbers[id]; there {
			p.Add("room %s: chat %s was refused and is stored as number %d", room, id, n)
		}
	}
	return p
}

// CheckNumbers checks a server that cannot be read back: the numbers it answered are 1 … n.
func CheckNumbers(name string, senders []*Sender) report.Problems {
	var p report.Problems
	seen := map[int]bool{}
	for _, s := range senders {
		for _, a := range s.answered {
			if seen[a.number] {
				p.Add("%s: number %d was given twice", name, a.number)
			}
			seen[a.number] = true
		}
	}
	for n := range len(seen) {
		if !seen[n+1] {
			p.Add("%s: number %d was never given", name, n+1)
		}
	}
	return p
}

// AnsweredChats is what a server that stores nothing has answered, by room: numbers, and no texts.
func AnsweredChats(senders []*Sender) (map[string][]client.StoredChat, report.Problems) {
	var p report.Problems
	byRoom, rooms := map[string][]*Sender{}, map[string][]client.StoredChat{}
	for _, s := range senders {
		byRoom[s.Room] = append(byRoom[s.Room], s)
	}
	for room, those := range byRoom {
		p.Merge(CheckNumbers("room "+room, those))
		for n := range NewestOf(those)[room] {
			rooms[room] = append(rooms[room], client.StoredChat{Number: n + 1})
		}
	}
	return rooms, p
}

// ReadBack reads all rooms of the senders and checks them. It returns what is stored, by room.
func ReadBack(ctx context.Context, a client.API, senders []*Sender) (map[string][]client.StoredChat, report.Problems, error) {
	var p report.Problems
	answered, refused := map[string][]answer{}, map[string][]uuid.UUID{}
	for _, s := range senders {
		answered[s.Room] = append(answered[s.Room], s.answered...)
		refused[s.Room] = append(refused[s.Room], s.refused...)
	}
	rooms := make(map[string][]client.StoredChat, len(answered))
	for room := range answered {
		stored, err := a.Chats(ctx, room)
		if err != nil {
			return nil, p, fmt.Errorf("room %s: %w", room, err)
		}
		rooms[room] = stored
		p.Merge(checkStored(room, stored, answered[room], refused[room]))
	}
	return rooms, p, nil
}
