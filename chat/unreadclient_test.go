package chat_test

import (
	"slices"

	"parley/chat"
	"parley/chat/access"
	"parley/chat/follow"
	"parley/chat/follow/logtest"
	"parley/chat/reads"
	"parley/chat/roomlog"
	"parley/ent"
	entchat "parley/ent/chat"
	"parley/ent/mention"
)

// A counter is somebody in a room as a client that counts by its stream alone.
type counter struct {
	w        *world
	who      chat.Caller
	room     *roomlog.Room
	in       bool
	lastRead int // as their devices were answered
	last     int // number of the newest chat
	chats    []*roomlog.Chat
	unread   map[int]bool // numbers of chats of others, which are not deleted
	said     map[int]bool // numbers of chats that mention or answer them
	tail     *follow.Tail
	wake     chan struct{}
	at       roomlog.Position
}

// enter begins behind what was read at the joining: what has come since is in the stream.
func (c *counter) enter() {
	c.w.t.Helper()
	now, err := c.w.Room(c.w.t.Context(), c.who, c.room.ID.String())
	if err != nil || now.As.Member == nil {
		c.w.t.Fatalf("%s is in %s as %+v, %v", c.who.Username, c.room.Name, now, err)
	}
	c.in, c.lastRead, c.last, c.chats, c.unread, c.said = true, now.As.Member.LastRead, now.LastNumber, nil, map[int]bool{}, map[int]bool{}
	cursor := now.SyncCursor()
	c.open(&cursor)
}

func (c *counter) open(after *string) {
	c.w.t.Helper()
	from, err := c.w.Open(c.w.t.Context(), c.who, c.room.ID.String(), after)
	if err != nil {
		c.w.t.Fatal(err)
	}
	wake, notify := logtest.Wake()
	c.wake, c.at, c.tail = wake, from.At, c.w.Follow(from, notify)
}

// leave ends the stream, as the end of the membership does.
func (c *counter) leave() {
	if c.tail != nil {
		c.tail.Leave()
	}
	c.in, c.tail = false, nil
}

// read takes all that the stream brings up to a place.
func (c *counter) read(place int64) {
	c.w.t.Helper()
	for c.at.Place < place {
		events, err := c.tail.Next(c.w.t.Context(), c.at)
		if err != nil {
			c.w.t.Fatal(err)
		}
		for _, e := range events {
			c.take(e)
		}
		if len(events) == 0 {
			<-c.wake
		}
	}
}

func (c *counter) take(e *roomlog.Event) {
	c.at = e.Position()
	switch e.Kind {
	case roomlog.ChatSent:
		c.last = e.Chat.Number
		c.chats = append(c.chats, e.Chat)
		c.unread[e.Chat.Number] = e.Chat.Username != c.who.Username && e.Chat.DeletedAt == nil
		c.said[e.Chat.Number] = c.isMeant(e.Chat)
	case roomlog.ChatEdited:
		c.said[e.Chat.Number] = c.isMeant(e.Chat)
	case roomlog.ChatDeleted:
		delete(c.unread, e.Chat.Number)
		delete(c.said, e.Chat.Number)
	}
}

// isMeant tells by what an event shows of a chat of somebody else, mentions and replyTo, whether it is about them.
func (c *counter) isMeant(in *roomlog.Chat) bool {
	c.w.t.Helper()
	if in.DeletedAt != nil || in.UserID == c.who.ID {
		return false
	}
	mentioned, err := c.w.Mentioned(c.w.t.Context(), access.Reader{All: true}, []*roomlog.Chat{in})
	if err != nil {
		c.w.t.Fatal(err)
	}
	answered, err := c.w.ReplyTargets(c.w.t.Context(), access.Reader{All: true}, []*roomlog.Chat{in})
	if err != nil {
		c.w.t.Fatal(err)
	}
	return slices.Contains(mentioned[0], c.who.ID) || answered[0] != nil && answered[0].UserID == c.who.ID
}

// mentions is how many chats that are about them the client shows.
func (c *counter) mentions() (n int) {
	for number, meant := range c.said {
		if meant && number > c.lastRead {
			n++
		}
	}
	return min(n, reads.MaxCount)
}

// count is what the client shows.
func (c *counter) count() (n int) {
	if !c.in {
		return 0
	}
	for number := c.lastRead + 1; number <= c.last; number++ {
		if c.unread[number] {
			n++
		}
	}
	return min(n, reads.MaxCount)
}

// A brute counts by looking at every row.
type brute struct{ lastRead, unread, mentions int }

func (c *counter) brute(in *ent.Room) (b brute) {
	c.w.t.Helper()
	ctx, read := c.w.t.Context(), c.w.store.Read
	for _, m := range in.Edges.Members {
		if m.UserID == c.who.ID {
			b.lastRead = m.LastRead
		}
	}
	b.unread = min(read.Chat.Query().Where(
		entchat.RoomID(in.ID), entchat.NumberGT(b.lastRead), entchat.UserIDNEQ(c.who.ID), entchat.DeletedAtIsNil(),
	).CountX(ctx), reads.MaxCount)
	numbers := map[int]bool{}
	for _, m := range read.Mention.Query().Where(mention.UserID(c.who.ID), mention.RoomID(in.ID), mention.NumberGT(b.lastRead)).AllX(ctx) {
		numbers[m.Number] = true
	}
	b.mentions = min(len(numbers), reads.MaxCount)
	return b
}
