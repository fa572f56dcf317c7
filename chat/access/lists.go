package access

import (
	"time"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"parley/ent/ban"
	"parley/ent/member"
	"parley/ent/room"
)

// Public picks the rooms that are listed for everybody, but those that a person is banned from.
func Public(person uuid.UUID, now time.Time) func(*entsql.Selector) {
	return func(s *entsql.Selector) {
		b := entsql.Table(ban.Table).As("barred")
		bans := entsql.Dialect(s.Dialect()).Select(b.C(ban.FieldID)).From(b).Where(entsql.And(
			entsql.ColumnsEQ(b.C(ban.FieldRoomID), s.C(room.FieldID)), entsql.EQ(b.C(ban.FieldUserID), person),
			entsql.Or(entsql.IsNull(b.C(ban.FieldUntil)), entsql.GT(b.C(ban.FieldUntil), now)),
		))
		s.Where(entsql.And(public(s), entsql.ExprP(s.C(room.FieldDeletedAt)+" IS NULL"), entsql.NotExists(bans)))
	}
}

// Joined picks the rooms that a person is in and has not hidden.
func Joined(person uuid.UUID) func(*entsql.Selector) {
	return func(s *entsql.Selector) {
		mine := entsql.Table(member.Table).As("mine")
		s.Join(mine).On(s.C(room.FieldID), mine.C(member.FieldRoomID)).Where(entsql.And(
			entsql.EQ(mine.C(member.FieldUserID), person), entsql.IsNull(s.C(room.FieldDeletedAt)),
			entsql.Or(entsql.IsNull(mine.C(member.FieldHiddenNumber)), entsql.ColumnsNEQ(mine.C(member.FieldHiddenNumber), s.C(room.FieldLastNumber))),
		))
	}
}

// NotPublic leaves out what Public picks.
func NotPublic(s *entsql.Selector) { s.Where(entsql.ExprP(s.C(room.FieldKind) + " <> 'PUBLIC'")) }
