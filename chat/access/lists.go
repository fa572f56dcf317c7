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
		bans := bansOf(s, person, now)
		s.Where(entsql.And(public(s), undeleted(s), entsql.NotExists(bans)))
	}
}

// Readable picks the rooms that a person may read, as May says it. It is for statements that show something of a room which
// another has read before.
func Readable(person uuid.UUID, now time.Time) func(*entsql.Selector) {
	return func(s *entsql.Selector) {
		m := entsql.Table(member.Table).As("reading")
		in := entsql.Dialect(s.Dialect()).Select(m.C(member.FieldID)).From(m).Where(entsql.And(
			entsql.ColumnsEQ(m.C(member.FieldRoomID), s.C(room.FieldID)), entsql.EQ(m.C(member.FieldUserID), person),
		))
		s.Where(entsql.And(undeleted(s), entsql.Or(entsql.Exists(in), entsql.And(public(s), entsql.NotExists(bansOf(s, person, now))))))
	}
}

// bansOf are the bans of a person that hold, in the room of a row.
func bansOf(rooms *entsql.Selector, person uuid.UUID, now time.Time) *entsql.Selector {
	b := entsql.Table(ban.Table).As("barred")
	return entsql.Dialect(rooms.Dialect()).Select(b.C(ban.FieldID)).From(b).Where(entsql.And(
		entsql.ColumnsEQ(b.C(ban.FieldRoomID), rooms.C(room.FieldID)), entsql.EQ(b.C(ban.FieldUserID), person),
		entsql.Or(entsql.IsNull(b.C(ban.FieldUntil)), entsql.GT(b.C(ban.FieldUntil), now)),
	))
}

// undeleted picks rooms that are there. It is written out, as the indexes over them are.
func undeleted(s *entsql.Selector) *entsql.Predicate {
	return entsql.ExprP(s.C(room.FieldDeletedAt) + " IS NULL")
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

// A Reader is whom something of rooms is shown to that were read before.
type Reader struct {
	Person uuid.UUID // who must be able to read the room still
	All    bool      // instead: all who may read the room, and are judged elsewhere
}

// In picks the rows of rooms that the reader may read; column names the room of a row. None of a deleted room is picked.
func (r Reader) In(s *entsql.Selector, column string, now time.Time) *entsql.Predicate {
	rooms := entsql.Table(room.Table).As("shown")
	in := entsql.Dialect(s.Dialect()).Select(rooms.C(room.FieldID)).From(rooms).Where(entsql.ColumnsEQ(rooms.C(room.FieldID), column))
	if r.All {
		in.Where(undeleted(in))
	} else {
		Readable(r.Person, now)(in)
	}
	return entsql.Exists(in)
}
