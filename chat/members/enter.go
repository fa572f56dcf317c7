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
	"parley/chat/roomlog"
	"parley/ent"
)

// Enter makes somebody a member of a room that the transaction has locked, at a place of its log and a moment; the room's
// member_count is the caller's business. most is how many rooms people may be in. They have read all that is in the room as it is given.
// access.ErrNoRoom: the room is gone; ErrNoPerson: so is the account; ErrManyRooms.
func Enter(ctx context.Context, tx *ent.Tx, in *ent.Room, who uuid.UUID, role access.Role, place int64, at time.Time, most int) (*access.Membership, error) {
	person, err := Lock(ctx, tx, who, 1)
	if err != nil {
		return nil, err
	}
	if !person.MayEnter(0, most) {
		return nil, ErrManyRooms
	}
	row, err := tx.Member.Create().SetID(uuid.Must(uuid.NewV7())).SetRoomID(in.ID).SetUserID(who).SetRole(int(role)).
		SetUsernameKey(person.UsernameKey).SetJoinedPlace(place).SetJoinedVersion(person.Version + 1).SetJoinedAt(at).
		SetLastRead(in.LastNumber).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("store member: %w", err)
	}
	return &access.Membership{ID: row.ID, Role: role, JoinedAt: at, JoinedPlace: place, JoinedVersion: person.Version + 1, LastRead: in.LastNumber}, nil
}

// Join makes somebody a member of a room that the transaction has locked, where they are none, and says in its log who let
// them in. A room with members has an owner: the first one is it, whatever role is given. It returns the membership and the room as they
// leave it. ErrManyMembers, ErrManyRooms, ErrNoPerson.
func (s Shared) Join(ctx context.Context, tx *ent.Tx, in *ent.Room, who access.Caller, role access.Role, by uuid.UUID) (*access.Membership, *roomlog.Reservation, error) {
	if in.MemberCount >= s.MaxMembers {
		return nil, nil, ErrManyMembers
	}
	role, now := min(role, RoleAmong(in.MemberCount)), s.Now() // of two roles the higher is the lesser
	entered, err := Enter(ctx, tx, in, who.ID, role, in.LastPlace, now, s.MaxRooms)
	if err != nil {
		return nil, nil, err
	}
	if err := tx.Room.UpdateOneID(in.ID).AddMemberCount(1).Exec(ctx); err != nil {
		return nil, nil, fmt.Errorf("count members: %w", err)
	}
	joined, err := s.Log.Append(ctx, tx, roomlog.Addition{
		Room: in.ID, Events: []roomlog.NewEvent{{Kind: roomlog.MemberJoined, Actor: by, Whom: &who}}, Now: now,
	})
	if err != nil {
		return nil, nil, err
	}
	joined.Enters(who.ID, entered)
	return entered, joined, nil
}
