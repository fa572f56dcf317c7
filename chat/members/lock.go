package members

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"parley/chat/access"
	"parley/ent"
	"parley/ent/member"
	"parley/ent/room"
	"parley/ent/user"
)

// A Person is somebody whose row a transaction has locked.
type Person struct {
	UsernameKey string
	Bot         bool
	Rooms       int   // that they are in
	Version     int64 // of their list of rooms, before they join the first
}

// Lock locks somebody who joins so many rooms, by which their version is raised; the rooms are locked before. ErrNoPerson: the
// account is gone.
func Lock(ctx context.Context, tx *ent.Tx, who uuid.UUID, joins int) (*Person, error) {
	row, err := tx.User.UpdateOneID(who).Where(user.DeletedAtIsNil()).AddRoomsVersion(int64(joins)).Save(ctx)
	if ent.IsNotFound(err) {
		return nil, ErrNoPerson
	}
	if err != nil {
		return nil, fmt.Errorf("lock person: %w", err)
	}
	rooms, err := tx.Member.Query().Where(member.UserID(who), member.HasRoomWith(room.DeletedAtIsNil())).Count(ctx)
	if err != nil {
		return nil, fmt.Errorf("count rooms of a person: %w", err)
	}
	return &Person{UsernameKey: row.UsernameKey, Bot: row.Bot != nil && *row.Bot, Rooms: rooms, Version: row.RoomsVersion - int64(joins)}, nil
}

// MayEnter says whether they may be in one room more than they are, besides so many that they join meanwhile, where people may
// be in most.
func (p *Person) MayEnter(meanwhile, most int) bool {
	return p.Rooms+meanwhile < access.MaxRooms(most, p.Bot)
}

// RoleAmong is what somebody becomes who enters a room of so many members by themselves: a room with members has an owner.
func RoleAmong(members int) access.Role {
	if members == 0 {
		return access.Owner
	}
	return access.Member
}
