package reads

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

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
	// FirstLook is how many chats behind what was read are looked at in each room: where others talk, MaxCount of them are unread.
	FirstLook = 128
	// SecondLook is how many are looked at behind these, in all rooms together where the first look has not found MaxCount: own and
	// deleted chats do not count, and there is no index of whose they are, which each send would pay for.
	SecondLook = 5000
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

// A stretch is the chats of a room behind a number, up to another one.
type stretch struct {
	room        uuid.UUID
	after, upTo int
}

func (x stretch) chats() int { return x.upTo - x.after }

// UnreadCounts returns how many chats of others in each room the caller has not read and are not deleted, at most MaxCount, up to
// the newest chat that the room was read with: 0 where they are not in it. It is one statement for all rooms, of which those
// without a newer chat are not asked about, and a second one where the first look leaves something open. What that leaves open is
// taken for MaxCount.
func (s *Service) UnreadCounts(ctx context.Context, caller access.Caller, rooms []*roomlog.Room) ([]int, error) {
	newer, err := s.newer(ctx, caller, rooms)
	if err != nil {
		return nil, err
	}
	counts, err := s.count(ctx, caller, s.unread, newer, FirstLook)
	if err == nil {
		err = s.lookOn(ctx, caller, newer, counts)
	}
	return each(rooms, counts), err
}

// MentionCounts returns in how many of these chats the caller is mentioned or answered, by one statement, of however many.
func (s *Service) MentionCounts(ctx context.Context, caller access.Caller, rooms []*roomlog.Room) ([]int, error) {
	newer, err := s.newer(ctx, caller, rooms)
	if err != nil {
		return nil, err
	}
	counts, err := s.count(ctx, caller, s.mentions, newer, math.MaxInt)
	return each(rooms, counts), err
}

// newer are the chats that the caller has not read, of each room that has any and that they are in.
func (s *Service) newer(ctx context.Context, caller access.Caller, rooms []*roomlog.Room) (newer []stretch, err error) {
	standings, err := s.pages.Standings(ctx, caller, rooms)
	if err != nil {
		return nil, err
	}
	known := map[uuid.UUID]bool{}
	for i, r := range rooms {
		if as := standings[i].Member; as != nil && r.LastNumber > as.LastRead && !known[r.ID] {
			known[r.ID] = true
			newer = append(newer, stretch{r.ID, as.LastRead, r.LastNumber})
		}
	}
	return newer, nil
}

// lookOn counts on where the first look has not found many.
func (s *Service) lookOn(ctx context.Context, caller access.Caller, newer []stretch, counts map[uuid.UUID]int) error {
	var rest []stretch
	for _, one := range newer {
		if one.chats() > FirstLook && counts[one.room] < MaxCount {
			rest = append(rest, stretch{one.room, one.after + FirstLook, one.upTo})
		}
	}
	most := fairShare(rest)
	more, err := s.count(ctx, caller, s.unread, rest, most)
	for _, one := range rest {
		counts[one.room] = min(MaxCount, counts[one.room]+more[one.room])
		if one.chats() > most {
			counts[one.room] = MaxCount
		}
	}
	return err
}

// fairShare is how many chats of each stretch are looked at, so that they are SecondLook in all: what short ones leave goes to the
// others.
func fairShare(of []stretch) int {
	of = slices.SortedFunc(slices.Values(of), func(x, y stretch) int { return x.chats() - y.chats() })
	left := SecondLook
	for i, one := range of {
		share := left / (len(of) - i)
		if one.chats() > share {
			return share
		}
		left -= one.chats()
	}
	return SecondLook
}

// count counts by a lookup, in the first chats of each stretch.
func (s *Service) count(ctx context.Context, caller access.Caller, by *db.BulkLookup, of []stretch, first int) (counts map[uuid.UUID]int, err error) {
	counts = map[uuid.UUID]int{}
	if len(of) == 0 {
		return counts, nil
	}
	var asked []any
	for _, one := range of {
		asked = append(asked, one.room, caller.ID, one.after, one.after+min(one.chats(), first))
	}
	text, args := by.Query(asked)
	rows, err := s.store.Query(ctx, text, args...)
	if err != nil {
		return nil, fmt.Errorf("count chats: %w", err)
	}
	for rows.Next() && err == nil {
		var id uuid.UUID
		var n int
		err = rows.Scan(&id, &n)
		counts[id] = n
	}
	if err := errors.Join(err, rows.Close(), rows.Err()); err != nil {
		return nil, fmt.Errorf("count chats: %w", err)
	}
	return counts, nil
}

// each is what was counted in each room.
func each(rooms []*roomlog.Room, counts map[uuid.UUID]int) []int {
	all := make([]int, len(rooms))
	for i, r := range rooms {
		all[i] = counts[r.ID]
	}
	return all
}
