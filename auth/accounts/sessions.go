package accounts

import (
	"context"

	"github.com/google/uuid"

	"parley/auth"
)

// Identify is that of sessions.Sessions: who holds the token of a request.
func (s *Service) Identify(ctx context.Context, authorization []string) (auth.Identity, auth.Secret, error) {
	return s.sessions.Identify(ctx, authorization)
}

// Check is that of sessions.Sessions: whether the session of an identity is still live.
func (s *Service) Check(ctx context.Context, id auth.Identity) error {
	return s.sessions.Check(ctx, id)
}

// Refresh is that of sessions.Sessions: new tokens for a refresh token.
func (s *Service) Refresh(ctx context.Context, token, key *string, from auth.Client) (*auth.Tokens, error) {
	return s.sessions.Refresh(ctx, token, key, from)
}

// Logout is that of sessions.Sessions: it ends sessions and returns how many.
func (s *Service) Logout(ctx context.Context, scope auth.LogoutScope, refresh *string) (int, error) {
	return s.sessions.Logout(ctx, scope, refresh)
}

// Sessions is sessions.Sessions.List: the caller's sign-ins on all devices.
func (s *Service) Sessions(ctx context.Context, who auth.Identity) ([]*auth.Session, error) {
	return s.sessions.List(ctx, who)
}

// SessionsByID is sessions.Sessions.ByID: those of the caller's that are listed; else nil.
func (s *Service) SessionsByID(ctx context.Context, who auth.Identity, ids []uuid.UUID) ([]*auth.Session, error) {
	return s.sessions.ByID(ctx, who, ids)
}

// EndSession is sessions.Sessions.EndOne: it ends one of the caller's and returns its id.
func (s *Service) EndSession(ctx context.Context, who auth.Identity, session string) (uuid.UUID, error) {
	return s.sessions.EndOne(ctx, who, session)
}
