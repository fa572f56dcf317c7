package accounts

import (
	"context"

	"github.com/google/uuid"

	"parley/auth"
	"parley/auth/bots"
)

// Identify reads the values of the Authorization headers of a request and says whose the token is: an access token by its session, that
// of a bot by itself. It returns the token's text also when it refuses it.
//
// ErrNoToken: none is given. ErrUnauthenticated: it, or the header, is bad. ErrTokenExpired. ErrSessionRevoked, with its reason. Any
// other error: the database could not say.
func (s *Service) Identify(ctx context.Context, authorization []string) (auth.Identity, auth.Secret, error) {
	token, err := auth.Bearer(authorization)
	if err != nil {
		return auth.Identity{}, "", err
	}
	identify := s.sessions.Identify
	if bots.IsToken(string(token)) {
		identify = s.bots.Identify
	}
	who, err := identify(ctx, token)
	return who, token, err
}

// Check says whether an identity still is one, for those who hold one longer than a request, such as a socket. It does not look at
// ExpiresAt. Errors as of Identify.
func (s *Service) Check(ctx context.Context, who auth.Identity) error {
	if who.User != nil && who.User.IsBot {
		return s.bots.Check(ctx, who)
	}
	return s.sessions.Check(ctx, who)
}

// Refresh is that of sessions.Sessions: new tokens for a refresh token. ErrForbidden, BOT: it is that of a bot.
func (s *Service) Refresh(ctx context.Context, token, key *string, from auth.Client) (*auth.Tokens, error) {
	if token != nil && bots.IsToken(*token) {
		return nil, auth.ErrForBots
	}
	return s.sessions.Refresh(ctx, token, key, from)
}

// Logout is that of sessions.Sessions: it ends sessions and returns how many. The token of a bot names none.
func (s *Service) Logout(ctx context.Context, scope auth.LogoutScope, refresh *string) (int, error) {
	return s.sessions.Logout(ctx, scope, refresh)
}

// Sessions is sessions.Sessions.List: the caller's sign-ins on all devices. ErrForbidden, BOT.
func (s *Service) Sessions(ctx context.Context, who auth.Identity) ([]*auth.Session, error) {
	if who.User.IsBot {
		return nil, auth.ErrForBots
	}
	return s.sessions.List(ctx, who)
}

// SessionsByID is sessions.Sessions.ByID: those of the caller's that are listed; else nil.
func (s *Service) SessionsByID(ctx context.Context, who auth.Identity, ids []uuid.UUID) ([]*auth.Session, error) {
	return s.sessions.ByID(ctx, who, ids)
}

// EndSession is sessions.Sessions.EndOne: it ends one of the caller's and returns its id. ErrForbidden, BOT.
func (s *Service) EndSession(ctx context.Context, who auth.Identity, session string) (uuid.UUID, error) {
	if who.User.IsBot {
		return uuid.Nil, auth.ErrForBots
	}
	return s.sessions.EndOne(ctx, who, session)
}
