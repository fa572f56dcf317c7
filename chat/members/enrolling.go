package members

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"parley/chat/roomlog"
	"parley/ent"
	"parley/ent/room"
	"parley/ent/roomevent"
)

// isEnrolling says whether people who have sent to a room are still made members of it, in the background.
func isEnrolling(ctx context.Context, db *ent.Client, in uuid.UUID) (bool, error) {
	waits, err := db.Room.Query().Where(room.ID(in), room.Enrolling(true)).Exist(ctx)
	if err != nil {
		return false, fmt.Errorf("look whether members are enrolled: %w", err)
	}
	return waits, nil
}

// takeOut ends the membership of whom. Who is in no room that they could leave stays out of one where members are still enrolled:
// the event tells that they are not to be.
func (h *held) takeOut(ctx context.Context, kind roomlog.EventKind, message string) error {
	if h.as.Member == nil {
		if out, err := h.staysOut(ctx); err != nil || out {
			return err
		}
	}
	h.note(message)
	return h.remove(ctx, h.event(kind))
}

// staysOut says whether whom is not made a member of the room in any case.
func (h *held) staysOut(ctx context.Context) (bool, error) {
	if h.room.Enrolling == nil {
		return true, nil
	}
	out, err := h.tx.RoomEvent.Query().Where(
		roomevent.UserID(h.whom.ID), roomevent.RoomID(h.in), roomevent.NameNotNil(),
		roomevent.KindIn(roomevent.KindMEMBER_LEFT, roomevent.KindMEMBER_REMOVED),
	).Exist(ctx)
	if err != nil {
		return false, fmt.Errorf("find the event of who has left: %w", err)
	}
	return out, nil
}
