package members

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/google/uuid"

	"parley/audit"
	"parley/chat/access"
	"parley/chat/roomlog"
	"parley/ent"
	"parley/ent/room"
)

// JoinRoom makes the caller a member of a public room, or its owner if nobody is in it, and returns their membership; who is
// one already stays what they are.
// access.ErrNoRoom; *access.ForbiddenError: BANNED, or nobody joins such a room; *LimitError: MEMBERS, ROOMS.
func (r *Roster) JoinRoom(ctx context.Context, caller access.Caller, nameOrID string) (*Member, error) {
	in, err := r.find(ctx, caller, access.Read, nameOrID)
	if err != nil {
		return nil, err
	}
	h, err := r.change(ctx, about{in.ID, caller, caller}, func(ctx context.Context, h *held) error {
		if h.as.Member != nil && h.room.Kind != room.KindDIRECT {
			return nil
		}
		if err := h.room.May(access.Join); err != nil {
			return err
		}
		if h.room.MemberCount == 0 {
			return h.enter(ctx, access.Owner) // a room with members has one
		}
		return h.enter(ctx, access.Member)
	})
	if err != nil {
		return nil, err
	}
	return h.member(), nil
}

// LeaveRoom ends the caller's membership and returns what was given, also when they are not in the room, know of none or
// there is none. *access.ForbiddenError: LAST_OWNER, or nobody leaves such a room.
func (r *Roster) LeaveRoom(ctx context.Context, caller access.Caller, nameOrID string) (string, error) {
	in, err := r.find(ctx, caller, access.Read, nameOrID)
	switch {
	case errors.Is(err, access.ErrNoRoom), errors.Is(err, access.ErrForbidden):
		return nameOrID, nil
	case err != nil:
		return "", err
	case in.As.Member == nil:
		if waits, err := isEnrolling(ctx, r.Store.Read, in.ID); err != nil || !waits {
			return nameOrID, err
		}
	}
	_, err = r.change(ctx, about{in.ID, caller, caller}, func(ctx context.Context, h *held) error {
		if h.room.DeletedAt != nil {
			return nil // meanwhile
		}
		if h.as.Member != nil {
			if err := h.room.May(access.Leave); err != nil {
				return err
			}
		}
		return h.takeOut(ctx, roomlog.MemberLeft, audit.MemberLeft)
	})
	return nameOrID, err
}

// AddMember makes somebody a member, without asking them. Admins add members; owners give any role. Who is a member already
// keeps their role. access.ErrNoRoom; ErrNoPerson; *access.ForbiddenError: BANNED if they are, BLOCKED if they have blocked the caller; *LimitError: MEMBERS, ROOMS.
func (r *Roster) AddMember(ctx context.Context, caller access.Caller, nameOrID, user string, role *access.Role) (*Member, error) {
	as, do := access.Member, access.ManageMembers
	if role != nil && *role != as {
		as, do = *role, access.SetRoles
	}
	a, err := r.findBoth(ctx, caller, do, nameOrID, user)
	if err != nil {
		return nil, err
	}
	h, err := r.change(ctx, a, func(ctx context.Context, h *held) error {
		switch err := h.room.May(do); {
		case err != nil:
			return err
		case h.as.Member != nil:
			return nil
		case h.as.Banned:
			return &access.ForbiddenError{Reason: "BANNED", Until: h.as.Until}
		}
		if err := h.enter(ctx, as); err != nil {
			return err
		}
		return access.BlockedBy(ctx, h.tx, []uuid.UUID{h.whom.ID}, caller.ID) // behind the lock of whom
	})
	if err != nil {
		return nil, err
	}
	return h.member(), nil
}

// RemoveMember ends somebody's membership and returns their id, also when they are not in the room.
// access.ErrNoRoom; ErrNoPerson; *access.ForbiddenError: LAST_OWNER, or their role is not below the caller's.
func (r *Roster) RemoveMember(ctx context.Context, caller access.Caller, nameOrID, user string) (string, error) {
	a, err := r.findBoth(ctx, caller, access.ManageMembers, nameOrID, user)
	if err != nil {
		return "", err
	}
	_, err = r.change(ctx, a, func(ctx context.Context, h *held) error {
		if err := h.mayRemove(); err != nil {
			return err
		}
		return h.takeOut(ctx, roomlog.MemberRemoved, audit.MemberRemoved)
	})
	return a.whom.ID.String(), err
}

// mayRemove says whether the caller may take whom out of the room.
func (h *held) mayRemove() error {
	if err := h.room.MayManage(h.as.Member); err != nil {
		return err
	}
	if h.as.LastOwner {
		return &access.ForbiddenError{Reason: "LAST_OWNER"}
	}
	return nil
}

// SetRole gives a member another role; the same again changes nothing. Only owners may, and the last one stays one.
// access.ErrNoRoom; ErrNoPerson, ErrNoMember; *access.ForbiddenError: LAST_OWNER.
func (r *Roster) SetRole(ctx context.Context, caller access.Caller, nameOrID, user string, role access.Role) (*Member, error) {
	a, err := r.findBoth(ctx, caller, access.SetRoles, nameOrID, user)
	if err != nil {
		return nil, err
	}
	h, err := r.change(ctx, a, func(ctx context.Context, h *held) error {
		switch err := h.room.May(access.SetRoles); {
		case err != nil:
			return err
		case h.as.Member == nil:
			return ErrNoMember
		case h.as.Member.Role == role:
			return nil
		case h.as.LastOwner:
			return &access.ForbiddenError{Reason: "LAST_OWNER"}
		}
		return h.setRole(ctx, role)
	})
	if err != nil {
		return nil, err
	}
	return h.member(), nil
}

// setRole changes the role of whom. A lower one takes something away.
func (h *held) setRole(ctx context.Context, role access.Role) error {
	if err := h.tx.Member.UpdateOneID(h.as.Member.ID).SetRole(int(role)).Exec(ctx); err != nil {
		return fmt.Errorf("set role: %w", err)
	}
	h.note(audit.RoleChanged, slog.String("from", h.as.Member.Role.String()), roleAttr(role))
	return h.record(ctx, func(_ *ent.Room, row *ent.RoomUpdateOne) error {
		if role <= h.as.Member.Role {
			return nil
		}
		row.AddAccessVersion(1)
		if role <= access.Admin {
			return nil
		}
		return h.endInvites(ctx)
	}, h.event(roomlog.MemberChanged))
}
