package reads

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"parley/chat/access"
	"parley/chat/roomlog"
	"parley/db"
	chatrow "parley/ent/chat"
	"parley/ent/mention"
)

const (
	// MaxCount is what is counted at most. Where there may be more it stands for many.
	MaxCount = 100
	// MaxChats is how many chats are looked at behind what was read: where there are more, they are taken for many.
	MaxChats = 1000
)

// What is counted in a row of asked: at most MaxCount rows, of which each stands for one chat.
const (
	unreadChats = `SELECT 1 FROM chats c WHERE c.room_id = asked.room_id AND c.number > asked.last_read AND c.number <= asked.last_number
		AND c.user_id <> asked.user_id AND c.deleted_at IS NULL`
	mentionedIn = `SELECT DISTINCT m.number FROM mentions m WHERE m.user_id = asked.user_id AND m.room_id = asked.room_id
		AND m.number > asked.last_read AND m.number <= asked.last_number`
)

// countBy counts something for each room that is asked about.
func countBy(store *db.Store, what string) *db.BulkLookup {
	return store.BulkLookup(
		fmt.Sprintf(`SELECT asked.room_id, (SELECT COUNT(*) FROM (%s LIMIT %d) counted) FROM asked`, what, MaxCount),
		db.BulkColumn{Name: "room_id", Table: chatrow.Table, Column: chatrow.FieldRoomID},
		db.BulkColumn{Name: "user_id", Table: mention.Table, Column: mention.FieldUserID},
		db.BulkColumn{Name: "last_read", Table: chatrow.Table, Column: chatrow.FieldNumber},
		db.BulkColumn{Name: "last_number", Table: chatrow.Table, Column: chatrow.FieldNumber},
	)
}

// UnreadCounts returns how many chats of others in each room the caller has not read and are not deleted, at most MaxCount, up to
// the newest chat that the room was read with: 0 where they are not in it. It is one statement for all rooms, of which those
// without a newer chat are not asked about; of more than MaxChats newer ones it is MaxCount.
func (s *Service) UnreadCounts(ctx context.Context, caller access.Caller, rooms []*roomlog.Room) ([]int, error) {
	return s.count(ctx, caller, rooms, s.unread, func(newer int) bool { return newer > MaxChats })
}

// MentionCounts returns in how many of these chats the caller is mentioned or answered. Else it is like UnreadCounts.
func (s *Service) MentionCounts(ctx context.Context, caller access.Caller, rooms []*roomlog.Room) ([]int, error) {
	return s.count(ctx, caller, rooms, s.mentions, func(int) bool { return false })
}

// count counts by a lookup, but not in rooms with so many newer chats that the count is known.
func (s *Service) count(ctx context.Context, caller access.Caller, rooms []*roomlog.Room, by *db.BulkLookup, many func(newer int) bool) ([]int, error) {
	standings, err := s.pages.Standings(ctx, caller, rooms)
	if err != nil {
		return nil, err
	}
	known := map[uuid.UUID]int{}
	var asked []any
	for i, r := range rooms {
		as := standings[i].Member
		if _, twice := known[r.ID]; as == nil || twice {
			continue
		}
		switch newer := r.LastNumber - as.LastRead; {
		case many(newer):
			known[r.ID] = MaxCount
		case newer > 0:
			known[r.ID] = 0
			asked = append(asked, r.ID, caller.ID, as.LastRead, r.LastNumber)
		}
	}
	if err := s.look(ctx, by, asked, known); err != nil {
		return nil, fmt.Errorf("count chats: %w", err)
	}
	counts := make([]int, len(rooms))
	for i, r := range rooms {
		counts[i] = known[r.ID]
	}
	return counts, nil
}

// look notes what a lookup counts.
func (s *Service) look(ctx context.Context, by *db.BulkLookup, asked []any, counts map[uuid.UUID]int) (err error) {
	if len(asked) == 0 {
		return nil
	}
	text, args := by.Query(asked)
	rows, err := s.store.Query(ctx, text, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var id uuid.UUID
		var n int
		if err := rows.Scan(&id, &n); err != nil {
			return err
		}
		counts[id] = n
	}
	return rows.Err()
}
