package load

import (
	"database/sql"
	"time"

	"github.com/google/uuid"
)

// Journal gathers what was noted, and reads the database without the server's help.
func (k *Torture) Journal() *Journal {
	j := &Journal{heads: map[uuid.UUID]head{}}
	for _, s := range k.allSenders() {
		j.Sends = append(j.Sends, s.sends...)
	}
	for _, m := range k.Movers {
		j.moves = append(j.moves, m.moves...)
		for _, w := range m.Watchers {
			j.watches = append(j.watches, &w.Watch)
		}
	}
	for _, r := range k.Readers {
		for i, l := range r.Lives {
			l.last = i == len(r.Lives)-1
			j.Lives = append(j.Lives, l)
		}
	}
	db := k.Open()
	defer func() { _ = db.Close() }()
	k.each(db, `SELECT room_id, id, number, text FROM chats ORDER BY room_id, number`, func(rows *sql.Rows) error {
		var c Seen
		var text string
		err := rows.Scan(&c.Room, &c.ID, &c.number, &text)
		c.text = hashOf(text)
		j.Rows = append(j.Rows, c)
		return err
	})
	k.readHeads(db, j)
	return j
}

// readHeads reads what the rooms say of their logs.
func (k *Torture) readHeads(db *sql.DB, j *Journal) {
	const heads = `SELECT id, last_number, last_place, (SELECT count(*) FROM room_events e JOIN chats c ON c.id = e.chat_id
		WHERE e.room_id = r.id AND (c.room_id, c.place, c.number, c.tag) = (e.room_id, e.place, e.number, e.tag)),
		(SELECT count(*) FROM room_events e WHERE e.room_id = r.id AND e.kind IN ('MEMBER_JOINED', 'MEMBER_LEFT', 'MEMBER_REMOVED')),
		(SELECT count(*) FROM members m WHERE m.room_id = r.id AND m.user_id <> r.created_by AND NOT EXISTS (SELECT 1 FROM room_events e
			WHERE e.room_id = m.room_id AND e.user_id = m.user_id AND e.place = m.joined_place + 1 AND e.kind = 'MEMBER_JOINED')),
		(SELECT count(*) FROM members m WHERE m.room_id = r.id) - member_count FROM rooms r`
	k.each(db, heads, func(rows *sql.Rows) error {
		var room uuid.UUID
		var h head
		err := rows.Scan(&room, &h.number, &h.place, &h.events, &h.moves, &h.strange, &h.uncounted)
		j.heads[room] = h
		return err
	})
}

func (k *Torture) each(db *sql.DB, query string, row func(*sql.Rows) error) {
	rows, err := db.QueryContext(k.T.Context(), query)
	if err != nil {
		k.T.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := row(rows); err != nil {
			k.T.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		k.T.Fatal(err)
	}
}

// Report says how much was tried, since a torture without victims shows nothing.
func (k *Torture) Report(rounds int, j *Journal) {
	tried, seen, handovers, ends := 0, 0, 0, int64(0)
	for _, s := range k.Senders {
		tried += s.Cut
	}
	for _, l := range j.Lives {
		seen += len(l.Seen)
	}
	for _, r := range k.Readers {
		handovers += r.handovers
	}
	for _, m := range k.Movers {
		ends += m.Ends.Load()
	}
	k.T.Logf("%d rounds in %v: %d chats, %d calls cut, %d chats read in %d lives, %d handovers, %d ends of somebody's reading",
		rounds, time.Since(k.Began).Round(time.Second), len(j.Rows), tried, seen, len(j.Lives), handovers, ends)
	if rounds >= EnoughRounds && (tried < rounds || seen < len(j.Rows) || handovers == 0 || ends == 0) {
		k.T.Error("that is too little to show anything")
	}
}
