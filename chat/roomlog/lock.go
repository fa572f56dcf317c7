package roomlog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"parley/chat/access"
	"parley/ent"
	"parley/ent/chat"
)

// LockChat finds a chat and locks its room before the caller is judged: what is read after it is what the transaction before
// left. ErrNoChat: there is none, or none that they may know of. *access.ForbiddenError: they may not read the room.
func LockChat(ctx context.Context, tx *ent.Tx, id uuid.UUID, caller access.Caller, now time.Time) (*ent.Chat, access.Room, error) {
	row, err := tx.Chat.Get(ctx, id)
	if ent.IsNotFound(err) {
		return nil, access.Room{}, ErrNoChat
	}
	if err != nil {
		return nil, access.Room{}, fmt.Errorf("find chat: %w", err)
	}
	in, err := access.Lock(ctx, tx, row.RoomID, caller, now)
	if err != nil {
		return nil, access.Room{}, err
	}
	row, err = tx.Chat.Query().Where(chat.ID(id)).Only(ctx)
	if ent.IsNotFound(err) { // the room was deleted meanwhile
		return nil, access.Room{}, ErrNoChat
	}
	if err != nil {
		return nil, access.Room{}, fmt.Errorf("find chat: %w", err)
	}
	if err := in.May(access.Read); errors.Is(err, access.ErrNoRoom) {
		return nil, access.Room{}, ErrNoChat // it went with its room, or nobody knows of it
	} else if err != nil {
		return nil, access.Room{}, err
	}
	return row, in, nil
}
