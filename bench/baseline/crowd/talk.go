package crowd

import (
	"context"
	"database/sql"
	"fmt"
)

// What is in the rooms of a Talk.
const (
	TalkRooms  = 50
	talkUnread = 5000 // in the last of them; in the first: none
	busyChats  = 250
	talkers    = 40
)

// A Talk is rooms in which much was said. In the Rooms all chats are the author's, the reader is named in each tenth, and both have read the
// first one. In Busy every other chat answers another, each third names somebody, and six reactions are on each.
type Talk struct {
	Reader, Author Person
	Busy           string // the id of that room, in which neither is
}

// FillTalk adds it. file is the database in a data directory of Parley that nobody uses.
func FillTalk(ctx context.Context, file string) (*Talk, error) {
	t := &Talk{}
	people := make([]Person, 2)
	err := inFile(ctx, file, talkStatements(), func(pool *sql.DB) error {
		for i, prefix := range []string{"reader", "author"} {
			found, err := peopleCalled(ctx, pool, prefix)
			if err != nil {
				return err
			}
			people[i] = found[0]
		}
		return pool.QueryRowContext(ctx, `SELECT id FROM rooms WHERE name_key = 'busy'`).Scan(&t.Busy)
	})
	if err != nil {
		return nil, err
	}
	if err := signIn(ctx, file, people); err != nil {
		return nil, fmt.Errorf("sign people in: %w", err)
	}
	t.Reader, t.Author = people[0], people[1]
	return t, nil
}

// talkStatements add all rows. Those of rooms lie between each other, as when people send to all of them.
func talkStatements() []string {
	const (
		room    = `INSERT INTO rooms (id, created_by, created_at, kind, name, name_key, last_at, last_place, last_number, last_tag, member_count) `
		chat    = `INSERT INTO chats (id, room_id, number, place, tag, user_id, username, text, created_at) SELECT ` + newID + `, r.id, i, i, i, u.id, u.username, `
		talker  = `u.username_key = 'talker' || (1 + (%s) %% %d)`
		mention = `INSERT INTO mentions (room_id, number, answers, sent_at, chat_id, user_id) SELECT c.room_id, c.number, FALSE, c.created_at, c.id, u.id FROM chats c `
	)
	upTo := func(n int) string { return fmt.Sprintf(numbers, n) }
	someTalker := func(by string) string { return fmt.Sprintf(talker, by, talkers) }
	return []string{
		`BEGIN`,
		addPeople("reader", 1), addPeople("author", 1), addPeople("talker", talkers),
		upTo(TalkRooms) + room + `SELECT ` + newID + `, u.id, ` + moment + `, 'PUBLIC', 'Talk ' || i, 'talk ' || i, ` + moment +
			fmt.Sprintf(`, k, k, k, 2 FROM (SELECT i, 1 + (i - 1) * %d / %d AS k FROM n) JOIN users u ON u.username_key = 'author1'`, talkUnread, TalkRooms-1),
		upTo(1) + room + `SELECT ` + newID + `, u.id, ` + moment + `, 'PUBLIC', 'Busy', 'busy', ` + moment +
			fmt.Sprintf(`, %d, %[1]d, %[1]d, %d FROM n JOIN users u ON u.username_key = 'talker1'`, busyChats, talkers),
		upTo(talkUnread+1) + chat + `printf('%.*c', 100, 'x'), ` + moment + ` FROM n JOIN rooms r ON r.name_key LIKE 'talk %' AND i <= r.last_number
			JOIN users u ON u.username_key = 'author1' ORDER BY i, r.id`,
		upTo(busyChats) + chat + `CASE WHEN i % 3 = 0 THEN '@talker1 ' ELSE '' END || printf('%.*c', 90, 'x'), ` + moment +
			` FROM n JOIN rooms r ON r.name_key = 'busy' JOIN users u ON ` + someTalker("i * 7"),
		`UPDATE chats SET reply_to = (SELECT o.id FROM chats o WHERE o.room_id = chats.room_id AND o.number = chats.number - 5)
			WHERE number > 5 AND number % 2 = 0 AND room_id = (SELECT id FROM rooms WHERE name_key = 'busy')`,
		`UPDATE chats SET answered = TRUE WHERE id IN (SELECT reply_to FROM chats WHERE reply_to IS NOT NULL)`,
		`INSERT INTO room_events (room_id, place, number, kind, tag, at, actor_id, chat_id)
			SELECT c.room_id, c.place, c.number, 'CHAT_SENT', c.tag, c.created_at, c.user_id, c.id FROM chats c JOIN rooms r ON r.id = c.room_id
			WHERE r.name_key = 'busy' OR r.name_key LIKE 'talk %'`,
		addTalkers(0, `u.username_key = 'author1'`, `r.name_key LIKE 'talk %'`),
		addTalkers(2, `u.username_key = 'reader1'`, `r.name_key LIKE 'talk %'`),
		addTalkers(2, `u.username_key LIKE 'talker%'`, `r.name_key = 'busy'`),
		mention + `JOIN rooms r ON r.id = c.room_id AND r.name_key LIKE 'talk %' JOIN users u ON u.username_key = 'reader1' WHERE c.number % 10 = 0`,
		mention + `JOIN rooms r ON r.id = c.room_id AND r.name_key = 'busy' JOIN users u ON ` + someTalker("c.number * 3") + ` WHERE c.number % 3 = 0`,
		upTo(6) + `INSERT INTO reactions (room_id, emoji, place, chat_id, user_id) SELECT c.room_id, CASE WHEN i % 2 = 0 THEN '👍' ELSE '🎉' END, c.number + i, c.id, u.id
			FROM n JOIN rooms r ON r.name_key = 'busy' JOIN chats c ON c.room_id = r.id JOIN users u ON ` + someTalker("c.number + i"),
		`COMMIT`,
	}
}

// addTalkers makes people members of rooms of which they have read the first chat.
func addTalkers(role int, who, where string) string {
	return `INSERT INTO members (id, role, username_key, joined_place, joined_at, room_id, user_id, last_read)
		SELECT ` + newID + fmt.Sprintf(`, %d, u.username_key, 0, r.created_at, r.id, u.id, 1 FROM rooms r JOIN users u ON %s WHERE %s`, role, who, where)
}
