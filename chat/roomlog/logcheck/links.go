package logcheck

import (
	"fmt"
	"slices"
)

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
	WHERE e.kind IN ('CHAT_EDITED', 'CHAT_DELETED', 'CHAT_REACTED', 'CHAT_UNREACTED') AND (c.room_id IS NULL OR c.room_id <> e.room_id OR c.place >= e.place)
	  AND e.room_id NOT IN ` + inPurge + `
	LIMIT 1`, "the log of a room tells of chat %s, which is not there"},
}

// Links finds a room whose last event is not what its counters say, events, chats and what people did with them that miss each
// other, and rooms whose people are not what they may be. With a Checker over all rows that is all there is to check. first returns
// what stands in the first column of the first row of a statement, and "" for none.
func Links(first func(query string) (string, error)) error {
	return checkLogs(first, slices.Concat([]logQuery{counters}, links, people, said)...)
}

// Imported is Links over rows that have come in, among which there are none that wait to be taken away.
func Imported(first func(query string) (string, error)) error {
	if err := Links(first); err != nil {
		return err
	}
	return checkLogs(first, leftovers...)
}

// Counts is for a database whose rows nobody looks at one by one: it finds a room that does not hold what its counters
// say, or whose people are not what they may be.
func Counts(first func(query string) (string, error)) error {
	return checkLogs(first, slices.Concat([]logQuery{counters, counts}, people)...)
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
