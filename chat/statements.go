package chat

import (
	"context"
	stdsql "database/sql"
	"fmt"
	"slices"

	"entgo.io/ent/dialect/sql"

	"parley/db"
	"parley/ent"
	"parley/ent/chat"
	"parley/ent/room"
	"parley/ent/roomevent"
)

// statements are those of a send, as texts that are written once; what does not lie in the way of each
// send goes through Ent's builders.
type statements struct {
	counters             string // arguments: n, n of chats, tag, now, now + wrongClock, now, room
	since                string // arguments: room, place, room
	known, events, chats *db.BulkStmt
}

// Columns in the order of their arguments.
var (
	counterColumns = []string{
		room.FieldID, room.FieldOwnerID, room.FieldName, room.FieldTopic, room.FieldCreatedAt, room.FieldDeletedAt,
		room.FieldLastPlace, room.FieldLastNumber, room.FieldLastTag, room.FieldLastAt,
	}
	eventColumns = []string{
		roomevent.FieldRoomID, roomevent.FieldPlace, roomevent.FieldNumber, roomevent.FieldTag, roomevent.FieldKind,
		roomevent.FieldAt, roomevent.FieldActorID, roomevent.FieldChatID,
	}
	chatColumns = []string{
		chat.FieldID, chat.FieldRoomID, chat.FieldNumber, chat.FieldPlace, chat.FieldTag, chat.FieldUserID,
		chat.FieldUsername, chat.FieldText, chat.FieldCreatedAt,
	}
)

// Columns of the log and of the chats that it is about, in the order in which they are read.
var (
	sinceEvents = []string{
		roomevent.FieldPlace, roomevent.FieldNumber, roomevent.FieldKind, roomevent.FieldTag,
		roomevent.FieldAt, roomevent.FieldActorID, roomevent.FieldChatID,
	}
	sinceChats = []string{
		chat.FieldID, chat.FieldNumber, chat.FieldPlace, chat.FieldTag, chat.FieldUserID, chat.FieldUsername,
		chat.FieldText, chat.FieldCreatedAt, chat.FieldEditedAt, chat.FieldDeletedAt,
	}
)

// newStatements writes the texts. A zero stands for an argument that is given later.
func newStatements(store *db.Store) *statements {
	s := &statements{
		known:  store.BulkFind(chat.Table, chat.FieldID),
		events: store.BulkInsert(roomevent.Table, eventColumns...),
		chats:  store.BulkInsert(chat.Table, chatColumns...),
	}
	s.counters, _ = store.SQL().Update(room.Table).
		Add(room.FieldLastPlace, 0).Add(room.FieldLastNumber, 0).Set(room.FieldLastTag, 0).
		Set(room.FieldLastAt, sql.ExprFunc(func(b *sql.Builder) {
			b.WriteString("CASE WHEN last_at > ").Arg(0).WriteString(" AND last_at < ").Arg(0)
			b.WriteString(" THEN last_at ELSE ").Arg(0).WriteString(" END")
		})).
		Where(sql.EQ(room.FieldID, 0)).Returning(counterColumns...).Query()
	e, c := sql.Table(roomevent.Table).As("e"), sql.Table(chat.Table).As("c")
	s.since, _ = store.SQL().Select(slices.Concat(e.Columns(sinceEvents...), c.Columns(sinceChats...))...).From(e).
		LeftJoin(c).On(e.C(roomevent.FieldChatID), c.C(chat.FieldID)).
		Where(sql.And(sql.EQ(e.C(roomevent.FieldRoomID), 0), fromPlace(e))).
		OrderBy(e.C(roomevent.FieldPlace)).Limit(MaxPage + 1).Query()
	return s
}

// fromPlace is the log from a place on; in a deleted room its last event, whatever else is still to be purged.
// The bound is one value, which the index is entered with.
func fromPlace(e *sql.SelectTable) *sql.Predicate {
	return sql.P(func(b *sql.Builder) {
		b.Ident(e.C(roomevent.FieldPlace)).WriteString(" >= (SELECT CASE WHEN deleted_at IS NULL THEN ").Arg(0).
			WriteString(" ELSE last_place END FROM rooms WHERE id = ").Arg(0).WriteString(")")
	})
}

// raiseCounters raises the counter row of a room and answers it as it is then. ErrNoRoom.
func (s *statements) raiseCounters(ctx context.Context, tx *ent.Tx, args ...any) (*ent.Room, error) {
	rows, err := tx.QueryContext(ctx, s.counters, args...)
	if err != nil {
		return nil, fmt.Errorf("raise counters: %w", err)
	}
	var r *ent.Room
	for rows.Next() && err == nil {
		r = &ent.Room{}
		err = rows.Scan(&r.ID, &r.OwnerID, &r.Name, &r.Topic, &r.CreatedAt, &r.DeletedAt,
			&r.LastPlace, &r.LastNumber, &r.LastTag, &r.LastAt)
	}
	switch end := closed(rows); {
	case err != nil:
		return nil, fmt.Errorf("read counters: %w", err)
	case end != nil:
		return nil, fmt.Errorf("raise counters: %w", end)
	case r == nil:
		return nil, ErrNoRoom
	}
	return r, nil
}

// closed closes rows and says what ended them.
func closed(rows *stdsql.Rows) error {
	if err := rows.Close(); err != nil {
		return err
	}
	return rows.Err()
}
