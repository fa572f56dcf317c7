// Package logcheck finds logs of rooms that no server has written: in rows that are imported or exported, and in whole
// databases. It rests on one idea: what readers rely on is checked before they do. It knows no database, only its rows.
package logcheck

import (
	"bytes"
	"fmt"

	"parley/chat/roomlog"
	"parley/db/tables"
	"parley/ent/roomevent"
)

// KeptChats and KeptEvents are conditions, in the SQL of both databases, on the rows of chats and of room_events that are
// data. Of a room that was deleted only the last event is, and a purge takes the other rows away.
const (
	KeptChats  = "room_id NOT IN " + inPurge
	KeptEvents = "kind = 'ROOM_DELETED' OR " + KeptChats
)

// inPurge are rooms that were deleted and still have rows.
const inPurge = `(SELECT id FROM rooms WHERE purging)`

// A Checker follows the rows of chats and of room_events, each table by itself and in the order of its key, and finds
// what a database would take and readers would not: a number or a place that is missing, an event that does not continue
// its log. The zero value is ready.
type Checker struct {
	table   *tables.Table
	columns logColumns
	room    []byte // of the row before
	number  int64  // of the chat, or with the event, before
	place   int64
	at      []byte // of the event before
	ended   bool   // it was the last of its room
}

// logColumns are where the columns stand that are looked at; -1: not in this table.
type logColumns struct{ room, number, place, tag, kind, at, chat int }

// Check looks at the next row. Rows of other tables pass.
func (c *Checker) Check(r tables.Row) error {
	if r.Table.Name != "chats" && r.Table.Name != "room_events" {
		return nil
	}
	if r.Table != c.table {
		c.begin(r.Table)
	}
	first := !bytes.Equal(c.room, r.Cells[c.columns.room])
	if first {
		c.room, c.number, c.place, c.at, c.ended = append(c.room[:0], r.Cells[c.columns.room]...), 0, 0, c.at[:0], false
	}
	if c.columns.kind < 0 {
		return c.chat(r.Cells)
	}
	return c.event(r.Cells, first)
}

// begin starts a table.
func (c *Checker) begin(t *tables.Table) {
	find := func(name string) int { return t.Find([]byte(name), 0) }
	*c = Checker{table: t, room: c.room[:0], at: c.at[:0], columns: logColumns{
		room: find("room_id"), number: find("number"), place: find("place"), tag: find("tag"),
		kind: find("kind"), at: find("at"), chat: find("chat_id"),
	}}
}

func (c *Checker) chat(row [][]byte) error {
	number, place := tables.Integer(row[c.columns.number]), tables.Integer(row[c.columns.place])
	switch {
	case number != c.number+1:
		return fmt.Errorf("chat %d of a room is missing: there is %d", c.number+1, number)
	case place <= c.place:
		return fmt.Errorf("chat %d of a room has place %d, and the one before has %d", number, place, c.place)
	case tables.Integer(row[c.columns.tag]) == 0:
		return fmt.Errorf("chat %d of a room has no tag", number)
	}
	c.number, c.place = number, place
	return nil
}

func (c *Checker) event(row [][]byte, first bool) error {
	place, number, want := tables.Integer(row[c.columns.place]), tables.Integer(row[c.columns.number]), c.number
	ended := false
	switch roomevent.Kind(row[c.columns.kind]) {
	case roomevent.KindCHAT_SENT:
		want++
	case roomevent.KindCHAT_EDITED, roomevent.KindCHAT_DELETED:
	case roomevent.KindROOM_DELETED:
		if !first {
			return fmt.Errorf("a deleted room holds more than its last event, which is at place %d", place)
		}
		c.place, want, ended = place-1, number, true // what was before is gone
	default:
		return fmt.Errorf("%s.kind is none that this release knows", c.table.Name)
	}
	switch {
	case c.ended:
		return fmt.Errorf("a deleted room holds more than its last event: there is place %d", place)
	case place < 1 || place != c.place+1:
		return fmt.Errorf("place %d of a room is missing: there is %d", c.place+1, place)
	case number != want:
		return fmt.Errorf("place %d of a room counts %d chats, and there are %d", place, number, want)
	case tables.Integer(row[c.columns.tag]) == 0:
		return fmt.Errorf("place %d of a room has no tag", place)
	case bytes.Compare(c.at, row[c.columns.at]) > 0 && !wasWrongClock(c.at, row[c.columns.at]):
		return fmt.Errorf("place %d of a room is older than the place before", place)
	case ended != (row[c.columns.chat] == nil):
		return fmt.Errorf("place %d of a room and its chat do not fit", place)
	}
	c.place, c.number, c.ended, c.at = place, number, ended, append(c.at[:0], row[c.columns.at]...)
	return nil
}

// wasWrongClock says whether a time fell because the one before was a wrong clock's: no other falls. The form of
// both cells has been checked.
func wasWrongClock(before, at []byte) bool {
	was, err1 := tables.ParseMoment(before)
	is, err2 := tables.ParseMoment(at)
	return err1 == nil && err2 == nil && was.Sub(is) >= roomlog.WrongClock
}

// A logQuery is a statement, for both databases, that finds a row which does not fit the others. It returns its id.
type logQuery struct{ query, says string }

// counters wants the last event of a room to be what its counters say.
var counters = logQuery{`SELECT CAST(r.id AS text) FROM rooms r LEFT JOIN room_events e ON e.room_id = r.id AND e.place = r.last_place
	WHERE CASE WHEN r.last_place = 0 THEN r.last_number <> 0 OR r.last_tag <> 0 OR r.deleted_at IS NOT NULL
	           ELSE e.place IS NULL OR e.tag <> r.last_tag OR e.number <> r.last_number OR (e.kind = 'ROOM_DELETED') <> (r.deleted_at IS NOT NULL) END
	   OR r.last_place < coalesce((SELECT max(x.place) FROM room_events x WHERE x.room_id = r.id), 0)
	   OR r.purging IS NOT NULL AND r.deleted_at IS NULL
	   OR r.purging IS NULL AND CASE WHEN r.deleted_at IS NULL THEN r.last_number ELSE 0 END <> coalesce((SELECT max(c.number) FROM chats c WHERE c.room_id = r.id), 0)
	LIMIT 1`, "room %s does not hold what its counters say"}

// counts wants as many rows in a room as its counters say, and the chat of each event.
var counts = logQuery{`SELECT CAST(r.id AS text) FROM rooms r WHERE r.purging IS NULL AND (
	      (SELECT count(*) FROM room_events x WHERE x.room_id = r.id) <> CASE WHEN r.deleted_at IS NULL THEN r.last_place ELSE 1 END
	      OR (SELECT count(*) FROM chats c WHERE c.room_id = r.id) <> CASE WHEN r.deleted_at IS NULL THEN r.last_number ELSE 0 END
	      OR EXISTS (SELECT 1 FROM room_events x LEFT JOIN chats c ON c.id = x.chat_id AND c.room_id = x.room_id
	                 WHERE x.room_id = r.id AND x.chat_id IS NOT NULL AND c.id IS NULL))
	LIMIT 1`, counters.says}

// links want events and chats to say the same of each other. They stand in the order of what they cost.
var links = []logQuery{
	{`SELECT CAST(c.id AS text) FROM chats c LEFT JOIN room_events e ON e.room_id = c.room_id AND e.place = c.place
	WHERE e.chat_id IS NULL OR e.chat_id <> c.id OR e.kind <> 'CHAT_SENT' OR e.tag <> c.tag OR e.number <> c.number
	LIMIT 1`, "chat %s is not in the log of its room as it says"},
	{`SELECT CAST(e.chat_id AS text) FROM room_events e LEFT JOIN chats c ON c.id = e.chat_id
	WHERE e.kind IN ('CHAT_EDITED', 'CHAT_DELETED') AND (c.room_id IS NULL OR c.room_id <> e.room_id OR c.place >= e.place)
	  AND e.room_id NOT IN ` + inPurge + `
	LIMIT 1`, "the log of a room tells of chat %s, which is not there"},
}

// Links finds a room whose last event is not what its counters say, and events and chats that miss each other. With
// a Checker over all rows that is all there is to check. first returns what stands in the first column of the first row
// of a statement, and "" for none.
func Links(first func(query string) (string, error)) error {
	return checkLogs(first, append([]logQuery{counters}, links...)...)
}

// Counts is for a database whose rows nobody looks at one by one: it finds a room that does not hold what its counters
// say.
func Counts(first func(query string) (string, error)) error {
	return checkLogs(first, counters, counts)
}

func checkLogs(first func(query string) (string, error), queries ...logQuery) error {
	for _, q := range queries {
		switch id, err := first(q.query); {
		case err != nil:
			return err
		case id != "":
			return fmt.Errorf(q.says, id)
		}
	}
	return nil
}
