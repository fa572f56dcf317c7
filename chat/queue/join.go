package queue

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"parley/chat/access"
	"parley/chat/members"
	"parley/ent"
	"parley/ent/member"
)

// A newcomer is somebody who is not in all rooms that they send to, and whose row the transaction has locked.
type newcomer struct {
	*members.Person
	counted int // rooms by which their version was raised
	joined  int // that they have joined
}

// lockNewcomers locks those who may join by what they send, in order of their ids. Who has no account any more sends nothing.
func (b *batch) lockNewcomers(ctx context.Context) error {
	rooms := map[uuid.UUID]int{}
	for _, l := range b.locked {
		for id := range l.joining {
			rooms[id]++
		}
	}
	for _, id := range slices.SortedFunc(maps.Keys(rooms), byID) {
		person, err := members.Lock(ctx, b.tx, id, rooms[id])
		if errors.Is(err, members.ErrNoPerson) {
			b.refuseAll(id)
			continue
		}
		if err != nil {
			return err
		}
		b.newcomers[id] = &newcomer{Person: person, counted: rooms[id]}
	}
	return nil
}

func (b *batch) refuseAll(id uuid.UUID) {
	for i, e := range b.entries {
		if e.UserID == id && !b.answered(i) {
			b.refuse([]int{i}, &access.ForbiddenError{})
		}
	}
}

// joinsOf are those who join a room with what is kept of their sends, as far as there is room, for them and in it.
func (b *batch) joinsOf(l *locked, kept []int) map[uuid.UUID]bool {
	if len(l.joining) == 0 {
		return nil
	}
	joins := map[uuid.UUID]bool{}
	for _, n := range kept {
		id := b.entries[n].UserID
		who := b.newcomers[id]
		if l.joining[id] && !joins[id] && who.MayEnter(who.joined, b.o.MaxRooms) && l.Room.MemberCount+len(joins) < b.o.MaxMembers {
			joins[id] = true
			who.joined++
		}
	}
	return joins
}

var memberColumns = []string{
	member.FieldID, member.FieldRoomID, member.FieldUserID, member.FieldRole, member.FieldUsernameKey, member.FieldJoinedPlace,
	member.FieldJoinedVersion, member.FieldJoinedAt, member.FieldLastRead,
}

// addMember makes a member of whoever an event says has joined.
func (b *batch) addMember(l *locked, joined *ent.RoomEvent) {
	who := b.newcomers[*joined.UserID]
	as := &access.Membership{ID: uuid.Must(uuid.NewV7()), Role: members.RoleAmong(l.members), JoinedAt: joined.At, JoinedPlace: joined.Place - 1, LastRead: joined.Number}
	l.Enters(*joined.UserID, as)
	who.Version++
	b.members = append(b.members, as.ID, joined.RoomID, *joined.UserID, int(as.Role), who.UsernameKey, as.JoinedPlace, who.Version, as.JoinedAt, as.LastRead)
	b.records = append(b.records, members.Joined(joined.RoomID, access.Caller{ID: *joined.UserID, Username: *joined.Username}, as.Role))
	l.members++
}

// writeMembers writes who has joined, and takes back what was counted for those who had no room.
func (b *batch) writeMembers(ctx context.Context) error {
	if _, err := b.enter.Run(ctx, b.tx, b.members); err != nil {
		return fmt.Errorf("store members: %w", err)
	}
	for id, who := range b.newcomers {
		if unused := who.counted - who.joined; unused > 0 {
			if err := b.tx.User.UpdateOneID(id).AddRoomsVersion(int64(-unused)).Exec(ctx); err != nil {
				return fmt.Errorf("give back a place in a list of rooms: %w", err)
			}
		}
	}
	return nil
}
