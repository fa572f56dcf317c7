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

// Kept, KeptEvents and KeptReactions are conditions, in the SQL of both databases, on the rows of what lies in rooms, on those of
// their logs and on reactions that are data. Of a room that was deleted only the last event is, of a chat no reaction, and a purge
// takes the other rows away.
const (
	Kept          = "room_id NOT IN " + inPurge
	KeptEvents    = "kind = 'ROOM_DELETED' OR " + Kept
	KeptReactions = Kept + " AND EXISTS (SELECT 1 FROM chats c WHERE c.id = reactions.chat_id AND c.deleted_at IS NULL)"
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
type logColumns struct{ room, number, place, tag, kind, at, actor, chat, user, username, name, emoji int }

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
		kind: find("kind"), at: find("at"), actor: find("actor_id"), chat: find("chat_id"), user: find("user_id"),
		username: find("username"), name: find("name"), emoji: find("emoji"),
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
	kind := roomevent.Kind(row[c.columns.kind])
	ended := kind == roomevent.KindROOM_DELETED
	switch {
	case ended && !first:
		return fmt.Errorf("a deleted room holds more than its last event, which is at place %d", place)
	case ended:
		c.place, want = place-1, number // what was before is gone
	case kind == roomevent.KindCHAT_SENT:
		want++
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
	}
	c.place, c.number, c.ended, c.at = place, number, ended, append(c.at[:0], row[c.columns.at]...)
	return c.about(row, kind)
}

// wasWrongClock says whether a time fell because the one before was a wrong clock's: no other falls. The form of
// both cells has been checked.
func wasWrongClock(before, at []byte) bool {
	was, err1 := tables.ParseMoment(before)
	is, err2 := tables.ParseMoment(at)
	return err1 == nil && err2 == nil && was.Sub(is) >= roomlog.WrongClock
}
