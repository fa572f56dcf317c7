// Package members changes who is in a room and as what. It rests on one idea: a change of membership is an event of the
// room's log, stored with the row under the lock of the room, so that readers see both at one place. It knows no chats.
//
// In the database: rooms in order of their ids, then people in order of theirs, then the rest. Who holds a person's row takes
// no room.
package members

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"parley/chat/access"
	"parley/ent"
	"parley/ent/member"
	"parley/ent/room"
	"parley/ent/user"
)

// Enter makes somebody a member of a room that the transaction has locked, at a place of its log and a moment; the room's
// member_count is the caller's business. access.ErrNoRoom: the room is gone; ErrNoPerson: so is the account; ErrManyRooms.
func Enter(ctx context.Context, tx *ent.Tx, in uuid.UUID, who uuid.UUID, role access.Role, place int64, at time.Time, most int) (*access.Membership, error) {
	person, err := tx.User.UpdateOneID(who).Where(user.DeletedAtIsNil()).AddRoomsVersion(1).Save(ctx)
	if ent.IsNotFound(err) {
		return nil, ErrNoPerson
	}
	if err != nil {
		return nil, fmt.Errorf("lock person: %w", err)
	}
	row, err := tx.Member.Create().SetID(uuid.Must(uuid.NewV7())).SetRoomID(in).SetUserID(who).SetRole(int(role)).
		SetUsernameKey(person.UsernameKey).SetJoinedPlace(place).SetJoinedVersion(person.RoomsVersion).SetJoinedAt(at).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("store member: %w", err)
	}
	count, err := tx.Member.Query().Where(member.UserID(who), member.HasRoomWith(room.DeletedAtIsNil())).Count(ctx)
	if err != nil {
		return nil, fmt.Errorf("count rooms of a person: %w", err)
	}
	if count > most {
		return nil, ErrManyRooms
	}
	return &access.Membership{ID: row.ID, Role: role, JoinedAt: at, JoinedPlace: place, JoinedVersion: person.RoomsVersion}, nil
}
