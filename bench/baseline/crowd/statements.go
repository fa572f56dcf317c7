package crowd

import "fmt"

const (
	others = 1000 // people who own rooms, and are not returned

	newID   = `lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4000-8000-' || lower(hex(randomblob(6)))`
	numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) `
	moment  = `strftime('%Y-%m-%d %H:%M:%S.123+00:00', 1760000000 + i, 'unixepoch')`
	number  = `CAST(substr(r.name_key, 6) AS INTEGER)` // of a room
)

// statements add all rows.
func statements(rooms, people int) []string {
	step := rooms / Many // each of so many is one of those that many are in
	return []string{
		`BEGIN`,
		addPeople("owner", others), addPeople("many", people), addPeople("few", people),
		fmt.Sprintf(numbers, rooms) + `INSERT INTO rooms (id, created_by, created_at, kind, name, name_key, last_at, last_place, last_number, last_tag, member_count)
			SELECT ` + newID + `, u.id, ` + moment + `, CASE WHEN i % 3 = 0 THEN 'PRIVATE' ELSE 'PUBLIC' END, 'Room ' || i, 'room ' || i, ` + moment + `, 1, 1, i, ` +
			fmt.Sprintf(`2 + (i %% %d = 0 AND i <= %d) * %d + (i %% %d = 0 AND i <= %d) * %d`, step, Many*step, people, step, Few*step, people) +
			` FROM n JOIN users u ON u.username_key = 'owner' || (1 + i % ` + fmt.Sprint(others) + `)`,
		`INSERT INTO chats (id, room_id, number, place, tag, user_id, username, text, created_at)
			SELECT ` + newID + `, r.id, 1, 1, r.last_tag, u.id, u.username, printf('%.*c', 100, 'x'), r.created_at FROM rooms r JOIN users u ON u.id = r.created_by WHERE r.name_key LIKE 'room %'`,
		`INSERT INTO room_events (room_id, place, number, kind, tag, at, actor_id, chat_id)
			SELECT c.room_id, 1, 1, 'CHAT_SENT', c.tag, c.created_at, c.user_id, c.id FROM rooms r JOIN chats c ON c.room_id = r.id WHERE r.name_key LIKE 'room %'`,
		addMembers(0, `u.id = r.created_by`, `TRUE`),
		addMembers(2, fmt.Sprintf(`u.username_key = 'owner' || (1 + (%s + 1) %% %d)`, number, others), `TRUE`),
		addMembers(2, `u.username_key LIKE 'many%'`, fmt.Sprintf(`%s %% %d = 0 AND %s <= %d`, number, step, number, Many*step)),
		addMembers(2, `u.username_key LIKE 'few%'`, fmt.Sprintf(`%s %% %d = 0 AND %s <= %d`, number, step, number, Few*step)),
		`COMMIT`,
	}
}

func addPeople(prefix string, n int) string {
	return fmt.Sprintf(numbers, n) + `INSERT INTO users (id, created_at, username, username_key) SELECT ` +
		newID + `, ` + moment + `, '` + prefix + `' || i, '` + prefix + `' || i FROM n`
}

// addMembers makes people members of some of the rooms.
func addMembers(role int, who, where string) string {
	return `INSERT INTO members (id, role, username_key, joined_place, joined_at, room_id, user_id)
		SELECT ` + newID + fmt.Sprintf(`, %d, u.username_key, 0, r.created_at, r.id, u.id FROM rooms r JOIN users u ON %s WHERE r.name_key LIKE 'room %%' AND %s`, role, who, where)
}
