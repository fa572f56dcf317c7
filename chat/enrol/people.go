package enrol

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"parley/chat/members"
	"parley/ent"
	"parley/ent/ban"
	"parley/ent/chat"
	"parley/ent/member"
	"parley/ent/room"
	"parley/ent/roomevent"
	"parley/ent/user"
)

// A person is somebody who is to be enrolled.
type person struct {
	id uuid.UUID
	at time.Time // of their first chat
}

// find looks at a stretch of a room's chats, behind a number, for people who are to be enrolled, at most as many as are
// enrolled together, in the order in which they first sent. Up to next all have been found.
func find(ctx context.Context, db *ent.Client, in uuid.UUID, from int) (people []person, next int, err error) {
	next = from + stretch
	chats, err := db.Chat.Query().Where(chat.RoomID(in), chat.NumberGT(from), chat.NumberLTE(next), missing).
		Order(ent.Asc(chat.FieldNumber)).Select(chat.FieldNumber, chat.FieldUserID, chat.FieldCreatedAt).All(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("find who has sent: %w", err)
	}
	seen := map[uuid.UUID]bool{}
	for _, c := range chats {
		if seen[c.UserID] {
			continue
		}
		if len(people) == most {
			return people, c.Number - 1, nil
		}
		seen[c.UserID] = true
		people = append(people, person{c.UserID, c.CreatedAt})
	}
	return people, next, nil
}

// missing picks the chats of those who have an account and are not in the room, unless they have left it, were removed
// or are banned since.
func missing(c *sql.Selector) {
	of := func(table, person, inRoom string, more ...func(*sql.SelectTable) *sql.Predicate) *sql.Selector {
		t := sql.Table(table)
		where := []*sql.Predicate{sql.ColumnsEQ(t.C(person), c.C(chat.FieldUserID))}
		if inRoom != "" {
			where = append(where, sql.ColumnsEQ(t.C(inRoom), c.C(chat.FieldRoomID)))
		}
		for _, m := range more {
			where = append(where, m(t))
		}
		return sql.Dialect(c.Dialect()).Select(t.C(person)).From(t).Where(sql.And(where...))
	}
	c.Where(sql.And(
		sql.Exists(of(user.Table, user.FieldID, "", func(t *sql.SelectTable) *sql.Predicate { return sql.IsNull(t.C(user.FieldDeletedAt)) })),
		sql.NotExists(of(member.Table, member.FieldUserID, member.FieldRoomID)),
		sql.NotExists(of(ban.Table, ban.FieldUserID, ban.FieldRoomID)),
		sql.NotExists(of(roomevent.Table, roomevent.FieldUserID, roomevent.FieldRoomID, func(t *sql.SelectTable) *sql.Predicate {
			ended := sql.In(t.C(roomevent.FieldKind), roomevent.KindMEMBER_LEFT, roomevent.KindMEMBER_REMOVED)
			return sql.And(ended, sql.NotNull(t.C(roomevent.FieldName))) // as the index has it
		})),
	))
}

// enter makes members of those whom find finds, once more, under the room's lock. live: the room is there, and was not
// done meanwhile.
func (e *Enroller) enter(ctx context.Context, in uuid.UUID, from int) (live bool, err error) {
	err = e.store.Write(ctx, func(tx *ent.Tx) error {
		row, err := tx.Room.UpdateOneID(in).Where(room.Enrolling(true), room.DeletedAtIsNil()).SetEnrolling(true).Save(ctx)
		if live = !ent.IsNotFound(err); !live {
			return nil
		}
		if err != nil {
			return fmt.Errorf("lock room: %w", err)
		}
		people, _, err := find(ctx, tx.Client(), in, from)
		if err != nil {
			return err
		}
		locked, err := lock(ctx, tx, people)
		if err != nil {
			return err
		}
		return insert(ctx, tx, row, people, locked)
	})
	return live, err
}

// lock locks people in order of their ids and returns the rows of those who still have an account.
func lock(ctx context.Context, tx *ent.Tx, people []person) (locked map[uuid.UUID]*ent.User, err error) {
	byID := slices.SortedFunc(slices.Values(people), func(x, y person) int { return bytes.Compare(x.id[:], y.id[:]) })
	locked = make(map[uuid.UUID]*ent.User, len(people))
	for _, p := range byID {
		row, err := tx.User.UpdateOneID(p.id).Where(user.DeletedAtIsNil()).AddRoomsVersion(1).Save(ctx)
		switch {
		case ent.IsNotFound(err):
		case err != nil:
			return nil, fmt.Errorf("lock person: %w", err)
		default:
			locked[p.id] = row
		}
	}
	return locked, nil
}

// insert writes the members of a room that is locked, as they are.
func insert(ctx context.Context, tx *ent.Tx, in *ent.Room, people []person, locked map[uuid.UUID]*ent.User) error {
	var rows []*ent.MemberCreate
	for _, p := range people {
		if who := locked[p.id]; who != nil {
			rows = append(rows, tx.Member.Create().SetID(uuid.Must(uuid.NewV7())).SetRoomID(in.ID).SetUserID(p.id).
				SetRole(int(members.RoleAmong(in.MemberCount+len(rows)))).SetUsernameKey(who.UsernameKey).
				SetJoinedPlace(in.LastPlace).SetJoinedVersion(who.RoomsVersion).SetJoinedAt(p.at).
				SetLastRead(in.LastNumber))
		}
	}
	if len(rows) == 0 {
		return nil
	}
	if err := tx.Member.CreateBulk(rows...).Exec(ctx); err != nil {
		return fmt.Errorf("store members: %w", err)
	}
	return tx.Room.UpdateOneID(in.ID).AddMemberCount(len(rows)).Exec(ctx)
}
