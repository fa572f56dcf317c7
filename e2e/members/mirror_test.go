package members

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"parley/chat/roomlog"
	"parley/e2e/harness"
)

const eventsOfAll = `subscription($after: [Cursor!]) { events(after: $after) {
	kind cursor cursors username member { role } chat { number text } room { id name topic sendRole memberCount } } }`

// An event is what a stream of all rooms says.
type event struct {
	Kind           string
	Cursor         *string
	Cursors        []string
	Username       *string
	Member         *struct{ Role string }
	Chat           *aChat
	Room           *shownRoom
	place          int64 // of its cursor
	ended, entered bool  // it is about the reader, who is out of the room, or in it
}

type aChat struct {
	Number int
	Text   *string
}

// A shownRoom is a room as streams and queries show it.
type shownRoom struct {
	ID, Name, SendRole string
	Topic              *string
	MemberCount        int
}

// A mirrored is a room as a client knows it that is told of it by its stream alone.
type mirrored struct {
	shownRoom
	cursor  string
	place   int64
	chats   map[int]string    // texts, by number
	members map[string]string // roles, by username
	out     bool              // the last that was said is that the client is not in it
	gap     bool              // that did not follow what was said before, as it may where nothing follows it
}

// text is all that is known of it.
func (m *mirrored) text() string {
	var b strings.Builder
	topic := "-"
	if m.Topic != nil {
		topic = *m.Topic
	}
	fmt.Fprintf(&b, "%q, topic %q, %s may send, %d members, at %d:", m.Name, topic, m.SendRole, m.MemberCount, m.place)
	for _, who := range slices.Sorted(maps.Keys(m.members)) {
		fmt.Fprintf(&b, " %s %s", who, m.members[who])
	}
	for _, number := range slices.Sorted(maps.Keys(m.chats)) {
		fmt.Fprintf(&b, "\n%d %s", number, m.chats[number])
	}
	return b.String()
}

// A mirror is a client that keeps all rooms of somebody as it is told of them.
type mirror struct {
	t          *testing.T
	who, token string
	socket     *harness.Socket
	caughtUp   []string
	rooms      map[string]*mirrored
	heard      []event // since it came last
}

// open opens a stream behind what the client has.
func (c *mirror) open(s *harness.Server) {
	c.t.Helper()
	after := slices.Clone(c.caughtUp)
	for _, id := range slices.Sorted(maps.Keys(c.rooms)) {
		after = append(after, c.rooms[id].cursor)
	}
	c.heard, c.socket = nil, s.Dial(c.token)
	c.socket.Expect("connection_ack")
	c.socket.Subscribe("all", eventsOfAll, map[string]any{"after": after})
}

// close ends the stream at a moment that nobody chose.
func (c *mirror) close() { _ = c.socket.Conn.CloseNow() }

// read reads as many events, or to CAUGHT_UP if n is 0.
func (c *mirror) read(n int) {
	c.t.Helper()
	for i := 0; n == 0 || i < n; i++ {
		var said struct{ Data struct{ Events event } }
		if m := c.socket.Expect("next"); json.Unmarshal(m.Payload, &said) != nil {
			c.t.Fatalf("%s", m.Payload)
		}
		if said.Data.Events.Kind == "CAUGHT_UP" {
			c.current(said.Data.Events.Cursors)
			return
		}
		c.take(said.Data.Events)
	}
}

// current takes the places that a client resumes from: each room at its last event, and rooms that it is out of are none of them.
func (c *mirror) current(cursors []string) {
	c.t.Helper()
	c.caughtUp = cursors
	maps.DeleteFunc(c.rooms, func(_ string, m *mirrored) bool { return m.out })
	listed := map[string]int64{}
	for _, cursor := range cursors {
		if id, at, ok := roomlog.ParseCursor(cursor); ok {
			listed[id.String()] = at.Place
		}
	}
	for id, m := range c.rooms {
		if place, is := listed[id]; !is || place != m.place {
			c.t.Errorf("caught up in room %s at %d %v, behind event %d", m.Name, place, is, m.place)
		}
	}
	if len(listed) != len(c.rooms) || len(cursors) != len(listed)+1 {
		c.t.Errorf("caught up in %d rooms by %d cursors, of %d", len(listed), len(cursors), len(c.rooms))
	}
}

// take takes an event: the one behind the last of its room, or the first that the client is told of.
func (c *mirror) take(e event) {
	c.t.Helper()
	m, known := c.rooms[e.Room.ID]
	if !known {
		m = &mirrored{chats: map[int]string{}, members: map[string]string{}}
		c.rooms[e.Room.ID] = m
	}
	about := e.Username != nil && *e.Username == c.who
	e.entered = about && e.Kind == "MEMBER_JOINED"
	e.ended = e.Kind == "ROOM_DELETED" || about && (e.Kind == "MEMBER_LEFT" || e.Kind == "MEMBER_REMOVED")
	if e.Cursor != nil {
		id, at, ok := roomlog.ParseCursor(*e.Cursor)
		follows := at.Place == m.place+1
		if !ok || id.String() != e.Room.ID || known && (m.gap || at.Place <= m.place || !follows && !e.ended) {
			c.t.Fatalf("%s of room %s at %d came behind %d", e.Kind, e.Room.Name, at.Place, m.place)
		}
		m.gap = known && !follows
		m.cursor, m.place, e.place = *e.Cursor, at.Place, at.Place
	}
	if !known && !e.entered && !e.ended {
		c.t.Errorf("room %s began with %s at %d", e.Room.Name, e.Kind, m.place)
	}
	m.shownRoom = *e.Room
	m.apply(e)
	c.heard = append(c.heard, e)
}

// apply does to what is known of a room what an event says: members and chats are sets.
func (m *mirrored) apply(e event) {
	m.out = e.ended || m.out && !e.entered
	if e.Chat != nil {
		m.chats[e.Chat.Number] = textOf(e.Chat.Text)
	}
	switch {
	case e.Username == nil:
	case e.Member != nil:
		m.members[*e.Username] = e.Member.Role
	default:
		delete(m.members, *e.Username)
	}
}

func textOf(text *string) string {
	if text == nil {
		return "(deleted)"
	}
	return *text
}

// fresh is a room as queries show it.
func fresh(s *harness.Server, token, id string) *mirrored {
	s.T.Helper()
	var data struct {
		Room struct {
			shownRoom
			SyncCursor string
			Members    struct {
				Nodes []struct {
					Role string
					User struct{ Username string }
				}
				PageInfo struct{ HasNextPage bool }
			}
			Chats struct {
				Nodes    []aChat
				PageInfo struct{ HasNextPage bool }
			}
		}
	}
	s.Must(&data, token, `query($r: ID!) { room(id: $r) { id name topic sendRole memberCount syncCursor
		members { nodes { role user { username } } pageInfo { hasNextPage } }
		chats(first: 200) { nodes { number text } pageInfo { hasNextPage } } } }`, map[string]any{"r": id})
	r := data.Room
	_, at, ok := roomlog.ParseCursor(r.SyncCursor)
	if !ok || r.Chats.PageInfo.HasNextPage || r.Members.PageInfo.HasNextPage {
		s.T.Fatalf("room %s is more than a page", r.Name)
	}
	m := &mirrored{shownRoom: r.shownRoom, cursor: r.SyncCursor, place: at.Place, chats: map[int]string{}, members: map[string]string{}}
	for _, one := range r.Members.Nodes {
		m.members[one.User.Username] = one.Role
	}
	for _, c := range r.Chats.Nodes {
		m.chats[c.Number] = textOf(c.Text)
	}
	return m
}
