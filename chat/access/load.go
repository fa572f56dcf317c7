package access

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"parley/ent"
	"parley/ent/ban"
	"parley/ent/member"
	"parley/ent/room"
	"parley/ent/user"
)

// Load reads rooms with a person's standing in each, by one statement. All that is shown of a room comes from here, or from
// a row that a transaction has locked together with Standings. Of the rows it reads roomColumns.
func Load(ctx context.Context, rooms *ent.RoomQuery, person uuid.UUID, now time.Time) (loaded []Room, err error) {
	rows, err := rooms.Where(func(s *entsql.Selector) {
		joinStanding(s, equal(s.C(room.FieldID)), is(person), whereDirect(s, blocked))
		s.AppendSelectExprAs(entsql.ExprFunc(func(b *entsql.Builder) {
			b.WriteString("SELECT " + server + " FROM users WHERE ").Join(is(person)(entsql.Table(user.Table).C(user.FieldID)))
		}), "server")
	}).Select(roomColumns...).Rows(ctx)
	if err != nil {
		return nil, fmt.Errorf("find rooms: %w", err)
	}
	var as columns
	for rows.Next() && err == nil {
		r := &ent.Room{}
		if err = rows.Scan(append(fieldsOf(r), as.fields()...)...); err == nil {
			loaded = append(loaded, Room{r, as.standing(now)})
		}
	}
	if err := errors.Join(err, rows.Close(), rows.Err()); err != nil {
		return nil, fmt.Errorf("read rooms: %w", err)
	}
	return loaded, nil
}

// Standings reads what people are in one room, by one statement, each of them.
func Standings(ctx context.Context, db *ent.Client, in *ent.Room, people []uuid.UUID, now time.Time) (map[uuid.UUID]Standing, error) {
	blocks := "FALSE"
	if in.Kind == room.KindDIRECT && in.MemberCount == 2 {
		blocks = blocked
	}
	rows, err := db.User.Query().Where(user.IDIn(people...), user.DeletedAtIsNil(), func(s *entsql.Selector) {
		joinStanding(s, is(in.ID), equal(s.C(user.FieldID)), blocks)
		s.AppendSelectExprAs(entsql.Expr(server), "server")
	}).Select(user.FieldID).Rows(ctx)
	if err != nil {
		return nil, fmt.Errorf("standings in room %s: %w", in.ID, err)
	}
	var id uuid.UUID
	var as columns
	standings := make(map[uuid.UUID]Standing, len(people))
	for _, id := range people {
		standings[id] = Standing{Gone: true}
	}
	for rows.Next() && err == nil {
		if err = rows.Scan(append([]any{&id}, as.fields()...)...); err == nil {
			standings[id] = as.standing(now)
		}
	}
	if err := errors.Join(err, rows.Close(), rows.Err()); err != nil {
		return nil, fmt.Errorf("standings in room %s: %w", in.ID, err)
	}
	return standings, nil
}

// roomColumns are all but those that only the database looks at, in the order of fieldsOf.
var roomColumns = []string{
	room.FieldID, room.FieldCreatedBy, room.FieldKind, room.FieldCreatedAt, room.FieldName, room.FieldNameKey, room.FieldTopic, room.FieldData, room.FieldDeletedAt,
	room.FieldSendRole, room.FieldMemberCount, room.FieldAccessVersion, room.FieldRevokedPlace,
	room.FieldLastPlace, room.FieldLastNumber, room.FieldLastTag, room.FieldLastAt,
}

// fieldsOf are where roomColumns are read into.
func fieldsOf(r *ent.Room) []any {
	return []any{
		&r.ID, &r.CreatedBy, (*string)(&r.Kind), &r.CreatedAt, &r.Name, &r.NameKey, &r.Topic, &r.Data, &r.DeletedAt,
		&r.SendRole, &r.MemberCount, &r.AccessVersion, &r.RevokedPlace,
		&r.LastPlace, &r.LastNumber, &r.LastTag, &r.LastAt,
	}
}

// A condition is what must hold of a column.
type condition func(column string) *entsql.Predicate

// is compares with an id. SQLite may plan a statement anew for each value that a bare parameter is given (3.54, and the driver
// clears all values before), which takes longer than to find a room; behind a plus it is the same value, but not bare.
func is(id uuid.UUID) condition {
	return func(column string) *entsql.Predicate {
		return entsql.P(func(b *entsql.Builder) {
			b.Ident(column).WriteOp(entsql.OpEQ)
			if b.Dialect() == dialect.SQLite {
				b.WriteString("+")
			}
			b.Arg(id)
		})
	}
}

func equal(other string) condition {
	return func(column string) *entsql.Predicate { return entsql.ColumnsEQ(column, other) }
}

// columns are those of a standing, in the order in which joinStanding selects them, and behind them server. Rows are scanned by hand: Ent would look
// at the types of all columns for each of these in each row.
type columns struct {
	id                   sql.Null[uuid.UUID]
	role, place, version sql.NullInt64
	lastRead, notify     sql.NullInt64
	joinedAt             sql.NullTime
	owners               sql.NullInt64 // of the room, at most two; null: they are none
	ban                  sql.NullInt64
	until                sql.NullTime
	blocked              sql.NullBool // null: it is no direct room of two, or they are not in it
	server               sql.NullInt64
}

// server is what somebody is on the server: 1 an admin, -1 disabled.
const server = "CASE WHEN users.disabled_at IS NOT NULL THEN -1 WHEN users.admin THEN 1 ELSE 0 END"

func (c *columns) fields() []any {
	return []any{&c.id, &c.role, &c.joinedAt, &c.place, &c.version, &c.lastRead, &c.notify, &c.owners, &c.ban, &c.until, &c.blocked, &c.server}
}

// joinStanding adds to what is selected, a row for each room or each person, what a person is in a room.
func joinStanding(s *entsql.Selector, inRoom, ofPerson condition, blocks string) {
	m, b := entsql.Table(member.Table).As("m"), entsql.Table(ban.Table).As("b")
	s.LeftJoin(m).OnP(entsql.And(inRoom(m.C(member.FieldRoomID)), ofPerson(m.C(member.FieldUserID)))).
		LeftJoin(b).OnP(entsql.And(inRoom(b.C(ban.FieldRoomID)), ofPerson(b.C(ban.FieldUserID)))).
		AppendSelect(m.C(member.FieldID)).
		AppendSelect(m.C(member.FieldRole)).
		AppendSelect(m.C(member.FieldJoinedAt)).
		AppendSelect(m.C(member.FieldJoinedPlace)).
		AppendSelect(m.C(member.FieldJoinedVersion)).
		AppendSelect(m.C(member.FieldLastRead)).
		AppendSelect(m.C(member.FieldNotify)).
		AppendSelectExprAs(entsql.Expr("CASE WHEN m.role = 0 THEN (SELECT COUNT(*) FROM "+
			"(SELECT 1 FROM members o WHERE o.room_id = m.room_id AND o.role = 0 LIMIT 2) owners) END"), "owners").
		AppendSelect(b.C(ban.FieldID)).
		AppendSelect(b.C(ban.FieldUntil)).
		AppendSelectExprAs(entsql.Expr(blocks), "blocked")
}

// blocked says of a membership m in a room of two whether one of them has blocked the other.
const blocked = "EXISTS (SELECT 1 FROM members o WHERE o.room_id = m.room_id AND o.user_id <> m.user_id AND (" +
	"EXISTS (SELECT 1 FROM blocks k WHERE k.user_id = o.user_id AND k.blocked_id = m.user_id) OR " +
	"EXISTS (SELECT 1 FROM blocks k WHERE k.user_id = m.user_id AND k.blocked_id = o.user_id)))"

// whereDirect is an expression that costs rooms nothing but direct ones of two.
func whereDirect(rooms *entsql.Selector, expression string) string {
	return fmt.Sprintf("CASE WHEN %s = 'DIRECT' AND %s = 2 THEN %s END", rooms.C(room.FieldKind), rooms.C(room.FieldMemberCount), expression)
}

// standing is what was read.
func (c *columns) standing(now time.Time) (as Standing) {
	as.Admin, as.Disabled = c.server.Int64 > 0, c.server.Int64 < 0
	if c.id.Valid {
		as.Member = &Membership{
			ID: c.id.V, Role: Role(c.role.Int64), JoinedAt: c.joinedAt.Time.UTC(), JoinedPlace: c.place.Int64, JoinedVersion: c.version.Int64,
			LastRead: int(c.lastRead.Int64),
		}
		if c.notify.Valid {
			level := NotifyLevel(c.notify.Int64)
			as.Member.Notify = &level
		}
		as.LastOwner = as.Member.Role == Owner && c.owners.Int64 == 1
		as.Blocked = c.blocked.Bool
	}
	if as.Banned = c.ban.Valid && (!c.until.Valid || c.until.Time.After(now)); as.Banned && c.until.Valid {
		until := c.until.Time.UTC()
		as.Until = &until
	}
	return as
}
