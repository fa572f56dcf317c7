// Package reactions is the emoji that people put on chats. It rests on one idea: a reaction is a state, a row or none, that is
// changed under the lock of its room with an event, so the same change again changes nothing, from however many devices.
package reactions

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"parley/chat/access"
	"parley/chat/arguments"
	"parley/chat/limits"
	"parley/chat/members"
	"parley/chat/roomlog"
	"parley/ent"
	"parley/ent/predicate"
	"parley/ent/reaction"
	"parley/ent/room"
	"parley/naming"
)

const (
	maxOwn   = 20 // emoji of one person on a chat
	maxKinds = 50 // different emoji on a chat
)

// Service puts emoji on chats, takes them off and reads them. It is safe for concurrent use.
type Service struct{ members.Shared }

// New makes a Service.
func New(shared members.Shared) *Service { return &Service{shared} }

// A change is what somebody wants to be so.
type change struct {
	caller access.Caller
	chat   uuid.UUID
	emoji  string
	on     bool
}

// React puts an emoji on a chat, or takes it off; whoever may read the room may. The same again changes nothing, and so does taking
// off what went with the chat when it was deleted. roomlog.ErrNoChat; access.ErrForbidden, also of putting one on a deleted chat;
// *arguments.InvalidError: emoji TOO_SHORT, TOO_LONG, BAD_CHARACTER; *limits.LimitError: REACTIONS; *limits.RateError.
func (s *Service) React(ctx context.Context, caller access.Caller, id, emoji string, on bool) (*roomlog.Chat, error) {
	known, reason := naming.Reaction(emoji)
	if reason != "" {
		return nil, &arguments.InvalidError{Field: "emoji", Reason: reason, Detail: fmt.Sprintf("is an emoji or a word of at most %d bytes, without spaces", naming.MaxReaction)}
	}
	parsed, ok := naming.ParseID(id)
	if !ok {
		return nil, roomlog.ErrNoChat
	}
	if err := s.Changes.Take(caller.ID); err != nil {
		return nil, err
	}
	c := change{caller, parsed, known, on}
	var commits []roomlog.Commit
	chat, err := s.unchanged(ctx, c)
	if err == nil && chat == nil {
		err = s.Store.Write(ctx, func(tx *ent.Tx) (err error) {
			chat, commits, err = s.apply(ctx, tx, c)
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("react: %w", err)
	}
	s.Committed(commits...)
	return chat, nil
}

// unchanged returns the chat where a change is so already for somebody who may make it, nil otherwise. Nothing is written then, not
// even the lock of the room.
func (s *Service) unchanged(ctx context.Context, c change) (same *roomlog.Chat, err error) {
	err = s.Store.View(ctx, func(db *ent.Client) error {
		there, err := db.Reaction.Query().Where(c.row()...).Exist(ctx)
		if err != nil || there != c.on {
			return err
		}
		row, err := db.Chat.Get(ctx, c.chat)
		if ent.IsNotFound(err) || err == nil && row.DeletedAt != nil {
			return nil
		}
		if err != nil {
			return err
		}
		found, err := access.Load(ctx, db.Room.Query().Where(room.ID(row.RoomID)), c.caller.ID, s.Now())
		if err == nil && len(found) > 0 && found[0].May(access.React) == nil {
			same = roomlog.ChatOf(row, roomlog.RoomFor(found[0]))
		}
		return err
	})
	return same, err
}

// apply makes it so, under the room's lock.
func (s *Service) apply(ctx context.Context, tx *ent.Tx, c change) (*roomlog.Chat, []roomlog.Commit, error) {
	row, in, err := roomlog.LockChat(ctx, tx, c.chat, c.caller, s.Now())
	if err != nil {
		return nil, nil, err
	}
	if err := in.May(access.React); err != nil {
		return nil, nil, err
	}
	switch so, err := isSo(ctx, tx, c, row); {
	case err != nil:
		return nil, nil, err
	case so:
		return roomlog.ChatOf(row, roomlog.RoomFor(in)), nil, nil
	}
	kind := roomlog.ChatUnreacted
	if c.on {
		kind = roomlog.ChatReacted
	}
	event := roomlog.NewEvent{Kind: kind, Actor: c.caller.ID, Chat: &row.ID, Emoji: &c.emoji}
	last, err := s.Log.Append(ctx, tx, roomlog.Addition{Room: in.ID, Events: []roomlog.NewEvent{event}, Now: s.Now()})
	if err != nil {
		return nil, nil, err
	}
	if err := write(ctx, tx, c, last.Room); err != nil {
		return nil, nil, err
	}
	return roomlog.ChatOf(row, roomlog.RoomFor(access.Room{Room: last.Room, As: in.As})), []roomlog.Commit{last.Commit(row)}, nil
}

// write writes the row or removes it. in is the room with the event.
func write(ctx context.Context, tx *ent.Tx, c change, in *ent.Room) error {
	if !c.on {
		if _, err := tx.Reaction.Delete().Where(c.row()...).Exec(ctx); err != nil {
			return fmt.Errorf("delete reaction: %w", err)
		}
		return nil
	}
	err := tx.Reaction.Create().SetRoomID(in.ID).SetChatID(c.chat).SetUserID(c.caller.ID).SetEmoji(c.emoji).SetPlace(in.LastPlace).Exec(ctx)
	if err != nil {
		return fmt.Errorf("insert reaction: %w", err)
	}
	return nil
}

func (c change) row() []predicate.Reaction {
	return []predicate.Reaction{reaction.ChatID(c.chat), reaction.Emoji(c.emoji), reaction.UserID(c.caller.ID)}
}

// kindsOf are the different emoji on a chat, each with whether somebody has put it there. It looks each up in the index, so
// that how many people have does not matter. $1 is the chat, $2 the person.
const kindsOf = `WITH RECURSIVE kinds(emoji) AS (
	SELECT MIN(emoji) FROM reactions WHERE chat_id = $1
	UNION ALL
	SELECT (SELECT MIN(r.emoji) FROM reactions r WHERE r.chat_id = $1 AND r.emoji > kinds.emoji) FROM kinds WHERE kinds.emoji IS NOT NULL
) SELECT emoji, EXISTS (SELECT 1 FROM reactions r WHERE r.chat_id = $1 AND r.emoji = kinds.emoji AND r.user_id = $2)
FROM kinds WHERE emoji IS NOT NULL`

// isSo says whether a change of a chat is so already: on one that was deleted nothing is, and may be nothing.
// *access.ForbiddenError; *limits.LimitError: there is no room for it.
func isSo(ctx context.Context, tx *ent.Tx, c change, on *ent.Chat) (bool, error) {
	switch deleted := on.DeletedAt != nil; {
	case deleted && c.on:
		return false, &access.ForbiddenError{}
	case deleted:
		return true, nil
	}
	there, err := isThere(ctx, tx, c)
	return there == c.on, err
}

// isThere says whether the emoji is there. *limits.LimitError: there is no room for it.
func isThere(ctx context.Context, tx *ent.Tx, c change) (there bool, err error) {
	rows, err := tx.QueryContext(ctx, kindsOf, c.chat, c.caller.ID)
	if err != nil {
		return false, fmt.Errorf("read reactions: %w", err)
	}
	kinds, own, known := 0, 0, false
	for rows.Next() && err == nil {
		var emoji string
		var mine bool
		err = rows.Scan(&emoji, &mine)
		kinds++
		if mine {
			own++
		}
		known = known || emoji == c.emoji
		there = there || mine && emoji == c.emoji
	}
	for _, end := range []error{rows.Close(), rows.Err()} {
		if err == nil {
			err = end
		}
	}
	switch {
	case err != nil:
		return false, fmt.Errorf("read reactions: %w", err)
	case c.on && !there && (own >= maxOwn || !known && kinds >= maxKinds):
		return false, &limits.LimitError{Reason: "REACTIONS"}
	}
	return there, nil
}

// atOnce is how many of a chat's reactions go with its text: others wait for that transaction.
const atOnce = 256

// Clear takes away those of a chat that was deleted, and says whether some are left, which are not shown any more.
func Clear(ctx context.Context, tx *ent.Tx, chat uuid.UUID) (left bool, err error) {
	ids, err := tx.Reaction.Query().Where(reaction.ChatID(chat)).Limit(atOnce).IDs(ctx)
	if err == nil && len(ids) > 0 {
		_, err = tx.Reaction.Delete().Where(reaction.IDIn(ids...)).Exec(ctx)
	}
	if err != nil {
		return false, fmt.Errorf("delete reactions: %w", err)
	}
	return len(ids) == atOnce, nil
}
