package server

import (
	"database/sql"
	"time"

	"github.com/google/uuid"
)

// journal gathers what was noted, and reads the database without the server's help.
func (k *torture) journal() *journal {
	j := &journal{heads: map[uuid.UUID]head{}}
	for _, s := range k.senders {
		j.sends = append(j.sends, s.sends...)
	}
	for _, r := range k.readers {
		for i, l := range r.lives {
			l.last = i == len(r.lives)-1
			j.lives = append(j.lives, l)
		}
	}
	db := k.open()
	defer func() { _ = db.Close() }()
	k.each(db, `SELECT room_id, id, number, text FROM chats ORDER BY room_id, number`, func(rows *sql.Rows) error {
		var c seen
		var text string
		err := rows.Scan(&c.room, &c.id, &c.number, &text)
		c.text = hashOf(text)
		j.rows = append(j.rows, c)
		return err
	})
	const heads = `SELECT id, last_number, last_place, (SELECT count(*) FROM room_events e JOIN chats c ON c.id = e.chat_id
		WHERE e.room_id = r.id AND (c.room_id, c.place, c.number, c.tag) = (e.room_id, e.place, e.number, e.tag)) FROM rooms r`
	k.each(db, heads, func(rows *sql.Rows) error {
		var room uuid.UUID
		var h head
		err := rows.Scan(&room, &h.number, &h.place, &h.events)
		j.heads[room] = h
		return err
	})
	return j
}

func (k *torture) each(db *sql.DB, query string, row func(*sql.Rows) error) {
	rows, err := db.QueryContext(k.t.Context(), query)
	if err != nil {
		k.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := row(rows); err != nil {
			k.t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		k.t.Fatal(err)
	}
}

// report says how much was tried, since a torture without victims shows nothing.
func (k *torture) report(rounds int, j *journal) {
	tried, seen, handovers := 0, 0, 0
	for _, s := range k.senders {
		tried += s.cut
	}
	for _, l := range j.lives {
		seen += len(l.seen)
	}
	for _, r := range k.readers {
		handovers += r.handovers
	}
	k.t.Logf("%d rounds in %v: %d chats, %d calls cut, %d chats read in %d lives, %d handovers",
		rounds, time.Since(k.began).Round(time.Second), len(j.rows), tried, seen, len(j.lives), handovers)
	if rounds >= tortureRounds && (tried < rounds || seen < len(j.rows) || handovers == 0) {
		k.t.Error("that is too little to show anything")
	}
}
