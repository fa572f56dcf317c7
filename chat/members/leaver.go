package members

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"parley/audit"
	"parley/chat/access"
	"parley/chat/background"
	"parley/chat/roomlog"
	"parley/ent"
	"parley/ent/block"
	"parley/ent/member"
	"parley/ent/predicate"
	"parley/ent/room"
	"parley/ent/user"
)

// A Leaver takes people whose accounts are gone out of their rooms and hands over what they own, a room in a transaction. Who
// is left to do that for stands in the database, so it goes on after a restart or on another node; two at once do no harm.
type Leaver struct {
	*Roster
	*background.Job // Wake it when an account was deleted
}

// leaveEvery is how often accounts are looked for that another node left, or an error.
const leaveEvery = time.Minute

// NewLeaver makes a Leaver. fail is told what went wrong in Run, which is tried again.
func NewLeaver(r *Roster, fail func(error)) *Leaver {
	l := &Leaver{Roster: r}
	l.Job = background.New("leave rooms of deleted accounts", leaveEvery, l.LeaveAll, fail)
	return l
}

// LeaveAll takes out one person after the other, in rounds, as long as each takes somebody out of a room: the owner who goes
// behind all others does so in the next. One that fails holds back no other; it returns the first error.
func (l *Leaver) LeaveAll(ctx context.Context) error {
	for {
		if left, err := l.round(ctx); err != nil || !left {
			return err
		}
	}
}

// round takes out each person once. left: somebody has left a room. They are read by the index of those people alone, and without
// an order, which would have others looked at.
func (l *Leaver) round(ctx context.Context) (left bool, err error) {
	people, err := l.Store.Read.User.Query().Where(user.Leaving(true)).IDs(ctx)
	if err != nil {
		return false, fmt.Errorf("find accounts: %w", err)
	}
	err = background.Each(ctx, people, func(id uuid.UUID) error {
		row, err := l.Store.Read.User.Get(ctx, id)
		if err != nil {
			return fmt.Errorf("read account: %w", err)
		}
		n, err := l.leaveRooms(ctx, access.Caller{ID: id, Username: row.Username})
		left = left || n > 0
		return err
	})
	return left, err
}

// toLeave picks the rooms that people without an account leave: all but direct ones.
var toLeave = room.And(room.DeletedAtIsNil(), room.KindNEQ(room.KindDIRECT))

// leaveRooms takes one person out of all their rooms, and says how many they have left; whom they have blocked, and who has blocked
// them, is forgotten. A room where members are still enrolled, who may be to take over, waits until that is done.
func (l *Leaver) leaveRooms(ctx context.Context, who access.Caller) (left int, err error) {
	rooms, err := l.Store.Read.Room.Query().
		Where(room.DeletedAtIsNil(), room.EnrollingIsNil(), room.HasMembersWith(member.UserID(who.ID))).IDs(ctx)
	if err != nil {
		return 0, fmt.Errorf("find rooms of user %s: %w", who.ID, err)
	}
	err = background.Each(ctx, rooms, func(id uuid.UUID) error {
		has, err := l.leaveRoom(ctx, about{id, who, who})
		if has {
			left++
		}
		return err
	})
	if err != nil {
		return left, fmt.Errorf("user %s leaves rooms: %w", who.ID, err)
	}
	if err := l.forgetBlocks(ctx, who.ID); err != nil {
		return left, fmt.Errorf("delete blocks of user %s: %w", who.ID, err)
	}
	return left, l.Store.Write(ctx, func(tx *ent.Tx) error {
		return tx.User.Update().Where(user.ID(who.ID), user.Not(user.HasMembershipsWith(member.HasRoomWith(toLeave)))).
			ClearLeaving().Exec(ctx)
	})
}

// blocksAtOnce is how many blocks go in one transaction, which others wait for.
const blocksAtOnce = 256

// forgetBlocks takes away the blocks by somebody whose account is gone, and of them: nobody could see them or take them back. There
// may be any number, and no new one comes.
func (l *Leaver) forgetBlocks(ctx context.Context, who uuid.UUID) error {
	for last := 0; ; {
		ids, err := l.Store.Read.Block.Query().Where(block.IDGT(last), block.Or(block.UserID(who), block.BlockedID(who))).
			Order(block.ByID()).Limit(blocksAtOnce).IDs(ctx)
		if err != nil || len(ids) == 0 {
			return err
		}
		last = ids[len(ids)-1]
		err = l.Store.Write(ctx, func(tx *ent.Tx) error {
			_, err := tx.Block.Delete().Where(block.IDIn(ids...)).Exec(ctx)
			return err
		})
		if err != nil {
			return err
		}
	}
}

// leaveRoom takes one person out of a room. has: they have left it now, and not before.
func (l *Leaver) leaveRoom(ctx context.Context, a about) (has bool, err error) {
	var h *held
	err = l.Store.Write(ctx, func(tx *ent.Tx) error {
		h = &held{Roster: l.Roster, about: a, tx: tx}
		if err := h.lock(ctx); err != nil || h.room.DeletedAt != nil {
			return err
		}
		row, err := tx.Member.Query().Where(member.RoomID(a.in), member.UserID(a.whom.ID)).Only(ctx)
		if ent.IsNotFound(err) {
			return nil // another node was faster
		}
		if err != nil {
			return fmt.Errorf("find member: %w", err)
		}
		if h.room.Kind == room.KindDIRECT { // they stay in it, and send nothing more
			return tx.Room.UpdateOneID(a.in).AddAccessVersion(1).Exec(ctx)
		}
		h.as.Member = &access.Membership{ID: row.ID, Role: access.Role(row.Role)}
		return h.depart(ctx)
	})
	if err != nil {
		return false, err
	}
	h.tell(ctx)
	if h.room.DeletedAt != nil {
		l.purge()
	}
	return len(h.done) > 0, nil
}

// depart takes whom out of the room, behind the handing over where no live account owns it any more. A private room in which nobody is left is
// deleted.
func (h *held) depart(ctx context.Context) error {
	left := h.event(roomlog.MemberLeft)
	live, err := h.others().Where(member.HasUserWith(user.DeletedAtIsNil())).Order(member.ByRole()).First(ctx)
	switch none := ent.IsNotFound(err); {
	case none && h.room.Kind == room.KindPRIVATE:
		return h.end(ctx, access.Caller{})
	case none:
		return h.departLast(ctx, left)
	case err != nil:
		return fmt.Errorf("find who is left: %w", err)
	case h.as.Member.Role != access.Owner || access.Role(live.Role) == access.Owner:
		return h.remove(ctx, left)
	}
	heir, err := h.heir(ctx)
	if err != nil {
		return fmt.Errorf("find who takes over: %w", err)
	}
	if err := h.tx.Member.UpdateOneID(heir.ID).SetRole(int(access.Owner)).Exec(ctx); err != nil {
		return fmt.Errorf("hand over: %w", err)
	}
	whom := access.Caller{ID: heir.UserID, Username: heir.Edges.User.Username}
	h.told = append(h.told, Record{Message: audit.RoomHandedOver, In: h.in, Whom: whom})
	return h.remove(ctx, roomlog.NewEvent{Kind: roomlog.MemberChanged, Whom: &whom}, left)
}

// departLast takes whom out of a public room where no account is live. Of those the last owner goes last, in a later round:
// whoever joins meanwhile takes over.
func (h *held) departLast(ctx context.Context, left roomlog.NewEvent) error {
	next, err := h.others().Order(member.ByRole()).First(ctx)
	switch alone := ent.IsNotFound(err); {
	case err != nil && !alone:
		return fmt.Errorf("find who is left: %w", err)
	case !alone && h.as.Member.Role == access.Owner && access.Role(next.Role) != access.Owner:
		return nil
	}
	return h.remove(ctx, left)
}

// heir is, of the others whose accounts are live, the one of the highest role who has been there longest. Somebody who is disabled, and may be
// let in again, is it only where all are who are no bots, and a bot only where all are bots.
func (h *held) heir(ctx context.Context) (heir *ent.Member, err error) {
	person, letIn := user.BotIsNil(), user.DisabledAtIsNil()
	for _, these := range [][]predicate.User{{person, letIn}, {person}, {}} {
		heir, err = h.others().Where(member.HasUserWith(append(these, user.DeletedAtIsNil())...)).
			Order(member.ByRole(), member.ByJoinedAt(), member.ByJoinedPlace(), member.ByID()).WithUser().First(ctx)
		if !ent.IsNotFound(err) {
			break
		}
	}
	return heir, err
}

// others are all members but whom.
func (h *held) others() *ent.MemberQuery {
	return h.tx.Member.Query().Where(member.RoomID(h.in), member.UserIDNEQ(h.whom.ID))
}
