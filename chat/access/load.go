package access

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"parley/ent"
	"parley/ent/ban"
	"parley/ent/member"
	"parley/ent/room"
	"parley/ent/user"
)

// Load reads rooms with a person's standing in each, by one statement. All that is shown of a room comes from here, or from
// a row that a transaction has locked together with Standings.
func Load(ctx context.Context, rooms *ent.RoomQuery, person uuid.UUID, now time.Time) ([]Room, error) {
	rows, err := rooms.Modify(func(s *entsql.Selector) {
		joinStanding(s, equal(s.C(room.FieldID)), is(person))
	}).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("find rooms: %w", err)
	}
	loaded := make([]Room, len(rows))
	for i, row := range rows {
		as, err := standing(row.Value, now)
		if err != nil {
			return nil, fmt.Errorf("standing in room %s: %w", row.ID, err)
		}
		loaded[i] = Room{row, as}
	}
	return loaded, nil
}

// Standings reads what people are in one room, by one statement, each of them.
func Standings(ctx context.Context, db *ent.Client, in uuid.UUID, people []uuid.UUID, now time.Time) (map[uuid.UUID]Standing, error) {
	rows, err := db.User.Query().Where(user.IDIn(people...), user.DeletedAtIsNil()).Modify(func(s *entsql.Selector) {
		joinStanding(s, is(in), equal(s.C(user.FieldID)))
	}).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("standings in room %s: %w", in, err)
	}
	standings := make(map[uuid.UUID]Standing, len(people))
	for _, id := range people {
		standings[id] = Standing{Gone: true}
	}
	for _, row := range rows {
		if standings[row.ID], err = standing(row.Value, now); err != nil {
			return nil, fmt.Errorf("standing of user %s: %w", row.ID, err)
		}
	}
	return standings, nil
}

// A condition is what must hold of a column.
type condition func(column string) *entsql.Predicate

func is(id uuid.UUID) condition {
	return func(column string) *entsql.Predicate { return entsql.EQ(column, id) }
}

func equal(other string) condition {
	return func(column string) *entsql.Predicate { return entsql.ColumnsEQ(column, other) }
}

// Columns of a standing in what has been selected.
const (
	asID          = "as_id"
	asRole        = "as_role"
	asJoinedAt    = "as_joined_at"
	asJoinedPlace = "as_joined_place"
	asVersion     = "as_joined_version"
	asOwners      = "as_owners" // of the room, at most two; null: they are none
	asBan         = "as_ban"
	asUntil       = "as_until"
)

// joinStanding adds to what is selected, a row for each room or each person, what a person is in a room.
func joinStanding(s *entsql.Selector, inRoom, ofPerson condition) {
	m, b := entsql.Table(member.Table).As("m"), entsql.Table(ban.Table).As("b")
	s.LeftJoin(m).OnP(entsql.And(inRoom(m.C(member.FieldRoomID)), ofPerson(m.C(member.FieldUserID)))).
		LeftJoin(b).OnP(entsql.And(inRoom(b.C(ban.FieldRoomID)), ofPerson(b.C(ban.FieldUserID)))).
		AppendSelectAs(m.C(member.FieldID), asID).
		AppendSelectAs(m.C(member.FieldRole), asRole).
		AppendSelectAs(m.C(member.FieldJoinedAt), asJoinedAt).
		AppendSelectAs(m.C(member.FieldJoinedPlace), asJoinedPlace).
		AppendSelectAs(m.C(member.FieldJoinedVersion), asVersion).
		AppendSelectExprAs(entsql.Expr("CASE WHEN m.role = 0 THEN (SELECT COUNT(*) FROM "+
			"(SELECT 1 FROM members o WHERE o.room_id = m.room_id AND o.role = 0 LIMIT 2) owners) END"), asOwners).
		AppendSelectAs(b.C(ban.FieldID), asBan).
		AppendSelectAs(b.C(ban.FieldUntil), asUntil)
}

// standing reads what joinStanding has selected.
func standing(value func(string) (ent.Value, error), now time.Time) (as Standing, err error) {
	member, inRoom, e1 := scan[uuid.UUID](value, asID)
	role, _, e2 := scan[int](value, asRole)
	joinedAt, _, e3 := scan[time.Time](value, asJoinedAt)
	place, _, e4 := scan[int64](value, asJoinedPlace)
	version, _, e5 := scan[int64](value, asVersion)
	owners, _, e6 := scan[int](value, asOwners)
	_, banned, e7 := scan[int64](value, asBan)
	until, ends, e8 := scan[time.Time](value, asUntil)
	if inRoom {
		as.Member = &Membership{ID: member, Role: Role(role), JoinedAt: joinedAt.UTC(), JoinedPlace: place, JoinedVersion: version}
		as.LastOwner = as.Member.Role == Owner && owners == 1
	}
	if as.Banned = banned && (!ends || until.After(now)); as.Banned && ends {
		until = until.UTC()
		as.Until = &until
	}
	return as, errors.Join(e1, e2, e3, e4, e5, e6, e7, e8)
}

// scan reads a selected column; there: it is not null.
func scan[T any](value func(string) (ent.Value, error), column string) (v T, there bool, err error) {
	selected, err := value(column)
	if err != nil {
		return v, false, err
	}
	if unknown, is := selected.(*entsql.UnknownType); is {
		selected = *unknown
	}
	var read sql.Null[T]
	err = read.Scan(selected)
	return read.V, read.Valid, err
}
