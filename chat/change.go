package chat

import (
	"context"
	"fmt"
	"time"

	"parley/chat/access"
	"parley/chat/mentions"
	"parley/chat/reactions"
	"parley/chat/roomlog"
	"parley/ent"
	"parley/naming"
)

// An Edit is what a chat is to be.
type Edit struct {
	Text *string  // nil: stays; else 1 to 10,000 code points
	Data **string // nil: stays; nil JSON: removed; else as in Draft
}

// text is what the chat says then.
func (e Edit) text(before string) string {
	if e.Text == nil {
		return before
	}
	return *e.Text
}

// data is what the chat has then.
func (e Edit) data(before *string) *string {
	if e.Data == nil {
		return before
	}
	return *e.Data
}

// is says whether the chat is so already.
func (e Edit) is(c *ent.Chat) bool {
	return e.text(c.Text) == c.Text && sameText(e.data(c.Data), c.Data)
}

func (e Edit) set(c *ent.ChatUpdateOne) {
	c.SetNillableText(e.Text)
	if data := e.data(nil); data != nil {
		c.SetData(*data)
	} else if e.Data != nil {
		c.ClearData()
	}
}

func (e Edit) check(textLength int) error {
	if e.Text != nil {
		if err := checkText(*e.Text, textLength); err != nil {
			return err
		}
	}
	return checkData(e.data(nil))
}

// EditChat gives a chat a new text or other data, which readers are told of in the order of the room's log. Only
// its author may. The same again changes nothing.
// ErrNoChat; ErrForbidden, also when it was deleted; *InvalidError; *RateError.
func (s *Service) EditChat(ctx context.Context, caller Caller, id string, to Edit) (*roomlog.Chat, error) {
	if err := to.check(s.o.TextLength); err != nil {
		return nil, err
	}
	names := mentions.Find(to.text(""))
	var named mentions.Named // nil: the text was this one already
	edited, err := s.change(ctx, id, editing{
		caller: caller, do: access.ChangeOwnChat, kind: roomlog.ChatEdited,
		done: func(c *ent.Chat) bool { named = nil; return to.is(c) },
		set:  func(c *ent.ChatUpdateOne, at time.Time) { to.set(c); c.SetEditedAt(at) },
		also: func(tx *ent.Tx, before, now *ent.Chat) (err error) {
			if before.Text == now.Text { // it mentions those whom it mentioned when it was written
				return nil
			}
			named, err = s.mentions.Rewrite(ctx, tx, now, before.Text, names)
			return err
		},
	})
	if err == nil && named != nil {
		edited.Named = named.Of(edited.ID)
	}
	return edited, err
}

// DeleteChat takes the text of a chat, its data and its reactions away; its number and its place stay. Its author may, and who
// is an admin of the room. Sent again it changes nothing. ErrNoChat, ErrForbidden, *RateError.
func (s *Service) DeleteChat(ctx context.Context, caller Caller, id string) (*roomlog.Chat, error) {
	many := false
	defer func() {
		if many {
			s.sweeper.Wake()
		}
	}()
	return s.change(ctx, id, editing{
		caller: caller, do: access.DeleteAnyChat, kind: roomlog.ChatDeleted,
		done: func(c *ent.Chat) bool { return c.DeletedAt != nil },
		set:  func(c *ent.ChatUpdateOne, at time.Time) { c.SetText("").ClearData().SetDeletedAt(at) },
		also: func(tx *ent.Tx, _, now *ent.Chat) (err error) {
			if many, err = reactions.Clear(ctx, tx, now.ID); err != nil {
				return err
			}
			return mentions.Remove(ctx, tx, now.ID)
		},
	})
}

// editing is a change of a chat that is stored already.
type editing struct {
	caller Caller
	do     access.Action
	kind   roomlog.EventKind
	done   func(*ent.Chat) bool // it is so already
	set    func(c *ent.ChatUpdateOne, at time.Time)
	also   func(tx *ent.Tx, before, now *ent.Chat) error // changes what hangs on its text
}

func (s *Service) change(ctx context.Context, id string, e editing) (*roomlog.Chat, error) {
	parsed, ok := naming.ParseID(id)
	if !ok {
		return nil, ErrNoChat
	}
	if err := s.changes.Take(e.caller.ID); err != nil {
		return nil, err
	}
	var changed *roomlog.Chat
	var commits []roomlog.Commit
	err := s.store.Write(ctx, func(tx *ent.Tx) error {
		row, in, err := roomlog.LockChat(ctx, tx, parsed, e.caller, s.now())
		if err != nil {
			return err
		}
		if err := mayChange(e.caller, e.do, row, in); err != nil {
			return err
		}
		if commits = nil; e.done(row) {
			changed = roomlog.ChatOf(row, roomlog.RoomFor(in))
			return nil
		}
		changed, commits, err = s.apply(ctx, tx, e, row, in.As)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("change chat: %w", err)
	}
	s.following.Committed(commits...)
	return changed, nil
}

// mayChange says whether somebody who may read a room may do something to a chat of it: its author edits and deletes it, those who may delete
// any chat there delete it. What was deleted stays so.
func mayChange(caller Caller, do access.Action, c *ent.Chat, in access.Room) error {
	own := c.UserID == caller.ID
	switch {
	case do == access.DeleteAnyChat && (own && in.May(access.DeleteOwnChat) == nil || in.May(do) == nil):
		return nil
	case do == access.DeleteAnyChat || !own || c.DeletedAt != nil:
		return ErrForbidden
	}
	return in.May(do)
}

// apply changes the row and appends to the room's log.
func (s *Service) apply(ctx context.Context, tx *ent.Tx, e editing, row *ent.Chat, as access.Standing) (*roomlog.Chat, []roomlog.Commit, error) {
	last, err := s.log.Append(ctx, tx, roomlog.Addition{Room: row.RoomID, Events: []roomlog.NewEvent{{Kind: e.kind, Actor: e.caller.ID, Chat: &row.ID}}, Now: s.now()})
	if err != nil {
		return nil, nil, err
	}
	change, before := tx.Chat.UpdateOneID(row.ID), row
	e.set(change, last.Room.LastAt)
	if row, err = change.Save(ctx); err != nil {
		return nil, nil, fmt.Errorf("update chat: %w", err)
	}
	if err := e.also(tx, before, row); err != nil {
		return nil, nil, err
	}
	return roomlog.ChatOf(row, roomlog.RoomFor(access.Room{Room: last.Room, As: as})), []roomlog.Commit{last.Commit(row)}, nil
}
