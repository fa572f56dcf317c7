package chat_test

import (
	"slices"

	"github.com/google/uuid"

	"parley/chat"
	"parley/chat/access"
	"parley/chat/follow"
	"parley/chat/follow/logtest"
	"parley/chat/reads"
	"parley/chat/roomlog"
	"parley/ent"
	entchat "parley/ent/chat"
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
	answers  map[int]bool // of these the ones that were answers to them when they were sent
	blocked  map[[2]uuid.UUID]bool
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
	c.in, c.lastRead, c.last, c.chats = true, now.As.Member.LastRead, now.LastNumber, nil
	c.unread, c.said, c.answers = map[int]bool{}, map[int]bool{}, map[int]bool{}
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
		c.answers[e.Chat.Number] = c.isAnswered(e.Chat)
		c.said[e.Chat.Number] = c.answers[e.Chat.Number] || c.isNamed(e.Chat)
	case roomlog.ChatEdited:
		c.said[e.Chat.Number] = c.answers[e.Chat.Number] || c.isNamed(e.Chat)
	case roomlog.ChatDeleted:
		delete(c.unread, e.Chat.Number)
		delete(c.said, e.Chat.Number)
	}
}

// isAnswered tells by replyTo whether a chat answers them, and they have not blocked who sends it.
func (c *counter) isAnswered(in *roomlog.Chat) bool {
	c.w.t.Helper()
	if in.DeletedAt != nil || in.UserID == c.who.ID || c.blocked[[2]uuid.UUID{c.who.ID, in.UserID}] {
		return false
	}
	answered, err := c.w.ReplyTargets(c.w.t.Context(), access.Reader{All: true}, []*roomlog.Chat{in})
	if err != nil {
		c.w.t.Fatal(err)
	}
	return answered[0] != nil && answered[0].UserID == c.who.ID
}

// isNamed tells by mentions whether a chat is about them.
func (c *counter) isNamed(in *roomlog.Chat) bool {
	c.w.t.Helper()
	if in.DeletedAt != nil || in.UserID == c.who.ID {
		return false
	}
	mentioned, err := c.w.Mentioned(c.w.t.Context(), access.Reader{All: true}, []*roomlog.Chat{in})
	if err != nil {
		c.w.t.Fatal(err)
	}
	return slices.Contains(mentioned[0], c.who.ID)
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

// A brute counts by looking at every row, and at what the ledger says of mentions: their rows are what is shown.
type brute struct{ lastRead, unread, mentions int }

func (c *counter) brute(in *ent.Room, by *ledger) (b brute) {
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
	b.mentions = by.mentions(in.ID, c.who.ID, b.lastRead, in.LastNumber)
	return b
}
