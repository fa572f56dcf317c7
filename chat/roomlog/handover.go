package roomlog

import (
	"slices"

	"github.com/google/uuid"

	"parley/ent"
)

// A Commit is events that a transaction has added to the end of a room's log. With none it says no more than that there
// may be some.
type Commit struct {
	Room   uuid.UUID
	People []uuid.UUID // whose lists of rooms it changes; other nodes are told of them as of rooms
	before Position    // of the event that they follow
	rows   logRows
}

// Commit is what the reserved events come to once their transaction has been committed. chats are those they are about,
// as the transaction leaves them. With events that change the room's row there is nothing to hand over: the log is read.
func (r *Reservation) Commit(chats ...*ent.Chat) Commit {
	told := Commit{Room: r.Room.ID}
	for _, e := range r.Events {
		switch EventKind(e.Kind) {
		case MemberJoined, MemberLeft, MemberRemoved:
			told.People = append(told.People, *e.UserID)
		}
	}
	if slices.ContainsFunc(r.Events, func(e *ent.RoomEvent) bool { return e.ChatID == nil }) {
		return told
	}
	rows := logRows{log: r.Events, room: r.Room, chats: make(map[uuid.UUID]*ent.Chat, len(chats))}
	for _, c := range chats {
		rows.chats[c.ID] = c
	}
	told.before, told.rows = r.before, rows
	return told
}

// Committed tells of what was committed here, each room once and whose lists change, and waits for nobody. Those who follow a room on this node
// are handed the events, where these continue what has been read of the log, and else read it. Whoever has changed a chat
// calls it before the change is answered: from then on nobody is given the old text.
func (x *caches) Committed(commits ...Commit) {
	about := make([]uuid.UUID, 0, len(commits))
	followed := make([]*cache, 0, len(commits))
	x.mu.Lock()
	for _, commit := range commits {
		about = append(append(about, commit.Room), commit.People...)
		if c := x.rooms[commit.Room]; c != nil {
			c.signal.tell(c.takeOver(commit))
			followed = append(followed, c)
		}
	}
	x.mu.Unlock()
	if len(about) > 0 { // else it would be for all rooms
		x.notify(about...)
	}
	for _, c := range followed {
		c.signal.told()
	}
}

// takeOver adds a commit to the window, if its events follow there and nobody is reading. Commits of one room may come in
// another order than they were made in.
func (c *cache) takeOver(commit Commit) (taken bool) {
	select {
	case c.sem <- struct{}{}:
	default:
		return false
	}
	defer func() { <-c.sem }()
	events := c.eventsOf(commit)
	if events == nil {
		return false
	}
	c.grow(events)
	c.signal.read(c.end(), false)
	return true
}

// eventsOf are those of a commit, as they would have been read; nil: they do not follow the window's end, or what they
// show of the room is known to the log alone.
func (c *cache) eventsOf(commit Commit) []*Event {
	p := commit.rows
	if len(p.log) == 0 || commit.before != c.end() {
		return nil
	}
	room := c.room.asOf(p.log, p.room)
	events, err := withChats(room, p.log, p.chats)
	if n := len(c.window); room.Newest == nil && n > 0 && c.window[n-1].Room.LastNumber == room.LastNumber {
		room.Newest = c.window[n-1].Room.Newest.in(room) // an older chat has changed
	}
	if err != nil || room.Newest == nil && room.LastNumber > 0 {
		return nil
	}
	return events
}
