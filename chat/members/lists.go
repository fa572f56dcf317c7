package members

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"parley/chat/access"
	"parley/chat/arguments"
	"parley/chat/roomlog"
	"parley/ent"
	"parley/ent/ban"
	"parley/ent/member"
	"parley/ent/predicate"
	"parley/ent/room"
	"parley/ent/user"
)

// Members lists those of a room whose accounts are live: at most first, default 50, behind a cursor of this list. The caller
// is judged anew, in the same snapshot. access.ErrNoRoom, *access.ForbiddenError; *arguments.InvalidError: first, after.
func (r *Roster) Members(ctx context.Context, caller access.Caller, of *roomlog.Room, first *int, after *string) (*Page, error) {
	n, err := arguments.PageSize("first", first, defaultPage)
	if err != nil {
		return nil, err
	}
	where := []predicate.Member{member.RoomID(of.ID), member.HasUserWith(user.DeletedAtIsNil())}
	if after != nil {
		behind, err := behindMember(of, *after)
		if err != nil {
			return nil, err
		}
		where = append(where, behind)
	}
	page := &Page{Edges: []Edge{}}
	err = r.view(ctx, caller, of, func(db *ent.Client, in access.Room) error {
		rows, err := db.Member.Query().Where(where...).WithUser().Order(member.ByRole(), member.ByUsernameKey()).Limit(n + 1).All(ctx)
		if err != nil {
			return fmt.Errorf("list members: %w", err)
		}
		shown := roomlog.RoomFor(in)
		for _, row := range rows[:min(n, len(rows))] {
			page.Edges = append(page.Edges, Edge{memberCursor(of.ID, access.Role(row.Role), row.UsernameKey), memberOf(shown, row, caller.ID)})
		}
		page.PageInfo = show(page.Edges, func(e *Edge) *string { return &e.Cursor }, after, len(rows) > n)
		return nil
	})
	return page, err
}

// Bans lists those of a room that hold, of live accounts: nil for whoever may not manage members. Else it is like Members.
func (r *Roster) Bans(ctx context.Context, caller access.Caller, of *roomlog.Room, first *int, after *string) (page *BanPage, err error) {
	n, err := arguments.PageSize("first", first, defaultPage)
	if err != nil {
		return nil, err
	}
	where := []predicate.Ban{
		ban.RoomID(of.ID), ban.HasUserWith(user.DeletedAtIsNil()), ban.Or(ban.UntilIsNil(), ban.UntilGT(r.Now())),
	}
	if after != nil {
		behind, err := behindBan(of, *after)
		if err != nil {
			return nil, err
		}
		where = append(where, behind)
	}
	err = r.view(ctx, caller, of, func(db *ent.Client, in access.Room) error {
		if in.May(access.ManageMembers) != nil {
			return nil
		}
		rows, err := db.Ban.Query().Where(where...).WithUser().Order(ent.Desc(ban.FieldID)).Limit(n + 1).All(ctx)
		if err != nil {
			return fmt.Errorf("list bans: %w", err)
		}
		page = &BanPage{Edges: []BanEdge{}}
		for _, row := range rows[:min(n, len(rows))] {
			page.Edges = append(page.Edges, BanEdge{banCursor(of.ID, row.ID), banOf(row, row.Edges.User.Username)})
		}
		page.PageInfo = show(page.Edges, func(e *BanEdge) *string { return &e.Cursor }, after, len(rows) > n)
		return nil
	})
	return page, err
}

// view reads a room once more, judges whether the caller may read it, and reads what else is shown of it in that snapshot.
func (r *Roster) view(ctx context.Context, caller access.Caller, of *roomlog.Room, read func(*ent.Client, access.Room) error) error {
	return r.Store.View(ctx, func(db *ent.Client) error {
		found, err := access.Load(ctx, db.Room.Query().Where(room.ID(of.ID)), caller.ID, r.Now())
		switch {
		case err != nil:
			return err
		case len(found) == 0:
			return access.ErrNoRoom
		}
		if err := found[0].May(access.Read); err != nil {
			return err
		}
		return read(db, found[0])
	})
}

// MembersByID returns memberships in the order of ids, nil where there is none that the caller may see.
func (r *Roster) MembersByID(ctx context.Context, caller access.Caller, ids []uuid.UUID) ([]*Member, error) {
	byID := map[uuid.UUID]*Member{}
	err := r.Store.View(ctx, func(db *ent.Client) error {
		rows, err := db.Member.Query().Where(member.IDIn(ids...), member.HasUserWith(user.DeletedAtIsNil())).WithUser().All(ctx)
		if err != nil || len(rows) == 0 {
			return err
		}
		in := make([]uuid.UUID, len(rows))
		for i, row := range rows {
			in[i] = row.RoomID
		}
		rooms, err := access.Load(ctx, db.Room.Query().Where(room.IDIn(in...)), caller.ID, r.Now())
		for _, found := range rooms {
			if found.May(access.Read) != nil {
				continue
			}
			shown := roomlog.RoomFor(found)
			for _, row := range rows {
				if row.RoomID == found.ID {
					byID[row.ID] = memberOf(shown, row, caller.ID)
				}
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find members: %w", err)
	}
	members := make([]*Member, len(ids))
	for i, id := range ids {
		members[i] = byID[id]
	}
	return members, nil
}

// memberOf is a member as the row has it, which was read with the user's, as somebody is shown it.
func memberOf(in *roomlog.Room, row *ent.Member, asker uuid.UUID) *Member {
	as := &access.Membership{
		ID: row.ID, Role: access.Role(row.Role), JoinedAt: row.JoinedAt.UTC(), LastRead: row.LastRead, Notify: (*access.NotifyLevel)(row.Notify),
	}
	return MemberOf(in, access.Caller{ID: row.UserID, Username: row.Edges.User.Username}, as, asker)
}
