package roomlog

import (
	"database/sql"
	"time"

	"github.com/google/uuid"

	"parley/ent"
	"parley/ent/chat"
	"parley/ent/member"
	"parley/ent/room"
	"parley/ent/roomevent"
)

// A column is one of a table, bound to the field of a row that it is read into and written from. Every statement of
// this package is made of the tables below; nothing else knows which columns there are.
type column[Row any] struct {
	name  string
	use   use
	field func(*Row) any // a pointer to it
	outer func(*Row) any // the same, for an outer join: NULL leaves the field as it is
	value func(*Row) any
}

// use says which statements a column is part of.
type use int

const (
	read    use = 1 << iota // of rows whose room is known
	written                 // with a new row
	naming                  // likewise, with an event that names somebody, its room or an emoji
	longer                  // likewise, with a chat that answers another or has data
	paged                   // with a page of the room's log
)

func bind[Row, Value any](use use, name string, field func(*Row) *Value) column[Row] {
	return column[Row]{
		name: name, use: use,
		field: func(r *Row) any { return field(r) },
		outer: func(r *Row) any { return orNothing[Value]{field(r)} },
		value: func(r *Row) any { return *field(r) },
	}
}

var eventColumns = []column[ent.RoomEvent]{
	bind(written, roomevent.FieldRoomID, func(e *ent.RoomEvent) *uuid.UUID { return &e.RoomID }),
	bind(read|written, roomevent.FieldPlace, func(e *ent.RoomEvent) *int64 { return &e.Place }),
	bind(read|written, roomevent.FieldNumber, func(e *ent.RoomEvent) *int { return &e.Number }),
	bind(read|written, roomevent.FieldTag, func(e *ent.RoomEvent) *int64 { return &e.Tag }),
	bind(read|written, roomevent.FieldKind, func(e *ent.RoomEvent) *string { return (*string)(&e.Kind) }),
	bind(read|written, roomevent.FieldAt, func(e *ent.RoomEvent) *time.Time { return &e.At }),
	bind(read|written, roomevent.FieldActorID, func(e *ent.RoomEvent) *uuid.UUID { return &e.ActorID }),
	bind(read|written, roomevent.FieldChatID, func(e *ent.RoomEvent) **uuid.UUID { return &e.ChatID }),
	bind(read|naming, roomevent.FieldUserID, func(e *ent.RoomEvent) **uuid.UUID { return &e.UserID }),
	bind(read|naming, roomevent.FieldUsername, func(e *ent.RoomEvent) **string { return &e.Username }),
	bind(read|naming, roomevent.FieldName, func(e *ent.RoomEvent) **string { return &e.Name }),
	bind(read|naming, roomevent.FieldEmoji, func(e *ent.RoomEvent) **string { return &e.Emoji }),
}

var chatColumns = []column[ent.Chat]{
	bind(read|written, chat.FieldID, func(c *ent.Chat) *uuid.UUID { return &c.ID }),
	bind(written, chat.FieldRoomID, func(c *ent.Chat) *uuid.UUID { return &c.RoomID }),
	bind(read|written, chat.FieldNumber, func(c *ent.Chat) *int { return &c.Number }),
	bind(read|written, chat.FieldPlace, func(c *ent.Chat) *int64 { return &c.Place }),
	bind(read|written, chat.FieldTag, func(c *ent.Chat) *int64 { return &c.Tag }),
	bind(read|written, chat.FieldUserID, func(c *ent.Chat) *uuid.UUID { return &c.UserID }),
	bind(read|written, chat.FieldUsername, func(c *ent.Chat) *string { return &c.Username }),
	bind(read|written, chat.FieldText, func(c *ent.Chat) *string { return &c.Text }),
	bind(read|written, chat.FieldCreatedAt, func(c *ent.Chat) *time.Time { return &c.CreatedAt }),
	bind(read, chat.FieldEditedAt, func(c *ent.Chat) **time.Time { return &c.EditedAt }),
	bind(read, chat.FieldDeletedAt, func(c *ent.Chat) **time.Time { return &c.DeletedAt }),
	bind(read|longer, chat.FieldReplyTo, func(c *ent.Chat) **uuid.UUID { return &c.ReplyTo }),
	bind(read|longer, chat.FieldData, func(c *ent.Chat) **string { return &c.Data }),
	bind(read, chat.FieldAnswered, func(c *ent.Chat) **bool { return &c.Answered }),
}

// The row of a room that a transaction has locked, and what of it may change besides its counters.
var roomColumns = []column[ent.Room]{
	bind(read, room.FieldID, func(r *ent.Room) *uuid.UUID { return &r.ID }),
	bind(read, room.FieldCreatedBy, func(r *ent.Room) *uuid.UUID { return &r.CreatedBy }),
	bind(read, room.FieldKind, func(r *ent.Room) *string { return (*string)(&r.Kind) }),
	bind(read|paged, room.FieldSendRole, func(r *ent.Room) *int { return &r.SendRole }),
	bind(read|paged, room.FieldMemberCount, func(r *ent.Room) *int { return &r.MemberCount }),
	bind(read, room.FieldAccessVersion, func(r *ent.Room) *int64 { return &r.AccessVersion }),
	bind(read|paged, room.FieldRevokedPlace, func(r *ent.Room) *int64 { return &r.RevokedPlace }),
	bind(read|paged, room.FieldName, func(r *ent.Room) *string { return &r.Name }),
	bind(read|paged, room.FieldTopic, func(r *ent.Room) **string { return &r.Topic }),
	bind(read|paged, room.FieldData, func(r *ent.Room) **string { return &r.Data }),
	bind(read, room.FieldNameKey, func(r *ent.Room) **string { return &r.NameKey }),
	bind(read, room.FieldCreatedAt, func(r *ent.Room) *time.Time { return &r.CreatedAt }),
	bind(read, room.FieldDeletedAt, func(r *ent.Room) **time.Time { return &r.DeletedAt }),
	bind(read, room.FieldLastPlace, func(r *ent.Room) *int64 { return &r.LastPlace }),
	bind(read, room.FieldLastNumber, func(r *ent.Room) *int { return &r.LastNumber }),
	bind(read, room.FieldLastTag, func(r *ent.Room) *int64 { return &r.LastTag }),
	bind(read, room.FieldLastAt, func(r *ent.Room) *time.Time { return &r.LastAt }),
}

// The membership of whom an event is about.
var memberColumns = []column[ent.Member]{
	bind(read, member.FieldID, func(m *ent.Member) *uuid.UUID { return &m.ID }),
	bind(read, member.FieldRole, func(m *ent.Member) *int { return &m.Role }),
	bind(read, member.FieldJoinedPlace, func(m *ent.Member) *int64 { return &m.JoinedPlace }),
	bind(read, member.FieldJoinedAt, func(m *ent.Member) *time.Time { return &m.JoinedAt }),
}

// ChatColumns are what ChatOf reads of a chat whose room is known.
var ChatColumns = names(chatColumns, read)

func names[Row any](columns []column[Row], use use) (names []string) {
	for _, c := range columns {
		if c.use&use != 0 {
			names = append(names, c.name)
		}
	}
	return names
}

// fields adds where a row is read into.
func fields[Row any](into []any, columns []column[Row], r *Row) []any {
	for _, c := range columns {
		if c.use&read != 0 {
			into = append(into, c.field(r))
		}
	}
	return into
}

// outerFields does the same where there may be no such row.
func outerFields[Row any](into []any, columns []column[Row], use use, r *Row) []any {
	for _, c := range columns {
		if c.use&use != 0 {
			into = append(into, c.outer(r))
		}
	}
	return into
}

// values are what is written of rows, one behind the other.
func values[Row any](columns []column[Row], use use, rows []*Row) []any {
	width := 0
	for _, c := range columns {
		if c.use&use != 0 {
			width++
		}
	}
	args := make([]any, 0, len(rows)*width)
	for _, r := range rows {
		for _, c := range columns {
			if c.use&use != 0 {
				args = append(args, c.value(r))
			}
		}
	}
	return args
}

// orNothing reads a column of an outer join.
type orNothing[Value any] struct{ to *Value }

// Scan is what database/sql calls with the column's value. The usual values take no memory besides their own.
func (o orNothing[Value]) Scan(from any) error {
	if from == nil {
		return nil
	}
	if _, lent := from.([]byte); lent { // by the driver; below it is copied
		return o.convert(from)
	}
	if v, same := from.(Value); same {
		*o.to = v
		return nil
	}
	switch to := any(o.to).(type) {
	case sql.Scanner:
		return to.Scan(from)
	case *int:
		if n, whole := from.(int64); whole {
			*to = int(n)
			return nil
		}
	}
	return o.convert(from)
}

func (o orNothing[Value]) convert(from any) error {
	var v sql.Null[Value]
	if err := v.Scan(from); err != nil {
		return err
	}
	*o.to = v.V
	return nil
}
