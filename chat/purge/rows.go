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

// A part removes at most size rows of a deleted room behind those that are done, and says how many are then and whether there may be
// more.
type part func(ctx context.Context, tx *ent.Tx, done, size int) (next int, more bool, err error)

// chatsOf removes chats of which no reactions are left, which would all go with them at once.
func chatsOf(r *ent.Room) part {
	return func(ctx context.Context, tx *ent.Tx, done, size int) (int, bool, error) {
		some := []predicate.Chat{chat.RoomID(r.ID), chat.NumberGT(done), chat.NumberLTE(done + size)}
		ids, err := tx.Reaction.Query().Where(reaction.HasChatWith(some...)).Limit(size).IDs(ctx)
		if err == nil && len(ids) > 0 {
			_, err = tx.Reaction.Delete().Where(reaction.IDIn(ids...)).Exec(ctx)
		}
		if err != nil || len(ids) == size {
			return done, true, told("reactions", err)
		}
		_, err = tx.Chat.Delete().Where(some...).Exec(ctx)
		return done + size, done+size < r.LastNumber, told("chats", err)
	}
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
