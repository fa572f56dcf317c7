package chat

import (
	"context"
	stdsql "database/sql"
	"fmt"
	"slices"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/chat"
	"parley/ent/room"
	"parley/ent/roomevent"
)

// statements are those of a send, as texts that are written once. Ent's builders of rows would take
// more time than the database, and read back what they wrote; what does not lie in the way of each
// send goes through them.
type statements struct {
	counters             string // arguments: n, n of chats, tag, now, now, room
	known, events, chats many
}

// together is how many rows one statement takes. Its text depends on that number, and the driver keeps
// 64 texts prepared: so few all stay.
const together = 16

// many is a statement for 1 to 16 rows.
type many struct {
	args  int // of a row
	texts [together + 1]string
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

// newStatements writes the texts. A zero stands for an argument that is given later.
func newStatements(in *sql.DialectBuilder) *statements {
	s := &statements{
		known: many{args: 1}, events: many{args: len(eventColumns)}, chats: many{args: len(chatColumns)},
	}
	s.counters, _ = in.Update(room.Table).
		Add(room.FieldLastPlace, 0).Add(room.FieldLastNumber, 0).Set(room.FieldLastTag, 0).
		Set(room.FieldLastAt, sql.Expr("CASE WHEN last_at > ? THEN last_at ELSE ? END", 0, 0)).
		Where(sql.EQ(room.FieldID, 0)).Returning(counterColumns...).Query()
	events, chats := in.Insert(roomevent.Table).Columns(eventColumns...), in.Insert(chat.Table).Columns(chatColumns...)
	for n := 1; n <= together; n++ {
		ids := slices.Repeat([]any{0}, n)
		s.known.texts[n], _ = in.Select(chat.FieldID).From(sql.Table(chat.Table)).Where(sql.In(chat.FieldID, ids...)).Query()
		s.events.texts[n], _ = events.Values(slices.Repeat([]any{0}, len(eventColumns))...).Query()
		s.chats.texts[n], _ = chats.Values(slices.Repeat([]any{0}, len(chatColumns))...).Query()
	}
	return s
}

// run takes the arguments of any number of rows in turn and counts what the statements answer.
// It asks for rows also where there are none: such a statement is one call of SQLite with all its
// arguments, and starts no goroutine.
func (m *many) run(ctx context.Context, tx *ent.Tx, args []any) (answered int, err error) {
	for part := range slices.Chunk(args, together*m.args) {
		rows, err := tx.QueryContext(ctx, m.texts[len(part)/m.args], part...)
		if err != nil {
			return 0, err
		}
		for rows.Next() {
			answered++
		}
		if err := closed(rows); err != nil {
			return 0, err
		}
	}
	return answered, nil
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
