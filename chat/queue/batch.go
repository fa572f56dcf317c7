package queue

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/chat/roomlog"
	"parley/ent"
	"parley/ent/chat"
)

// A batch is what one transaction came to: for each entry its chat or its error, and the rooms
// whose logs have grown.
type batch struct {
	*Queue
	chats []*roomlog.Chat
	errs  []error
	rooms []uuid.UUID
}

func (b *batch) run(ctx context.Context, tx *ent.Tx, entries []*entry, now time.Time) error {
	if err := b.answerKnown(ctx, tx, entries); err != nil {
		return err
	}
	first := map[uuid.UUID]int{} // id → the entry that stores it
	byRoom := map[uuid.UUID][]int{}
	for i, e := range entries {
		if b.chats[i] != nil || b.errs[i] != nil {
			continue
		}
		if _, twice := first[e.ID]; !twice {
			first[e.ID] = i
			byRoom[e.Room] = append(byRoom[e.Room], i)
		}
	}
	if err := b.insert(ctx, tx, entries, byRoom, now); err != nil {
		return err
	}
	for i, e := range entries { // the same id twice in one batch is stored once
		if b.chats[i] == nil && b.errs[i] == nil {
			b.chats[i], b.errs[i] = repeat(e, b.chats[first[e.ID]])
		}
	}
	return nil
}

// repeat answers an entry whose id is stored already: its own sender in the same room gets that chat.
func repeat(e *entry, stored *roomlog.Chat) (*roomlog.Chat, error) {
	if stored.UserID != e.UserID || stored.Room.ID != e.Room {
		return nil, ErrIDTaken
	}
	return stored, nil
}

// answerKnown answers the entries whose ids were stored before.
func (b *batch) answerKnown(ctx context.Context, tx *ent.Tx, entries []*entry) error {
	var chosen []uuid.UUID
	var args []any
	for _, e := range entries {
		if e.Chosen || e.uncertain {
			chosen, args = append(chosen, e.ID), append(args, e.ID)
		}
	}
	known, err := b.known.Run(ctx, tx, args)
	if err != nil {
		return fmt.Errorf("look for known ids: %w", err)
	}
	if known == 0 {
		return nil
	}
	rows, err := tx.Chat.Query().Where(chat.IDIn(chosen...)).WithRoom().All(ctx)
	if err != nil {
		return fmt.Errorf("read known chats: %w", err)
	}
	for _, row := range rows {
		if row.Edges.Room.DeletedAt != nil { // it only waits to be purged, and its id is free
			if _, err := tx.Chat.Delete().Where(chat.ID(row.ID)).Exec(ctx); err != nil {
				return fmt.Errorf("delete the chat of a deleted room: %w", err)
			}
			continue
		}
		stored := roomlog.ChatOf(row, roomlog.RoomOf(row.Edges.Room))
		for i, e := range entries {
			if e.ID == row.ID {
				b.chats[i], b.errs[i] = repeat(e, stored)
			}
		}
	}
	return nil
}

// insert appends to the log of each room, in order of id so that no two transactions wait for each
// other, and stores the chats. Access is asked again here, under the room's lock: it may have been
// lost while the entry was queued.
func (b *batch) insert(ctx context.Context, tx *ent.Tx, entries []*entry, byRoom map[uuid.UUID][]int, now time.Time) error {
	for id := range byRoom {
		b.rooms = append(b.rooms, id)
	}
	slices.SortFunc(b.rooms, byID)
	var chats []*ent.Chat
	var log []*ent.RoomEvent
	for _, id := range b.rooms {
		events := make([]roomlog.NewEvent, len(byRoom[id]))
		for i, n := range byRoom[id] {
			events[i] = roomlog.NewEvent{Kind: roomlog.ChatSent, Actor: entries[n].UserID, Chat: &entries[n].ID}
		}
		reserved, err := b.log.Reserve(ctx, tx, roomlog.Addition{Room: id, Events: events, Now: now})
		if errors.Is(err, roomlog.ErrNoRoom) {
			return &refusal{pick(entries, byRoom[id]), err}
		}
		if err != nil {
			return err
		}
		log = append(log, reserved.Events...)
		in := roomlog.RoomOf(reserved.Room)
		for i, n := range byRoom[id] {
			e := entries[n]
			if err := b.o.MaySend(e.Send, reserved.Room); err != nil {
				return &refusal{[]*entry{e}, err}
			}
			row := e.row(reserved.Events[i])
			b.chats[n] = roomlog.ChatOf(row, in)
			chats = append(chats, row)
		}
	}
	if err := b.log.WriteEvents(ctx, tx, log); err != nil {
		return err
	}
	return b.log.WriteChats(ctx, tx, chats)
}

func byID(x, y uuid.UUID) int { return bytes.Compare(x[:], y[:]) }

func pick(entries []*entry, which []int) []*entry {
	picked := make([]*entry, len(which))
	for i, n := range which {
		picked[i] = entries[n]
	}
	return picked
}
