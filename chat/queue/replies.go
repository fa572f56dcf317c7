package queue

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"parley/chat/roomlog"
	"parley/ent/chat"
)

// findTargets refuses the entries that answer what is not there: another room's chat, or none. They are judged before, so this
// tells nobody anything. What an entry before them stores may be answered too. A batch without answers costs nothing.
func (b *batch) findTargets(ctx context.Context) error {
	answered, err := b.findAnswered(ctx)
	if err != nil || len(answered) == 0 {
		return err
	}
	stored := map[uuid.UUID]bool{}
	for i, e := range b.entries {
		if b.answered(i) || stored[e.ID] { // the same id again is answered with the first
			continue
		}
		if e.ReplyTo != nil && answered[*e.ReplyTo].room != e.Room {
			b.refuse([]int{i}, roomlog.ErrNoChat)
			continue
		}
		stored[e.ID] = true
		if _, is := answered[e.ID]; is {
			answered[e.ID] = target{e.Room, e.UserID}
		}
	}
	b.targets = answered
	return nil
}

// A target is what entries answer; the zero value: it is not there.
type target struct{ room, author uuid.UUID }

// findAnswered returns what entries answer, by its ids.
func (b *batch) findAnswered(ctx context.Context) (map[uuid.UUID]target, error) {
	targets := map[uuid.UUID]target{}
	for i, e := range b.entries {
		if e.ReplyTo != nil && !b.answered(i) {
			targets[*e.ReplyTo] = target{}
		}
	}
	if len(targets) == 0 {
		return nil, nil
	}
	rows, err := b.tx.Chat.Query().Where(chat.IDIn(slices.Collect(maps.Keys(targets))...)).
		Select(chat.FieldID, chat.FieldRoomID, chat.FieldUserID).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("find what is answered: %w", err)
	}
	for _, row := range rows {
		targets[row.ID] = target{row.RoomID, row.UserID}
	}
	return targets, nil
}

// authorOf is who has written what an entry answers; uuid.Nil: it answers nothing.
func (b *batch) authorOf(answered *uuid.UUID) uuid.UUID {
	if answered == nil {
		return uuid.Nil
	}
	return b.targets[*answered].author
}

// markAnswered notes with chats that they are answered, once and for all. They were locked with their rooms.
func (b *batch) markAnswered(ctx context.Context) error {
	answered := map[uuid.UUID]bool{}
	for _, row := range b.rows {
		if row.ReplyTo != nil {
			answered[*row.ReplyTo] = true
		}
	}
	if len(answered) == 0 {
		return nil
	}
	err := b.tx.Chat.Update().Where(chat.IDIn(slices.Collect(maps.Keys(answered))...), chat.AnsweredIsNil()).SetAnswered(true).Exec(ctx)
	if err != nil {
		return fmt.Errorf("mark what is answered: %w", err)
	}
	return nil
}
