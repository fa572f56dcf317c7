package members

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/google/uuid"

	"parley/chat/access"
	"parley/chat/roomlog"
	"parley/ent"
	"parley/ent/invite"
)

// about says in which room who wants something of whom.
type about struct {
	in           uuid.UUID
	caller, whom access.Caller
}

// held is a room whose row a transaction holds, as the one before has left it.
type held struct {
	*Roster
	about
	tx   *ent.Tx
	room access.Room     // with the caller's standing
	as   access.Standing // what whom is there
	done []roomlog.Commit
	told []Record // of what is done, for the audit
}

// change carries out what somebody wants in one transaction, in which do judges it under the room's lock. It returns the room
// as it is then, with standings that are read anew, and tells readers and the audit of what was committed.
func (r *Roster) change(ctx context.Context, a about, do func(context.Context, *held) error) (*held, error) {
	var h *held
	err := r.Store.Write(ctx, func(tx *ent.Tx) (err error) {
		h = &held{Roster: r, about: a, tx: tx}
		if err = h.lock(ctx); err != nil {
			return err
		}
		if err = h.look(ctx); err != nil {
			return err
		}
		if err = do(ctx, h); err != nil || len(h.done) == 0 {
			return err
		}
		return h.look(ctx)
	})
	if err != nil {
		return nil, fmt.Errorf("change members: %w", err)
	}
	h.tell(ctx)
	return h, nil
}

// tell tells readers and the audit of what was committed.
func (h *held) tell(ctx context.Context) {
	h.Committed(h.done...)
	h.Tell(ctx, h.told...)
}

// note keeps what the audit is to be told of what the caller does to whom.
func (h *held) note(message string, more ...slog.Attr) {
	h.told = append(h.told, Record{Message: message, In: h.in, By: h.caller, Whom: h.whom, More: more})
}

// lock takes the room's row, by an UPDATE that changes nothing: what is read behind it is what the transaction before left.
func (h *held) lock(ctx context.Context) error {
	row, err := h.tx.Room.UpdateOneID(h.in).AddLastPlace(0).Save(ctx)
	if ent.IsNotFound(err) {
		return access.ErrNoRoom
	}
	if err != nil {
		return fmt.Errorf("lock room: %w", err)
	}
	h.room.Room = row
	return nil
}

// look reads what the two are in the room. ErrNoPerson: an account is gone.
func (h *held) look(ctx context.Context) error {
	standings, err := access.Standings(ctx, h.tx.Client(), h.room.Room, []uuid.UUID{h.caller.ID, h.whom.ID}, h.Now())
	if err != nil {
		return err
	}
	h.room.As, h.as = standings[h.caller.ID], standings[h.whom.ID]
	if h.room.As.Gone || h.as.Gone {
		return ErrNoPerson
	}
	return nil
}

// member is whom it is about as a member of the room, as the caller is shown it.
func (h *held) member() *Member {
	return MemberOf(roomlog.RoomFor(h.room), h.whom, h.as.Member, h.caller.ID)
}

// event is one about whom, by the caller.
func (h *held) event(kind roomlog.EventKind) roomlog.NewEvent {
	return roomlog.NewEvent{Kind: kind, Actor: h.caller.ID, Whom: &h.whom}
}

// record appends events to the room's log. also changes what belongs to the last of them, and says what the room's row gets.
func (h *held) record(ctx context.Context, also func(last *ent.Room, row *ent.RoomUpdateOne) error, events ...roomlog.NewEvent) error {
	last, err := h.Log.Append(ctx, h.tx, roomlog.Addition{Room: h.in, Events: events, Now: h.Now()})
	if err != nil {
		return err
	}
	row := h.tx.Room.UpdateOneID(h.in)
	if err := also(last.Room, row); err != nil {
		return err
	}
	if last.Room, err = row.Save(ctx); err != nil {
		return fmt.Errorf("update room: %w", err)
	}
	h.keep(last)
	return nil
}

// keep takes what was appended, to be told of once it is committed.
func (h *held) keep(last *roomlog.Reservation) {
	h.room.Room = last.Room
	h.done = append(h.done, last.Commit())
}

// enter makes whom a member. ErrManyMembers, ErrManyRooms.
func (h *held) enter(ctx context.Context, role access.Role) error {
	entered, last, err := h.Join(ctx, h.tx, h.room.Room, h.whom, role, h.caller.ID)
	if err != nil {
		return err
	}
	role = entered.Role
	h.keep(last)
	if h.whom.ID == h.caller.ID {
		h.told = append(h.told, Joined(h.in, h.whom, role))
	} else {
		h.told = append(h.told, Added(h.in, h.caller, h.whom, role))
	}
	return nil
}

// remove ends the membership of whom, if there is one, and in any case their reading: with the last of the events.
func (h *held) remove(ctx context.Context, events ...roomlog.NewEvent) error {
	name := h.room.Name
	events[len(events)-1].Name = &name
	return h.record(ctx, func(last *ent.Room, row *ent.RoomUpdateOne) error {
		row.AddAccessVersion(1).SetRevokedPlace(last.LastPlace)
		if h.as.Member == nil {
			return nil
		}
		row.AddMemberCount(-1)
		if err := h.tx.User.UpdateOneID(h.whom.ID).AddRoomsVersion(1).Exec(ctx); err != nil {
			return fmt.Errorf("lock person: %w", err)
		}
		if err := h.tx.Member.DeleteOneID(h.as.Member.ID).Exec(ctx); err != nil {
			return fmt.Errorf("delete member: %w", err)
		}
		return h.endInvites(ctx)
	}, events...)
}

// endInvites ends those that whom has made, for good: whoever may invite again later does so anew.
func (h *held) endInvites(ctx context.Context) error {
	_, err := h.tx.Invite.Delete().Where(invite.RoomID(h.in), invite.CreatedBy(h.whom.ID)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("end invites: %w", err)
	}
	return nil
}
