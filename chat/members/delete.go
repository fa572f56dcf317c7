package members

import (
	"context"

	"parley/audit"
	"parley/chat/access"
	"parley/chat/roomlog"
	"parley/ent"
)

// DeleteRoom deletes a room with all its chats, ends its streams and returns its id. Only its owners may.
// What remains is a row without a name and one last event, which tells readers; nothing else of the room is
// handed out from then on, and its rows are taken away.
// access.ErrNoRoom, also when it was deleted before; access.ErrForbidden.
func (r *Roster) DeleteRoom(ctx context.Context, caller access.Caller, nameOrID string) (string, error) {
	in, err := r.find(ctx, caller, access.Delete, nameOrID)
	if err != nil {
		return "", err
	}
	_, err = r.change(ctx, about{in.ID, caller, caller}, func(ctx context.Context, h *held) error {
		if err := h.room.May(access.Delete); err != nil {
			return err // another was faster
		}
		return h.end(ctx, caller)
	})
	if err != nil {
		return "", err
	}
	r.purge()
	return in.ID.String(), nil
}

// end deletes the room: its last event ends everybody's reading.
func (h *held) end(ctx context.Context, actor access.Caller) error {
	h.told = append(h.told, Record{Message: audit.RoomDeleted, In: h.in, By: actor})
	name := h.room.Name
	return h.record(ctx, func(last *ent.Room, row *ent.RoomUpdateOne) error {
		row.SetName("").ClearNameKey().ClearTopic().ClearData().SetDeletedAt(last.LastAt).SetPurging(true).
			AddAccessVersion(1).SetRevokedPlace(last.LastPlace)
		return nil
	}, roomlog.NewEvent{Kind: roomlog.RoomDeleted, Actor: actor.ID, Name: &name})
}
