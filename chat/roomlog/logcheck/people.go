package logcheck

// people want what rooms say of who is in them, and who may not be, to be so. Rows of rooms that were deleted are gone, but for those that
// a purge has left.
var people = []logQuery{
	{`SELECT CAST(r.id AS text) FROM rooms r WHERE r.deleted_at IS NULL
	  AND r.member_count <> (SELECT count(*) FROM members m WHERE m.room_id = r.id)
	LIMIT 1`, "room %s does not have as many members as it says"},
	{`SELECT CAST(r.id AS text) FROM rooms r WHERE r.deleted_at IS NULL AND r.kind <> 'DIRECT' AND r.member_count > 0
	  AND NOT EXISTS (SELECT 1 FROM members m WHERE m.room_id = r.id AND m.role = 0)
	LIMIT 1`, "room %s has members and no owner"},
	{`SELECT CAST(r.id AS text) FROM rooms r WHERE r.deleted_at IS NULL AND r.kind = 'PRIVATE' AND r.member_count = 0
	LIMIT 1`, "private room %s has no members"},
	{`SELECT CAST(r.id AS text) FROM rooms r LEFT JOIN (SELECT e.room_id, max(e.place) AS place FROM room_events e
	  WHERE e.name IS NOT NULL AND e.kind IN ('MEMBER_LEFT', 'MEMBER_REMOVED') GROUP BY e.room_id) x ON x.room_id = r.id
	WHERE r.deleted_at IS NULL AND r.revoked_place <> coalesce(x.place, 0)
	LIMIT 1`, "room %s does not say where somebody's reading was last ended"},
	{`SELECT CAST(m.id AS text) FROM members m JOIN rooms r ON r.id = m.room_id JOIN users u ON u.id = m.user_id
	WHERE m.username_key <> u.username_key OR m.joined_place > r.last_place OR m.joined_version > u.rooms_version
	   OR u.deleted_at IS NOT NULL AND u.leaving IS NULL AND r.kind <> 'DIRECT' AND r.deleted_at IS NULL
	   OR r.kind = 'DIRECT' AND m.role <> 2
	   OR m.last_read NOT BETWEEN 0 AND r.last_number
	   OR coalesce(m.hidden_number, 0) > r.last_number OR m.hidden_number IS NOT NULL AND r.kind <> 'DIRECT'
	   OR r.deleted_at IS NOT NULL AND r.purging IS NULL
	LIMIT 1`, "member %s does not fit their room and their account"},
	{`SELECT CAST(r.id AS text) FROM rooms r WHERE r.kind = 'DIRECT'
	  AND r.direct_key <> coalesce((SELECT string_agg(CAST(m.user_id AS text), ' ' ORDER BY m.user_id) FROM members m WHERE m.room_id = r.id), '')
	LIMIT 1`, "direct room %s is not of the people who are in it"},
	{`SELECT CAST(r.id AS text) FROM rooms r WHERE r.kind = 'DIRECT' AND (
	     length(r.name) <> (SELECT sum(length(u.username) + 2) - 2 FROM members m JOIN users u ON u.id = m.user_id WHERE m.room_id = r.id)
	  OR EXISTS (SELECT 1 FROM members m JOIN users u ON u.id = m.user_id WHERE m.room_id = r.id
	             AND replace(', ' || r.name || ', ', ', ' || u.username || ', ', '') = ', ' || r.name || ', '))
	LIMIT 1`, "direct room %s is not called as the people who are in it"},
	{`SELECT CAST(b.user_id AS text) FROM bans b JOIN rooms r ON r.id = b.room_id
	WHERE r.kind = 'DIRECT' OR r.deleted_at IS NOT NULL AND r.purging IS NULL
	   OR b.until IS NULL AND EXISTS (SELECT 1 FROM members m WHERE m.user_id = b.user_id AND m.room_id = b.room_id)
	LIMIT 1`, "user %s is banned from a room that they are in, or where nobody can be"},
	{`SELECT CAST(i.id AS text) FROM invites i JOIN rooms r ON r.id = i.room_id WHERE r.kind = 'DIRECT' OR r.deleted_at IS NOT NULL AND r.purging IS NULL
	LIMIT 1`, "invite %s is to a room that it cannot be to"},
}
