package logcheck

// said want replies, mentions and reactions to fit the chats that they are about, and reactions the log: it tells of each that comes
// and goes. A chat that was deleted keeps what it answers, and may have reactions that nobody has taken away yet.
var said = []logQuery{
	{`SELECT CAST(c.id AS text) FROM chats c LEFT JOIN chats t ON t.id = c.reply_to
	WHERE c.reply_to IS NOT NULL AND (t.id IS NULL OR t.room_id <> c.room_id OR t.number >= c.number OR NOT coalesce(t.answered, false))
	  AND c.room_id NOT IN ` + inPurge + `
	LIMIT 1`, "chat %s answers none that was in its room before, or one that does not say that it is answered"},
	{`SELECT CAST(c.id AS text) FROM chats c WHERE c.answered AND NOT EXISTS (SELECT 1 FROM chats a WHERE a.reply_to = c.id)
	LIMIT 1`, "chat %s says that it is answered, and no chat answers it"},
	{`SELECT CAST(m.chat_id AS text) FROM mentions m JOIN chats c ON c.id = m.chat_id LEFT JOIN chats t ON t.id = c.reply_to
	WHERE (c.deleted_at IS NOT NULL OR m.room_id <> c.room_id OR m.number <> c.number OR m.sent_at <> c.created_at OR m.user_id = c.user_id
	   OR m.answers AND (t.id IS NULL OR t.user_id <> m.user_id)) AND c.room_id NOT IN ` + inPurge + `
	LIMIT 1`, "a mention does not fit its chat, %s"},
	{`SELECT CAST(m.chat_id AS text) FROM mentions m WHERE NOT m.answers GROUP BY m.chat_id HAVING count(*) > 20
	LIMIT 1`, "chat %s names more than 20 people"},
	{`SELECT CAST(x.chat_id AS text) FROM reactions x JOIN chats c ON c.id = x.chat_id LEFT JOIN room_events e ON e.room_id = x.room_id AND e.place = x.place
	WHERE (x.room_id <> c.room_id OR e.place IS NULL OR e.kind <> 'CHAT_REACTED' OR e.chat_id <> x.chat_id OR e.actor_id <> x.user_id OR e.emoji <> x.emoji)
	  AND c.room_id NOT IN ` + inPurge + `
	LIMIT 1`, "a reaction to chat %s is not in the log of its room as it says"},
	{`SELECT CAST(l.chat_id AS text) FROM (SELECT room_id, chat_id, actor_id, emoji, max(place) AS place FROM room_events
	                                   WHERE emoji IS NOT NULL GROUP BY room_id, chat_id, actor_id, emoji) l
	JOIN room_events e ON e.room_id = l.room_id AND e.place = l.place JOIN chats c ON c.id = l.chat_id
	LEFT JOIN reactions x ON x.chat_id = l.chat_id AND x.emoji = l.emoji AND x.user_id = l.actor_id
	WHERE coalesce(x.place, 0) <> CASE e.kind WHEN 'CHAT_REACTED' THEN l.place ELSE 0 END AND c.deleted_at IS NULL
	  AND l.room_id NOT IN ` + inPurge + `
	LIMIT 1`, "chat %s does not have the reactions that the log of its room tells of"},
	{`SELECT CAST(x.chat_id AS text) FROM reactions x GROUP BY x.chat_id, x.user_id HAVING count(*) > 20
	LIMIT 1`, "somebody has put more than 20 emoji on chat %s"},
	{`SELECT CAST(x.chat_id AS text) FROM reactions x GROUP BY x.chat_id HAVING count(DISTINCT x.emoji) > 50
	LIMIT 1`, "there are more than 50 kinds of emoji on chat %s"},
}

// leftovers are rows that a server takes away by and by, and no export holds.
var leftovers = []logQuery{
	{`SELECT CAST(x.chat_id AS text) FROM reactions x JOIN chats c ON c.id = x.chat_id WHERE c.deleted_at IS NOT NULL
	LIMIT 1`, "chat %s was deleted, and has reactions"},
}
