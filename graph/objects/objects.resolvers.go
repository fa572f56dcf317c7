package objects

import (
	"context"

	"parley/auth"
	"parley/chat"
	"parley/chat/access"
	"parley/chat/invites"
	"parley/chat/members"
	"parley/chat/pages"
	"parley/chat/reactions"
	"parley/chat/roomlog"
	"parley/graph/caller"
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
	return r.chat.Replies(ctx, caller.Person(ctx), obj, first, after)
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

func (r *reactionResolver) Users(ctx context.Context, objs []*reactions.Reaction) ([][]*auth.User, error) {
	return r.reacting(ctx, objs)
}

func (r *roomResolver) LastChat(ctx context.Context, objs []*roomlog.Room) ([]*roomlog.Chat, error) {
	return r.lastChats(ctx, objs)
}

func (r *roomResolver) Members(ctx context.Context, obj *roomlog.Room, first *int, after *string) (*members.Page, error) {
	return r.chat.Members(ctx, caller.Person(ctx), obj, first, after)
}

func (r *roomResolver) Chats(ctx context.Context, obj *roomlog.Room, first *int, after *string, last *int, before *string) (*pages.Page, error) {
	return r.chat.Chats(ctx, caller.Person(ctx), obj.ID.String(), chat.PageQuery{First: first, Last: last, After: after, Before: before})
}

func (r *roomResolver) Me(ctx context.Context, objs []*roomlog.Room) ([]*members.Member, error) {
	return r.mine(ctx, objs)
}

func (r *roomResolver) AllowedActions(ctx context.Context, objs []*roomlog.Room) ([][]access.Action, error) {
	return r.actions(ctx, objs)
}

func (r *roomResolver) UnreadCount(ctx context.Context, objs []*roomlog.Room) ([]int, error) {
	return r.chat.UnreadCounts(ctx, caller.Person(ctx), objs)
}

func (r *roomResolver) MentionCount(ctx context.Context, objs []*roomlog.Room) ([]int, error) {
	return r.chat.MentionCounts(ctx, caller.Person(ctx), objs)
}

func (r *roomResolver) Invites(ctx context.Context, obj *roomlog.Room) ([]*invites.Invite, error) {
	return r.chat.Invites(ctx, caller.Person(ctx), obj)
}

func (r *roomResolver) Bans(ctx context.Context, obj *roomlog.Room, first *int, after *string) (*members.BanPage, error) {
	return r.chat.Bans(ctx, caller.Person(ctx), obj, first, after)
}

func (r *userConnectionResolver) PageInfo(ctx context.Context, obj *auth.UserPage) (*members.PageInfo, error) {
	return pageOf(obj), nil
}
