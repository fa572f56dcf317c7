package graph

import (
	"context"
	"time"

	serverinvites "parley/auth/invites"
	"parley/chat"
	"parley/chat/access"
	"parley/chat/invites"
	"parley/chat/members"
	"parley/chat/pages"
	"parley/chat/roomlog"
	"parley/graph/caller"
)

func (r *mutationResolver) CreateRoom(ctx context.Context, name string, topic *string, kind *roomlog.RoomKind, sendRole *access.Role, members []string, id *string, data *string) (*roomlog.Room, error) {
	return r.chat.CreateRoom(ctx, caller.Person(ctx), chat.NewRoom{Name: name, Topic: topic, Kind: kind, SendRole: sendRole, Members: members, ID: id, Data: data})
}

func (r *mutationResolver) OpenDirectRoom(ctx context.Context, users []string) (*roomlog.Room, error) {
	return r.chat.OpenDirectRoom(ctx, caller.Person(ctx), users)
}

func (r *mutationResolver) HideRoom(ctx context.Context, room string) (*string, error) {
	return pointer(r.chat.HideRoom(ctx, caller.Person(ctx), room))
}

func (r *mutationResolver) UpdateRoom(ctx context.Context, room string, name *string, topic *string, sendRole *access.Role, data *string) (*roomlog.Room, error) {
	return r.chat.UpdateRoom(ctx, caller.Person(ctx), room, chat.RoomChange{
		Name: name, Topic: ifGiven(ctx, "topic", topic), SendRole: sendRole, Data: ifGiven(ctx, "data", data),
	})
}

func (r *mutationResolver) DeleteRoom(ctx context.Context, room string) (*string, error) {
	return pointer(r.chat.DeleteRoom(ctx, caller.Person(ctx), room))
}

func (r *mutationResolver) JoinRoom(ctx context.Context, room string) (*members.Member, error) {
	return r.chat.JoinRoom(ctx, caller.Person(ctx), room)
}

func (r *mutationResolver) LeaveRoom(ctx context.Context, room string) (*string, error) {
	return pointer(r.chat.LeaveRoom(ctx, caller.Person(ctx), room))
}

func (r *mutationResolver) AddMember(ctx context.Context, room string, user string, role *access.Role) (*members.Member, error) {
	return r.chat.AddMember(ctx, caller.Person(ctx), room, user, role)
}

func (r *mutationResolver) RemoveMember(ctx context.Context, room string, user string) (*string, error) {
	return pointer(r.chat.RemoveMember(ctx, caller.Person(ctx), room, user))
}

func (r *mutationResolver) SetRole(ctx context.Context, room string, user string, role access.Role) (*members.Member, error) {
	return r.chat.SetRole(ctx, caller.Person(ctx), room, user, role)
}

func (r *mutationResolver) BanMember(ctx context.Context, room string, user string, reason *string, until *time.Time) (*members.Ban, error) {
	return r.chat.BanMember(ctx, caller.Person(ctx), room, user, reason, until)
}

func (r *mutationResolver) UnbanMember(ctx context.Context, room string, user string) (*string, error) {
	return pointer(r.chat.UnbanMember(ctx, caller.Person(ctx), room, user))
}

func (r *mutationResolver) CreateInvite(ctx context.Context, room *string, uses *int, until *time.Time, id *string) (*invites.Invite, error) {
	return r.createInvite(ctx, room, serverinvites.Wish{Uses: uses, Until: until, ID: id})
}

func (r *mutationResolver) DeleteInvite(ctx context.Context, invite string) (*string, error) {
	return pointer(r.deleteInvite(ctx, invite))
}

func (r *mutationResolver) AcceptInvite(ctx context.Context, code string) (*members.Member, error) {
	return r.chat.AcceptInvite(ctx, caller.Person(ctx), code)
}

func (r *mutationResolver) SetNotify(ctx context.Context, room string, level access.NotifyLevel) (*members.Member, error) {
	return r.chat.SetNotify(ctx, caller.Person(ctx), room, level)
}

func (r *queryResolver) Room(ctx context.Context, id string) (*roomlog.Room, error) {
	return r.chat.Room(ctx, caller.Person(ctx), id)
}

func (r *queryResolver) Rooms(ctx context.Context, scope *pages.RoomScope, matching *string, first *int, after *string) (*pages.RoomPage, error) {
	return r.chat.Rooms(ctx, caller.Person(ctx), chat.RoomsQuery{Scope: scope, Matching: matching, First: first, After: after})
}
