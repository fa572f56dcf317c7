package graph

import (
	"context"

	"parley/auth"
	"parley/chat"
	"parley/chat/roomlog"
	"parley/graph/generated"
	"parley/graph/scalar"
	"parley/transport/stream"
)

func (r *chatResolver) User(ctx context.Context, objs []*roomlog.Chat) ([]*auth.User, error) {
	return r.authors(ctx, objs)
}

func (r *eventResolver) Actor(ctx context.Context, obj *roomlog.Event) (*auth.User, error) {
	return r.actor(ctx, obj)
}

func (r *eventResolver) User(ctx context.Context, obj *roomlog.Event) (*auth.User, error) {
	return r.about(ctx, obj)
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

func (r *mutationResolver) CreateRoom(ctx context.Context, name string, topic *string) (*roomlog.Room, error) {
	return r.chat.CreateRoom(ctx, person(ctx), chat.NewRoom{Name: name, Topic: topic})
}

func (r *mutationResolver) DeleteRoom(ctx context.Context, room string) (*string, error) {
	return pointer(r.chat.DeleteRoom(ctx, person(ctx), room))
}

func (r *mutationResolver) SendChat(ctx context.Context, room string, text string, id *string) (*roomlog.Chat, error) {
	return r.chat.Send(ctx, person(ctx), chat.Draft{Room: room, Text: text, ID: id})
}

func (r *mutationResolver) EditChat(ctx context.Context, chat string, text string) (*roomlog.Chat, error) {
	return r.chat.EditChat(ctx, person(ctx), chat, text)
}

func (r *mutationResolver) DeleteChat(ctx context.Context, chat string) (*roomlog.Chat, error) {
	return r.chat.DeleteChat(ctx, person(ctx), chat)
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

func (r *queryResolver) Rooms(ctx context.Context, matching *string, first *int, after *string) (*chat.RoomPage, error) {
	return r.chat.Rooms(ctx, person(ctx), chat.RoomsQuery{Matching: matching, First: first, After: after})
}

func (r *queryResolver) Chats(ctx context.Context, room string, first *int, after *string, last *int, before *string) (*chat.Page, error) {
	return r.chat.Chats(ctx, person(ctx), room, chat.PageQuery{First: first, Last: last, After: after, Before: before})
}

func (r *queryResolver) Chat(ctx context.Context, id string) (*roomlog.Chat, error) {
	return r.chat.Chat(ctx, person(ctx), id)
}

func (r *queryResolver) Sessions(ctx context.Context) ([]*auth.Session, error) {
	return r.auth.Sessions(ctx, me(ctx))
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

func (r *roomResolver) LastChat(ctx context.Context, objs []*roomlog.Room) ([]*roomlog.Chat, error) {
	return r.chat.LastChats(ctx, objs)
}

func (r *subscriptionResolver) ChatSent(ctx context.Context, room string, after *string) (<-chan *roomlog.Chat, error) {
	return stream.Events[*roomlog.Chat](ctx)
}

func (r *subscriptionResolver) Events(ctx context.Context, rooms []string, after []string) (<-chan *roomlog.Event, error) {
	return stream.Events[*roomlog.Event](ctx)
}

func (r *userConnectionResolver) PageInfo(ctx context.Context, obj *auth.UserPage) (*chat.PageInfo, error) {
	return pageOf(obj), nil
}

func (r *Resolver) Chat() generated.ChatResolver { return &chatResolver{r} }

func (r *Resolver) Event() generated.EventResolver { return &eventResolver{r} }

func (r *Resolver) Mutation() generated.MutationResolver { return &mutationResolver{r} }

func (r *Resolver) Query() generated.QueryResolver { return &queryResolver{r} }

func (r *Resolver) Room() generated.RoomResolver { return &roomResolver{r} }

func (r *Resolver) Subscription() generated.SubscriptionResolver { return &subscriptionResolver{r} }

func (r *Resolver) UserConnection() generated.UserConnectionResolver {
	return &userConnectionResolver{r}
}

type (
	chatResolver           struct{ *Resolver }
	eventResolver          struct{ *Resolver }
	mutationResolver       struct{ *Resolver }
	queryResolver          struct{ *Resolver }
	roomResolver           struct{ *Resolver }
	subscriptionResolver   struct{ *Resolver }
	userConnectionResolver struct{ *Resolver }
)
