package graph

import (
	"context"
	"time"

	"parley/auth"
	"parley/chat"
	"parley/chat/access"
	"parley/chat/invites"
	"parley/chat/members"
	"parley/chat/pages"
	"parley/chat/reactions"
	"parley/chat/roomlog"
	"parley/graph/generated"
	"parley/graph/scalar"
)

func (r *banResolver) User(ctx context.Context, objs []*members.Ban) ([]*auth.User, error) {
	return usersIn(ctx, r.Resolver, objs, bannedOf)
}

func (r *banResolver) By(ctx context.Context, objs []*members.Ban) ([]*auth.User, error) {
	return usersOf(ctx, r.Resolver, objs, bannerOf)
}

func (r *chatResolver) User(ctx context.Context, objs []*roomlog.Chat) ([]*auth.User, error) {
	return withPeople(ctx, r.Resolver, objs, r.authors)
}

func (r *chatResolver) Mentions(ctx context.Context, objs []*roomlog.Chat) ([][]*auth.User, error) {
	return withPeople(ctx, r.Resolver, objs, r.mentioned)
}

func (r *chatResolver) ReplyTo(ctx context.Context, objs []*roomlog.Chat) ([]*roomlog.Chat, error) {
	return withPeople(ctx, r.Resolver, objs, r.replyTargets)
}

func (r *chatResolver) ReplyCount(ctx context.Context, objs []*roomlog.Chat) ([]int, error) {
	return r.replyCounts(ctx, objs)
}

func (r *chatResolver) Replies(ctx context.Context, obj *roomlog.Chat, first *int, after *string) (*pages.Page, error) {
	return r.chat.Replies(ctx, person(ctx), obj, first, after)
}

func (r *chatResolver) Reactions(ctx context.Context, objs []*roomlog.Chat) ([][]*reactions.Reaction, error) {
	return withPeople(ctx, r.Resolver, objs, r.reactionsOn)
}

func (r *chatResolver) MyReactions(ctx context.Context, objs []*roomlog.Chat) ([][]string, error) {
	return r.reactionsOfMine(ctx, objs)
}

func (r *eventResolver) Actor(ctx context.Context, obj *roomlog.Event) (*auth.User, error) {
	return r.actor(ctx, obj)
}

func (r *eventResolver) User(ctx context.Context, obj *roomlog.Event) (*auth.User, error) {
	return r.about(ctx, obj)
}

func (r *eventResolver) Member(ctx context.Context, obj *roomlog.Event) (*members.Member, error) {
	return membership(obj), nil
}

func (r *inviteResolver) CreatedBy(ctx context.Context, objs []*invites.Invite) ([]*auth.User, error) {
	return usersOf(ctx, r.Resolver, objs, inviterOf)
}

func (r *memberResolver) User(ctx context.Context, objs []*members.Member) ([]*auth.User, error) {
	return usersIn(ctx, r.Resolver, objs, memberOf)
}

func (r *mutationResolver) Register(ctx context.Context, username string, password string) (*auth.Tokens, error) {
	return r.auth.Register(ctx, username, password, auth.CallerFrom(ctx).Client())
}

func (r *mutationResolver) Login(ctx context.Context, username string, password string) (*auth.Tokens, error) {
	return r.auth.Login(ctx, username, password, auth.CallerFrom(ctx).Client())
}

func (r *mutationResolver) RefreshToken(ctx context.Context, token *string, idempotencyKey *string) (*auth.Tokens, error) {
	return r.renewing(ctx)(r.auth.Refresh(ctx, token, idempotencyKey, auth.CallerFrom(ctx).Client()))
}

func (r *mutationResolver) Logout(ctx context.Context, scope *auth.LogoutScope, refreshToken *string) (*int, error) {
	return pointer(r.auth.Logout(ctx, given(scope, auth.LogoutCurrent), refreshToken))
}

func (r *mutationResolver) EndSession(ctx context.Context, session string) (*string, error) {
	return textOf(r.auth.EndSession(ctx, me(ctx), session))
}

func (r *mutationResolver) ChangePassword(ctx context.Context, currentPassword string, newPassword string) (*auth.User, error) {
	return r.auth.ChangePassword(ctx, me(ctx), currentPassword, newPassword)
}

func (r *mutationResolver) DeleteAccount(ctx context.Context, password string) (*string, error) {
	return textOf(r.auth.DeleteAccount(ctx, me(ctx), password))
}

func (r *mutationResolver) CreateRoom(ctx context.Context, name string, topic *string, kind *roomlog.RoomKind, sendRole *access.Role, members []string, id *string) (*roomlog.Room, error) {
	return r.chat.CreateRoom(ctx, person(ctx), chat.NewRoom{Name: name, Topic: topic, Kind: kind, SendRole: sendRole, Members: members, ID: id})
}

func (r *mutationResolver) OpenDirectRoom(ctx context.Context, users []string) (*roomlog.Room, error) {
	return r.chat.OpenDirectRoom(ctx, person(ctx), users)
}

func (r *mutationResolver) HideRoom(ctx context.Context, room string) (*string, error) {
	return pointer(r.chat.HideRoom(ctx, person(ctx), room))
}

func (r *mutationResolver) UpdateRoom(ctx context.Context, room string, name *string, topic *string, sendRole *access.Role) (*roomlog.Room, error) {
	return r.chat.UpdateRoom(ctx, person(ctx), room, chat.RoomChange{Name: name, Topic: ifGiven(ctx, "topic", topic), SendRole: sendRole})
}

func (r *mutationResolver) DeleteRoom(ctx context.Context, room string) (*string, error) {
	return pointer(r.chat.DeleteRoom(ctx, person(ctx), room))
}

func (r *mutationResolver) JoinRoom(ctx context.Context, room string) (*members.Member, error) {
	return r.chat.JoinRoom(ctx, person(ctx), room)
}

func (r *mutationResolver) LeaveRoom(ctx context.Context, room string) (*string, error) {
	return pointer(r.chat.LeaveRoom(ctx, person(ctx), room))
}

func (r *mutationResolver) AddMember(ctx context.Context, room string, user string, role *access.Role) (*members.Member, error) {
	return r.chat.AddMember(ctx, person(ctx), room, user, role)
}

func (r *mutationResolver) RemoveMember(ctx context.Context, room string, user string) (*string, error) {
	return pointer(r.chat.RemoveMember(ctx, person(ctx), room, user))
}

func (r *mutationResolver) SetRole(ctx context.Context, room string, user string, role access.Role) (*members.Member, error) {
	return r.chat.SetRole(ctx, person(ctx), room, user, role)
}

func (r *mutationResolver) BanMember(ctx context.Context, room string, user string, reason *string, until *time.Time) (*members.Ban, error) {
	return r.chat.BanMember(ctx, person(ctx), room, user, reason, until)
}

func (r *mutationResolver) UnbanMember(ctx context.Context, room string, user string) (*string, error) {
	return pointer(r.chat.UnbanMember(ctx, person(ctx), room, user))
}

func (r *mutationResolver) CreateInvite(ctx context.Context, room string, uses *int, until *time.Time, id *string) (*invites.Invite, error) {
	return r.chat.CreateInvite(ctx, person(ctx), room, uses, until, id)
}

func (r *mutationResolver) DeleteInvite(ctx context.Context, invite string) (*string, error) {
	return pointer(r.chat.DeleteInvite(ctx, person(ctx), invite))
}

func (r *mutationResolver) AcceptInvite(ctx context.Context, code string) (*members.Member, error) {
	return r.chat.AcceptInvite(ctx, person(ctx), code)
}

func (r *mutationResolver) SendChat(ctx context.Context, room string, text string, id *string, replyTo *string) (*roomlog.Chat, error) {
	return r.chat.Send(ctx, person(ctx), chat.Draft{Room: room, Text: text, ID: id, ReplyTo: replyTo})
}

func (r *mutationResolver) EditChat(ctx context.Context, chat string, text string) (*roomlog.Chat, error) {
	return r.chat.EditChat(ctx, person(ctx), chat, text)
}

func (r *mutationResolver) MarkRead(ctx context.Context, chat string) (*members.Member, error) {
	return r.chat.MarkRead(ctx, person(ctx), chat)
}

func (r *mutationResolver) SetNotify(ctx context.Context, room string, level access.NotifyLevel) (*members.Member, error) {
	return r.chat.SetNotify(ctx, person(ctx), room, level)
}

func (r *mutationResolver) DeleteChat(ctx context.Context, chat string) (*roomlog.Chat, error) {
	return r.chat.DeleteChat(ctx, person(ctx), chat)
}

func (r *mutationResolver) BlockUser(ctx context.Context, user string, on *bool) (*auth.User, error) {
	return r.account(ctx)(r.chat.BlockUser(ctx, person(ctx), user, given(on, true)))
}

func (r *mutationResolver) React(ctx context.Context, chat string, emoji string, on *bool) (*roomlog.Chat, error) {
	return r.chat.React(ctx, person(ctx), chat, emoji, given(on, true))
}

func (r *mutationResolver) SetTyping(ctx context.Context, room string) (*roomlog.Room, error) {
	return r.chat.SetTyping(ctx, person(ctx), room)
}

func (r *queryResolver) Me(ctx context.Context) (*auth.User, error) {
	return viewer(ctx)
}

func (r *queryResolver) User(ctx context.Context, id string) (*auth.User, error) {
	return r.auth.UserByNameOrID(ctx, id)
}

func (r *queryResolver) Users(ctx context.Context, startingWith string, first *int, after *string) (*auth.UserPage, error) {
	return r.auth.Users(ctx, startingWith, first, after)
}

func (r *queryResolver) Room(ctx context.Context, id string) (*roomlog.Room, error) {
	return r.chat.Room(ctx, person(ctx), id)
}

func (r *queryResolver) Rooms(ctx context.Context, scope *pages.RoomScope, matching *string, first *int, after *string) (*pages.RoomPage, error) {
	return r.chat.Rooms(ctx, person(ctx), chat.RoomsQuery{Scope: scope, Matching: matching, First: first, After: after})
}

func (r *queryResolver) Chats(ctx context.Context, room string, first *int, after *string, last *int, before *string) (*pages.Page, error) {
	return r.chat.Chats(ctx, person(ctx), room, chat.PageQuery{First: first, Last: last, After: after, Before: before})
}

func (r *queryResolver) Chat(ctx context.Context, id string) (*roomlog.Chat, error) {
	return r.chat.Chat(ctx, person(ctx), id)
}

func (r *queryResolver) Sessions(ctx context.Context) ([]*auth.Session, error) {
	return r.auth.Sessions(ctx, me(ctx))
}

func (r *queryResolver) Mentions(ctx context.Context, first *int, after *string) (*pages.Page, error) {
	return r.chat.Mentions(ctx, person(ctx), first, after)
}

func (r *queryResolver) BlockedUsers(ctx context.Context) ([]*auth.User, error) {
	return r.accounts(ctx)(r.chat.Blocked(ctx, person(ctx)))
}

func (r *queryResolver) Node(ctx context.Context, id string) (scalar.Node, error) {
	return r.findOne(ctx, me(ctx), id)
}

func (r *queryResolver) Nodes(ctx context.Context, ids []string) ([]scalar.Node, error) {
	return r.find(ctx, me(ctx), ids)
}

func (r *queryResolver) Server(ctx context.Context) (*generated.Server, error) {
	return r.describe(), nil
}

func (r *reactionResolver) Users(ctx context.Context, objs []*reactions.Reaction) ([][]*auth.User, error) {
	return r.reacting(ctx, objs)
}

func (r *roomResolver) LastChat(ctx context.Context, objs []*roomlog.Room) ([]*roomlog.Chat, error) {
	return r.lastChats(ctx, objs)
}

func (r *roomResolver) Members(ctx context.Context, obj *roomlog.Room, first *int, after *string) (*members.Page, error) {
	return r.chat.Members(ctx, person(ctx), obj, first, after)
}

func (r *roomResolver) Chats(ctx context.Context, obj *roomlog.Room, first *int, after *string, last *int, before *string) (*pages.Page, error) {
	return r.chat.Chats(ctx, person(ctx), obj.ID.String(), chat.PageQuery{First: first, Last: last, After: after, Before: before})
}

func (r *roomResolver) Me(ctx context.Context, objs []*roomlog.Room) ([]*members.Member, error) {
	return r.mine(ctx, objs)
}

func (r *roomResolver) AllowedActions(ctx context.Context, objs []*roomlog.Room) ([][]access.Action, error) {
	return r.actions(ctx, objs)
}

func (r *roomResolver) UnreadCount(ctx context.Context, objs []*roomlog.Room) ([]int, error) {
	return r.chat.UnreadCounts(ctx, person(ctx), objs)
}

func (r *roomResolver) MentionCount(ctx context.Context, objs []*roomlog.Room) ([]int, error) {
	return r.chat.MentionCounts(ctx, person(ctx), objs)
}

func (r *roomResolver) Invites(ctx context.Context, obj *roomlog.Room) ([]*invites.Invite, error) {
	return r.chat.Invites(ctx, person(ctx), obj)
}

func (r *roomResolver) Bans(ctx context.Context, obj *roomlog.Room, first *int, after *string) (*members.BanPage, error) {
	return r.chat.Bans(ctx, person(ctx), obj, first, after)
}

func (r *subscriptionResolver) ChatSent(ctx context.Context, room string, after *string) (<-chan *roomlog.Chat, error) {
	return executed(ctx, func(c *roomlog.Chat) *roomlog.Chat { return c })
}

func (r *subscriptionResolver) Events(ctx context.Context, rooms []string, after []string) (<-chan *roomlog.Event, error) {
	return executed(ctx, func(e *roomlog.Event) *roomlog.Chat { return e.Chat })
}

func (r *userConnectionResolver) PageInfo(ctx context.Context, obj *auth.UserPage) (*members.PageInfo, error) {
	return pageOf(obj), nil
}

func (r *Resolver) Ban() generated.BanResolver { return &banResolver{r} }

func (r *Resolver) Chat() generated.ChatResolver { return &chatResolver{r} }

func (r *Resolver) Event() generated.EventResolver { return &eventResolver{r} }

func (r *Resolver) Invite() generated.InviteResolver { return &inviteResolver{r} }

func (r *Resolver) Member() generated.MemberResolver { return &memberResolver{r} }

func (r *Resolver) Mutation() generated.MutationResolver { return &mutationResolver{r} }

func (r *Resolver) Query() generated.QueryResolver { return &queryResolver{r} }

func (r *Resolver) Reaction() generated.ReactionResolver { return &reactionResolver{r} }

func (r *Resolver) Room() generated.RoomResolver { return &roomResolver{r} }

func (r *Resolver) Subscription() generated.SubscriptionResolver { return &subscriptionResolver{r} }

func (r *Resolver) UserConnection() generated.UserConnectionResolver {
	return &userConnectionResolver{r}
}

type (
	banResolver            struct{ *Resolver }
	chatResolver           struct{ *Resolver }
	eventResolver          struct{ *Resolver }
	inviteResolver         struct{ *Resolver }
	memberResolver         struct{ *Resolver }
	mutationResolver       struct{ *Resolver }
	queryResolver          struct{ *Resolver }
	reactionResolver       struct{ *Resolver }
	roomResolver           struct{ *Resolver }
	subscriptionResolver   struct{ *Resolver }
	userConnectionResolver struct{ *Resolver }
)
