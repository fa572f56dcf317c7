package purge

import (
	"context"
	"fmt"

	"parley/ent"
	"parley/ent/ban"
	"parley/ent/chat"
	"parley/ent/invite"
	"parley/ent/member"
	"parley/ent/predicate"
	"parley/ent/reaction"
	"parley/ent/roomevent"
)

// A part removes at most size rows of a deleted room, when it is done with so many, and says with how many it is now and whether
// there may be more.
type part func(ctx context.Context, tx *ent.Tx, done, size int) (now int, more bool, err error)

// chatsOf takes reactions before the chats that they are to: of one there may be 100,000, and its deletion would take them along at
// once, as it does the mentions, of which a chat has a few.
func chatsOf(r *ent.Room) part {
	return func(ctx context.Context, tx *ent.Tx, done, size int) (int, bool, error) {
		to := done + size
		some := []predicate.Chat{chat.RoomID(r.ID), chat.NumberGT(done), chat.NumberLTE(to)}
		if more, err := reactionsTo(ctx, tx, some, size); more || err != nil {
			return done, true, told("reactions", err)
		}
		_, err := tx.Chat.Delete().Where(some...).Exec(ctx)
		return to, to < r.LastNumber, told("chats", err)
	}
}

// reactionsTo removes at most size reactions to some chats, and says whether there may be more. Those with any are found first, and
// then each by itself, in the order of the index: so no state of the tables makes it a search through all reactions.
func reactionsTo(ctx context.Context, tx *ent.Tx, some []predicate.Chat, size int) (more bool, err error) {
	chats, err := tx.Chat.Query().Where(chat.And(some...), chat.HasReactions()).IDs(ctx)
	for _, id := range chats {
		if err != nil || size == 0 {
			break
		}
		var ids []int
		ids, err = tx.Reaction.Query().Where(reaction.ChatID(id)).Order(reaction.ByEmoji(), reaction.ByUserID()).Limit(size).IDs(ctx)
		if err == nil {
			_, err = tx.Reaction.Delete().Where(reaction.IDIn(ids...)).Exec(ctx)
		}
		size -= len(ids)
	}
	return size == 0, err
}

// eventsOf leaves the last one.
func eventsOf(r *ent.Room) part {
	return func(ctx context.Context, tx *ent.Tx, done, size int) (int, bool, error) {
		to := min(int64(done+size), r.LastPlace-1)
		_, err := tx.RoomEvent.Delete().Where(roomevent.RoomID(r.ID), roomevent.PlaceGT(int64(done)), roomevent.PlaceLTE(to)).Exec(ctx)
		return done + size, to < r.LastPlace-1, told("log", err)
	}
}

func membersOf(r *ent.Room) part {
	return func(ctx context.Context, tx *ent.Tx, done, size int) (int, bool, error) {
		ids, err := tx.Member.Query().Where(member.RoomID(r.ID)).Limit(size).IDs(ctx)
		if err == nil && len(ids) > 0 {
			_, err = tx.Member.Delete().Where(member.IDIn(ids...)).Exec(ctx)
		}
		return done + size, len(ids) == size, told("members", err)
	}
}

func bansOf(r *ent.Room) part {
	return func(ctx context.Context, tx *ent.Tx, done, size int) (int, bool, error) {
		ids, err := tx.Ban.Query().Where(ban.RoomID(r.ID)).Limit(size).IDs(ctx)
		if err == nil && len(ids) > 0 {
			_, err = tx.Ban.Delete().Where(ban.IDIn(ids...)).Exec(ctx)
		}
		return done + size, len(ids) == size, told("bans", err)
	}
}

func invitesOf(r *ent.Room) part {
	return func(ctx context.Context, tx *ent.Tx, done, size int) (int, bool, error) {
		ids, err := tx.Invite.Query().Where(invite.RoomID(r.ID)).Limit(size).IDs(ctx)
		if err == nil && len(ids) > 0 {
			_, err = tx.Invite.Delete().Where(invite.IDIn(ids...)).Exec(ctx)
		}
		return done + size, len(ids) == size, told("invites", err)
	}
}

func told(what string, err error) error {
	if err != nil {
		return fmt.Errorf("delete %s: %w", what, err)
	}
	return nil
}
