package graph

import (
	"context"

	"parley/auth"
	"parley/auth/accounts"
	"parley/auth/bots"
	"parley/chat/invites"
	"parley/graph/caller"
)

func (r *mutationResolver) Register(ctx context.Context, username string, password string, invite *string) (*auth.Tokens, error) {
	return r.auth.Register(ctx, accounts.Registration{Username: username, Password: password, Invite: invite}, auth.CallerFrom(ctx).Client())
}

func (r *mutationResolver) Login(ctx context.Context, username string, password string) (*auth.Tokens, error) {
	return r.auth.Login(ctx, username, password, auth.CallerFrom(ctx).Client())
}

func (r *mutationResolver) LoginWith(ctx context.Context, token string) (*auth.Tokens, error) {
	return r.auth.LoginWith(ctx, token, auth.CallerFrom(ctx).Client())
}

func (r *mutationResolver) EnsureUser(ctx context.Context, token string) (*auth.User, error) {
	return r.auth.EnsureUser(ctx, caller.Me(ctx), token)
}

func (r *mutationResolver) RefreshToken(ctx context.Context, token *string, idempotencyKey *string) (*auth.Tokens, error) {
	return r.renewing(ctx)(r.auth.Refresh(ctx, token, idempotencyKey, auth.CallerFrom(ctx).Client()))
}

func (r *mutationResolver) Logout(ctx context.Context, scope *auth.LogoutScope, refreshToken *string) (*int, error) {
	return pointer(r.auth.Logout(ctx, given(scope, auth.LogoutCurrent), refreshToken))
}

func (r *mutationResolver) EndSession(ctx context.Context, session string) (*string, error) {
	return textOf(r.auth.EndSession(ctx, caller.Me(ctx), session))
}

func (r *mutationResolver) ChangePassword(ctx context.Context, currentPassword string, newPassword string) (*auth.User, error) {
	return r.auth.ChangePassword(ctx, caller.Me(ctx), currentPassword, newPassword)
}

func (r *mutationResolver) UpdateMe(ctx context.Context, name *string) (*auth.User, error) {
	return r.auth.UpdateMe(ctx, caller.Me(ctx), accounts.Profile{Name: ifGiven(ctx, "name", name)})
}

func (r *mutationResolver) DisableUser(ctx context.Context, user string, on *bool) (*auth.User, error) {
	return r.Account(ctx)(r.auth.DisableUser(ctx, caller.Me(ctx), user, given(on, true)))
}

func (r *mutationResolver) CreateBot(ctx context.Context, username string, name *string, image *string, id *string) (*auth.BotToken, error) {
	return r.auth.CreateBot(ctx, caller.Me(ctx), bots.Wish{Username: username, Name: name, Image: image, ID: id})
}

func (r *mutationResolver) RenewBotToken(ctx context.Context, bot string) (*auth.BotToken, error) {
	return r.auth.RenewBotToken(ctx, caller.Me(ctx), bot)
}

func (r *mutationResolver) DeleteAccount(ctx context.Context, password *string, token *string) (*string, error) {
	return textOf(r.auth.DeleteAccount(ctx, caller.Me(ctx), accounts.Proof{Password: password, Token: token}))
}

func (r *mutationResolver) BlockUser(ctx context.Context, user string, on *bool) (*auth.User, error) {
	return r.Account(ctx)(r.chat.BlockUser(ctx, caller.Person(ctx), user, given(on, true)))
}

func (r *queryResolver) Me(ctx context.Context) (*auth.User, error) {
	return r.viewer(ctx)
}

func (r *queryResolver) User(ctx context.Context, id string) (*auth.User, error) {
	return r.auth.UserByNameOrID(ctx, id)
}

func (r *queryResolver) Users(ctx context.Context, startingWith string, first *int, after *string) (*auth.UserPage, error) {
	return r.auth.Users(ctx, caller.Me(ctx), startingWith, first, after)
}

func (r *queryResolver) Invites(ctx context.Context) ([]*invites.Invite, error) {
	return serverInvites(r.auth.Invites(ctx, caller.Me(ctx)))
}

func (r *queryResolver) Bots(ctx context.Context) ([]*auth.User, error) {
	return r.auth.Bots(ctx, caller.Me(ctx))
}

func (r *queryResolver) Sessions(ctx context.Context) ([]*auth.Session, error) {
	return r.auth.Sessions(ctx, caller.Me(ctx))
}

func (r *queryResolver) BlockedUsers(ctx context.Context) ([]*auth.User, error) {
	return r.Accounts(ctx)(r.chat.Blocked(ctx, caller.Person(ctx)))
}
