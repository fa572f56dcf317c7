package roomlog

import (
	"context"
	stdsql "database/sql"
	"fmt"
	"slices"

	"entgo.io/ent/dialect/sql"

	"parley/chat/access"
	"parley/db"
	"parley/ent"
	"parley/ent/chat"
	"parley/ent/member"
	"parley/ent/room"
	"parley/ent/roomevent"
)

// statements are those of a send and of reading on, as texts that are written once; what does not lie in the way of each
// send goes through Ent's builders.
type statements struct {
	counters      string // arguments: n, n of chats, change of the tag (twice), now, now + WrongClock, now, room
	since         string // arguments: the first place that is there (twice), room, place, room
	sinceMembers  string // the same, with the memberships of those whom events are about
	events, chats *db.BulkStmt
	naming        *db.BulkStmt // events of which some name somebody, their room or an emoji
	longer        *db.BulkStmt // chats of which some answer others or have data
}

// someLeaving is whether anybody is leaving their rooms: by an index that holds next to nothing. (For EXISTS, Postgres takes the
// first row of all people to be near.)
const someLeaving = "(SELECT COUNT(*) > 0 FROM users WHERE leaving)"

// newStatements writes the texts. A zero stands for an argument that is given later.
func newStatements(store *db.Store) *statements {
	s := &statements{
		events: store.BulkInsert(roomevent.Table, names(eventColumns, written)...),
		naming: store.BulkInsert(roomevent.Table, names(eventColumns, written|naming)...),
		chats:  store.BulkInsert(chat.Table, names(chatColumns, written)...),

		longer: store.BulkInsert(chat.Table, names(chatColumns, written|longer)...),
	}
	s.counters, _ = store.SQL().Update(room.Table).
		Add(room.FieldLastPlace, 0).Add(room.FieldLastNumber, 0).
		Set(room.FieldLastTag, sql.ExprFunc(func(b *sql.Builder) { // exclusive or: the new tag is random, and tells the old one
			b.WriteString("(last_tag | ").Arg(0).WriteString(") - (last_tag & ").Arg(0).WriteString(")")
		})).
		Set(room.FieldLastAt, sql.ExprFunc(func(b *sql.Builder) {
			b.WriteString("CASE WHEN last_at > ").Arg(0).WriteString(" AND last_at < ").Arg(0)
			b.WriteString(" THEN last_at ELSE ").Arg(0).WriteString(" END")
		})).
		Where(sql.EQ(room.FieldID, 0)).Returning(append(names(roomColumns, read), someLeaving)...).Query()
	s.since, s.sinceMembers = since(store, false), since(store, true)
	return s
}

// since reads a page of a log. The first row, which the reader knows, has the room with it, and its newest chat up to
// there instead of the chat that the row is about: so they are of the same state as the page, and cost it next to nothing.
// Memberships cost each row a look-up, and few pages show any.
func since(store *db.Store, memberships bool) string {
	e, c, r := sql.Table(roomevent.Table).As("e"), sql.Table(chat.Table).As("c"), sql.Table(room.Table).As("r")
	columns := slices.Concat(e.Columns(names(eventColumns, read)...), c.Columns(names(chatColumns, read)...), r.Columns(names(roomColumns, paged)...))
	first := func(b *sql.Builder, is *sql.SelectTable, then string) *sql.Builder {
		return b.Ident(is.C("id")).WriteString(" = CASE WHEN ").Ident(e.C(roomevent.FieldPlace)).WriteString(" = ").Arg(0).
			WriteString(" THEN ").WriteString(then).WriteString(" ")
	}
	page := store.SQL().Select(columns...).From(e).
		LeftJoin(c).OnP(sql.P(func(b *sql.Builder) {
		first(b, c, "(SELECT n.id FROM chats n WHERE n.room_id = e.room_id AND n.number = e.number)").
			WriteString("ELSE ").Ident(e.C(roomevent.FieldChatID)).WriteString(" END")
	})).
		LeftJoin(r).OnP(sql.P(func(b *sql.Builder) { first(b, r, "e.room_id").WriteString("END") })).
		Where(sql.And(sql.EQ(e.C(roomevent.FieldRoomID), 0), fromPlace(e))).
		OrderBy(e.C(roomevent.FieldPlace)).Limit(MaxPage + 1)
	if memberships {
		withMembers(page, e)
	}
	text, _ := page.Query()
	return text
}

// withMembers adds to the entries of a log the memberships of those whom they are about, if their accounts are live.
func withMembers(page *sql.Selector, e *sql.SelectTable) {
	m := sql.Table(member.Table).As("m")
	page.LeftJoin(m).OnP(sql.And(
		sql.ColumnsEQ(m.C(member.FieldRoomID), e.C(roomevent.FieldRoomID)), sql.ColumnsEQ(m.C(member.FieldUserID), e.C(roomevent.FieldUserID)),
		sql.ExprP("EXISTS (SELECT 1 FROM users u WHERE u.id = m.user_id AND u.deleted_at IS NULL)"),
	)).AppendSelect(m.Columns(names(memberColumns, read)...)...)
}

// fromPlace is the log from a place on; in a deleted room its last event, whatever else is still to be purged.
// The bound is one value, which the index is entered with.
func fromPlace(e *sql.SelectTable) *sql.Predicate {
	return sql.P(func(b *sql.Builder) {
		b.Ident(e.C(roomevent.FieldPlace)).WriteString(" >= (SELECT CASE WHEN deleted_at IS NULL THEN ").Arg(0).
			WriteString(" ELSE last_place END FROM rooms WHERE id = ").Arg(0).WriteString(")")
	})
}

// advanceCounters advances the counters in the row of a room and returns it as it is then, and whether anybody is leaving
// their rooms because their account is gone. access.ErrNoRoom.
func (s *statements) advanceCounters(ctx context.Context, tx *ent.Tx, args ...any) (r *ent.Room, leaving bool, err error) {
	rows, err := tx.QueryContext(ctx, s.counters, args...)
	if err != nil {
		return nil, false, fmt.Errorf("advance counters: %w", err)
	}
	for rows.Next() && err == nil {
		r = &ent.Room{}
		err = rows.Scan(append(fields(nil, roomColumns, r), &leaving)...)
	}
	switch end := closed(rows); {
	case err != nil:
		return nil, false, fmt.Errorf("read counters: %w", err)
	case end != nil:
		return nil, false, fmt.Errorf("advance counters: %w", end)
	case r == nil:
		return nil, false, access.ErrNoRoom
	}
	return r, leaving, nil
}

// closed closes rows and says what ended them.
func closed(rows *stdsql.Rows) error {
	if err := rows.Close(); err != nil {
		return err
	}
	return rows.Err()
}
