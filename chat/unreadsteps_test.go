package chat_test

import (
	"sync"

	"github.com/google/uuid"

	"parley/chat"
	"parley/chat/roomlog"
	"parley/ent"
)

// comeBack lets somebody in again who is out of a room: by joining, by being added, by sending, or by an invite.
func (x *town) comeBack(c *counter, n int) string {
	x.t.Helper()
	ctx, in := x.t.Context(), c.room.ID.String()
	_, err := x.UnbanMember(ctx, x.host, in, c.who.Username)
	x.must(err)
	switch public := c.room.Kind == roomlog.Public; {
	case n < 50:
		return "nothing"
	case public && n < 65:
		_, err = x.JoinRoom(ctx, c.who, in)
	case public && n < 80:
		x.send(c.who, in, "@bob")
	case n < 90:
		_, err = x.AddMember(ctx, x.host, in, c.who.Username, nil)
	default:
		_, err = x.accept(c.who, x.invite(x.host, c.room, 1).Code)
	}
	x.must(err)
	c.enter()
	return "come back"
}

// markRead lets three devices say at once what they have read: chats that the client has seen.
func (x *town) markRead(c *counter) string {
	x.t.Helper()
	var wg sync.WaitGroup
	before := c.lastRead
	for range 3 {
		one := c.chats[x.IntN(len(c.chats))]
		c.lastRead = max(c.lastRead, one.Number)
		wg.Go(func() {
			m, err := x.MarkRead(x.t.Context(), c.who, one.ID.String())
			if err != nil || *m.LastRead < max(before, one.Number) {
				x.t.Errorf("%d is answered with %+v, %v", one.Number, m, err)
			}
		})
	}
	wg.Wait()
	return "mark as read"
}

// mayFail says whether somebody is out of a room, and so may not change what they have sent there.
func (x *town) mayFail(who chat.Caller, in *roomlog.Room) bool { return x.membership(in, who) == nil }

func (x *town) row(id uuid.UUID) *ent.Chat {
	x.t.Helper()
	row, err := x.store.Read.Chat.Get(x.t.Context(), id)
	x.must(err)
	return row
}
