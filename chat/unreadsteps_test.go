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
		x.say(c.who, c.room, "@bob", nil)
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

// sayAtOnce lets all who are in a room send at once, with names in it and to one that was there.
func (x *town) sayAtOnce(in *roomlog.Room) string {
	x.t.Helper()
	type one struct {
		*counter
		text string
		to   *roomlog.Chat
		sent *roomlog.Chat
		err  error
	}
	var all []*one
	for _, c := range x.clients {
		for range 16 {
			if c.in && c.room.ID == in.ID {
				all = append(all, &one{counter: c, text: said[x.IntN(len(said))].text})
				if n := x.IntN(2 * (1 + len(c.chats))); n < len(c.chats) {
					all[len(all)-1].to = c.chats[n]
				}
			}
		}
	}
	var wg sync.WaitGroup
	for _, one := range all {
		wg.Go(func() { one.sent, one.err = x.Send(x.t.Context(), one.who, draftOf(in, one.text, one.to)) })
	}
	wg.Wait()
	for _, one := range all {
		x.must(one.err)
		x.ledger.sent(one.sent, one.text, one.to, x.members(in))
	}
	return "all at once"
}

// change edits or deletes a chat as its author, who may be out of the room.
func (x *town) change(one *roomlog.Chat, remove bool) string {
	x.t.Helper()
	by, text := chat.Caller{ID: one.UserID, Username: one.Username}, said[x.IntN(len(said))].text
	var err error
	if remove {
		_, err = x.DeleteChat(x.t.Context(), by, one.ID.String())
	} else {
		_, err = x.EditChat(x.t.Context(), by, one.ID.String(), chat.Edit{Text: new(text)})
	}
	switch {
	case err != nil && !x.mayFail(by, one.Room) && x.row(one.ID).DeletedAt == nil:
		x.t.Fatal(err)
	case err != nil:
	case remove:
		x.ledger.deleted(one.ID)
	default:
		x.ledger.edited(one.ID, text, x.members(one.Room))
	}
	return "edit or delete"
}

// block has somebody block another one, or take that back.
func (x *town) block(who chat.Caller) string {
	x.t.Helper()
	whom := x.people[x.IntN(len(x.people))]
	if whom.ID == who.ID {
		return "nothing"
	}
	pair := [2]uuid.UUID{who.ID, whom.ID}
	x.ledger.blocked[pair] = !x.ledger.blocked[pair]
	x.world.block(who, whom, x.ledger.blocked[pair])
	return "block or not"
}

// mayFail says whether somebody is out of a room, and so may not change what they have sent there.
func (x *town) mayFail(who chat.Caller, in *roomlog.Room) bool { return x.membership(in, who) == nil }

func (x *town) row(id uuid.UUID) *ent.Chat {
	x.t.Helper()
	row, err := x.store.Read.Chat.Get(x.t.Context(), id)
	x.must(err)
	return row
}
