package pages

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"parley/chat/access"
	"parley/chat/roomlog"
	"parley/ent"
	"parley/ent/chat"
	"parley/ent/predicate"
	"parley/naming"
)

// ChatsByID returns chats in the order of ids, nil where there is none that the caller may see.
func (s *Pages) ChatsByID(ctx context.Context, caller access.Caller, ids []uuid.UUID) ([]*roomlog.Chat, error) {
	byID := map[uuid.UUID]*roomlog.Chat{}
	err := s.store.View(ctx, func(db *ent.Client) error {
		rows, err := db.Chat.Query().Where(chat.IDIn(ids...)).All(ctx)
		if err != nil || len(rows) == 0 {
			return err
		}
		var roomIDs []uuid.UUID
		for _, c := range rows {
			if !slices.Contains(roomIDs, c.RoomID) {
				roomIDs = append(roomIDs, c.RoomID)
			}
		}
		in, err := s.readable(ctx, db, caller, roomIDs)
		if err != nil {
			return err
		}
		for _, c := range rows {
			if r := in[c.RoomID]; r != nil {
				byID[c.ID] = roomlog.ChatOf(c, r)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find chats: %w", err)
	}
	return inOrder(ids, byID), nil
}

// Chat finds one chat by its id. ErrNoChat.
func (s *Pages) Chat(ctx context.Context, caller access.Caller, id string) (*roomlog.Chat, error) {
	parsed, ok := naming.ParseID(id)
	if !ok {
		return nil, ErrNoChat
	}
	chats, err := s.ChatsByID(ctx, caller, []uuid.UUID{parsed})
	if err != nil {
		return nil, err
	}
	if chats[0] == nil {
		return nil, ErrNoChat
	}
	return chats[0], nil
}

// LastChats returns the newest chat of each room, nil where there is none or the caller may not read the room any more, with one
// query. Of rooms that were read with a page of their log it is what that page knows: the chat may have been changed since.
func (s *Pages) LastChats(ctx context.Context, caller access.Caller, rooms []*roomlog.Room) ([]*roomlog.Chat, error) {
	chats := make([]*roomlog.Chat, len(rooms))
	byRoom := map[uuid.UUID]*roomlog.Room{}
	newest := make([]predicate.Chat, 0, len(rooms))
	for i, r := range rooms {
		if chats[i] = r.Newest; r.Newest == nil && r.LastNumber > 0 {
			byRoom[r.ID] = r
			newest = append(newest, chat.And(chat.RoomID(r.ID), chat.Number(r.LastNumber)))
		}
	}
	if len(newest) == 0 {
		return chats, nil
	}
	rows, err := s.store.Read.Chat.Query().Where(chat.Or(newest...), s.ofReadable(caller)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("newest chats: %w", err)
	}
	byID := map[uuid.UUID]*roomlog.Chat{}
	for _, row := range rows {
		byID[row.RoomID] = roomlog.ChatOf(row, byRoom[row.RoomID])
	}
	for i, r := range rooms {
		if byRoom[r.ID] != nil {
			chats[i] = byID[r.ID]
		}
	}
	return chats, nil
}
