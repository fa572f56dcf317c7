package follow

import (
	"github.com/google/uuid"

	"parley/chat/roomlog"
)

// Committed tells of what was committed here, each room once, and of whose lists of rooms it changes, and waits for nobody.
// Those who follow a room on this node are handed the events, where these continue what has been read of the log, and else
// read it. Whoever has changed a chat calls it before the change is answered: from then on nobody is given the old text.
func (x *Caches) Committed(commits ...roomlog.Commit) {
	changed := make([]uuid.UUID, 0, len(commits))
	followed := make([]*cache, 0, len(commits))
	x.mu.Lock()
	for _, commit := range commits {
		changed = append(append(changed, commit.Room), commit.People...)
		if c := x.rooms[commit.Room]; c != nil {
			c.recent.note(commit.Rows)
			c.waker.tell(c.takeOver(commit))
			followed = append(followed, c)
		}
	}
	x.mu.Unlock()
	if len(changed) > 0 { // else it would be for all rooms
		x.o.Notify(changed...)
	}
	for _, c := range followed {
		c.waker.told()
	}
}

// takeOver adds a commit to the window, if its events follow there and nobody is reading. Commits of one room may come in
// another order than they were made in.
func (c *cache) takeOver(commit roomlog.Commit) (taken bool) {
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
	c.waker.read(c.end(), none)
	return true
}

// eventsOf are those of a commit, as they would have been read; nil: they do not follow the window's end, or what they
// show of the room is known to the log alone.
func (c *cache) eventsOf(commit roomlog.Commit) []*roomlog.Event {
	if commit.Partial || len(commit.Rows.Log) == 0 || commit.Before != c.end() || !commit.Rows.Whole(commit.Before) {
		return nil
	}
	events, err := commit.Rows.Events(c.room)
	if err != nil {
		return nil
	}
	room := events[0].Room
	if n := len(c.window); room.Newest == nil && n > 0 && c.window[n-1].Room.LastNumber == room.LastNumber {
		room.Newest = in(room, c.window[n-1].Room.Newest) // an older chat has changed
	}
	if room.Newest == nil && room.LastNumber > 0 {
		return nil
	}
	return events
}
