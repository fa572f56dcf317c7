package roomlog

import "github.com/google/uuid"

// A Commit is events that a transaction has added to the end of a room's log. With none it says no more than that there
// may be some.
type Commit struct {
	Room   uuid.UUID
	before Position // of the event that they follow
	events []*Event
}

// Commit is what the reserved events come to once their transaction has been committed. chats are those they are about,
// one by one, as the transaction leaves them.
func (r *Reservation) Commit(chats ...*Chat) Commit {
	c := Commit{Room: r.Room.ID, before: r.before, events: make([]*Event, len(r.Events))}
	in := RoomOf(r.Room)
	for i, row := range r.Events {
		c.events[i] = eventOf(row, in)
		if len(chats) > 0 {
			c.events[i].Chat = chats[i]
		}
	}
	return c
}

// Committed tells of what was committed here, each room once, and waits for nobody. Those who follow a room on this node
// are handed the events, where these continue what has been read of the log, and else read it. Whoever has changed a chat
// calls it before the change is answered: from then on nobody is given the old text.
func (x *caches) Committed(commits ...Commit) {
	rooms := make([]uuid.UUID, len(commits))
	followed := make([]*cache, 0, len(commits))
	x.mu.Lock()
	for i, commit := range commits {
		rooms[i] = commit.Room
		if c := x.rooms[commit.Room]; c != nil {
			c.signal.tell(c.takeOver(commit))
			followed = append(followed, c)
		}
	}
	x.mu.Unlock()
	if len(rooms) > 0 { // else it would be for all rooms
		x.notify(rooms...)
	}
	for _, c := range followed {
		c.signal.told()
	}
}

// takeOver adds a commit to the window, if its events follow the window's end and nobody is reading. Commits of one room
// may come in another order than they were made in.
func (c *cache) takeOver(commit Commit) (taken bool) {
	select {
	case c.sem <- struct{}{}:
	default:
		return false
	}
	defer func() { <-c.sem }()
	if len(commit.events) == 0 || commit.before != c.end() {
		return false
	}
	c.grow(commit.events)
	c.signal.read(c.end(), false)
	return true
}
