package db

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"time"

	"parley/db/failure"
	"parley/db/tables"
)

// A logCheck follows the rows of an export and finds what a database would take and readers would not:
// a table out of order, a number or a place that is missing, an event that does not continue its log.
type logCheck struct {
	table  *tables.Table
	key    []byte // first column of the row before
	number int64  // of the chat, or with the event, before
	place  int64
	at     []byte // of the event before
	ended  bool   // it was the last of its room
}

// begin starts a table.
func (c *logCheck) begin(t *tables.Table) { *c = logCheck{table: t, key: c.key[:0], at: c.at[:0]} }

// check looks at the next row.
func (c *logCheck) check(row [][]byte) error {
	order := bytes.Compare(c.key, row[0])
	if order > 0 || order == 0 && c.table.Key == 1 {
		return fmt.Errorf("%s is not in order of %s", c.table.Name, c.table.Columns[0].Name)
	}
	if order != 0 {
		c.key, c.number, c.place, c.at, c.ended = append(c.key[:0], row[0]...), 0, 0, c.at[:0], false
	}
	switch c.table.Name {
	case "chats":
		return c.chat(row)
	case "room_events":
		return c.event(row, order != 0)
	}
	return nil
}

func (c *logCheck) chat(row [][]byte) error {
	number, place := tables.Integer(row[chatNumber]), tables.Integer(row[chatPlace])
	switch {
	case number != c.number+1:
		return fmt.Errorf("chat %d of a room is missing: there is %d", c.number+1, number)
	case place <= c.place:
		return fmt.Errorf("chat %d of a room has place %d, and the one before has %d", number, place, c.place)
	case tables.Integer(row[chatTag]) == 0:
		return fmt.Errorf("chat %d of a room has no tag", number)
	}
	c.number, c.place = number, place
	return nil
}

func (c *logCheck) event(row [][]byte, first bool) error {
	place, number, want := tables.Integer(row[eventPlace]), tables.Integer(row[eventNumber]), c.number
	ended := false
	switch string(row[eventKind]) {
	case "CHAT_SENT":
		want++
	case "CHAT_EDITED", "CHAT_DELETED":
	case "ROOM_DELETED":
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
	case tables.Integer(row[eventTag]) == 0:
		return fmt.Errorf("place %d of a room has no tag", place)
	case bytes.Compare(c.at, row[eventAt]) > 0 && !clockWasWrong(c.at, row[eventAt]):
		return fmt.Errorf("place %d of a room is older than the place before", place)
	case ended != (row[eventChat] == nil):
		return fmt.Errorf("place %d of a room and its chat do not fit", place)
	}
	c.place, c.number, c.ended, c.at = place, number, ended, append(c.at[:0], row[eventAt]...)
	return nil
}

// clockWasWrong says whether a time fell because the one before was a wrong clock's: so far no other falls, see raise in
// chat/log.go. The form of both cells has been checked.
func clockWasWrong(before, at []byte) bool {
	was, err1 := tables.ParseMoment(before)
	is, err2 := tables.ParseMoment(at)
	return err1 == nil && err2 == nil && was.Sub(is) >= 24*time.Hour
}

// logsHold are statements that find a row which does not fit the others, for both databases. Each answers
// its id. They stand in the order of what they cost.
var logsHold = []struct{ query, says string }{
	{`SELECT CAST(r.id AS text) FROM rooms r LEFT JOIN room_events e ON e.room_id = r.id AND e.place = r.last_place
	WHERE CASE WHEN r.last_place = 0 THEN r.last_number <> 0 OR r.last_tag <> 0 OR r.deleted_at IS NOT NULL
	           ELSE e.place IS NULL OR e.tag <> r.last_tag OR e.number <> r.last_number OR (e.kind = 'ROOM_DELETED') <> (r.deleted_at IS NOT NULL) END
	   OR r.last_place < coalesce((SELECT max(x.place) FROM room_events x WHERE x.room_id = r.id), 0)
	   OR r.purging IS NOT NULL AND r.deleted_at IS NULL
	   OR r.purging IS NULL AND CASE WHEN r.deleted_at IS NULL THEN r.last_number ELSE 0 END <> coalesce((SELECT max(c.number) FROM chats c WHERE c.room_id = r.id), 0)
	LIMIT 1`, "room %s does not hold what its counters say"},
	{`SELECT CAST(c.id AS text) FROM chats c LEFT JOIN room_events e ON e.room_id = c.room_id AND e.place = c.place
	WHERE e.chat_id IS NULL OR e.chat_id <> c.id OR e.kind <> 'CHAT_SENT' OR e.tag <> c.tag OR e.number <> c.number
	LIMIT 1`, "chat %s is not in the log of its room as it says"},
	{`SELECT CAST(e.chat_id AS text) FROM room_events e LEFT JOIN chats c ON c.id = e.chat_id
	WHERE e.kind IN ('CHAT_EDITED', 'CHAT_DELETED') AND (c.room_id IS NULL OR c.room_id <> e.room_id OR c.place >= e.place)
	  AND e.room_id NOT IN ` + inPurge + `
	LIMIT 1`, "the log of a room tells of chat %s, which is not there"},
}

// checkLogs finds heads that are not the last event, and events and chats that miss each other.
func checkLogs(ctx context.Context, tx *sql.Tx) error {
	for _, check := range logsHold {
		rows, err := tx.QueryContext(ctx, check.query)
		if err != nil {
			return failure.Classify("", err)
		}
		found, id := rows.Next(), ""
		if found {
			err = rows.Scan(&id)
		}
		if err := firstError(err, rows.Close(), rows.Err()); err != nil {
			return failure.Classify("", err)
		}
		if found {
			return fmt.Errorf(check.says, id)
		}
	}
	return nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
