package accounts

import (
	"context"
	"fmt"
	"strings"

	"parley/auth"
)

// Identify reads the values of the Authorization headers of a request and checks the session of
// the token. It answers the token's text also when it refuses it.
//
// ErrNoToken: none is given. ErrUnauthenticated: it, or the header, is bad. ErrTokenExpired.
// ErrSessionRevoked, with its reason. Any other error: the database could not say.
func (s *Service) Identify(ctx context.Context, authorization []string) (auth.Identity, auth.Secret, error) {
	text, err := bearer(authorization)
	if err != nil {
		return auth.Identity{}, "", err
	}
	token := auth.Secret(text)
	t, err := s.tokens.ParseAccess(text, s.store.Now())
	if err != nil {
		return auth.Identity{}, token, err
	}
	user, err := s.check(ctx, t.Session, t.User)
	if err != nil {
		return auth.Identity{}, token, err
	}
	return auth.Identity{User: user, SessionID: t.Session, ExpiresAt: t.ExpiresAt}, token, nil
}

// Check says whether the session of an identity is still live, for those who hold one longer than
// a request, such as a socket. It does not look at ExpiresAt. Errors as of Identify.
func (s *Service) Check(ctx context.Context, id auth.Identity) error {
	if id.User == nil {
		return auth.ErrUnauthenticated
	}
	_, err := s.check(ctx, id.SessionID, id.User.ID)
	return err
}

// bearer takes the token out of the Authorization headers: the scheme in any case, spaces, one
// token. An empty value and the scheme alone are no token.
func bearer(authorization []string) (string, error) {
	if len(authorization) == 0 {
		return "", auth.ErrNoToken
	}
	if len(authorization) > 1 {
		return "", fmt.Errorf("%w: more than one Authorization header", auth.ErrUnauthenticated)
	}
	value := strings.Trim(authorization[0], " ")
	if value == "" {
		return "", auth.ErrNoToken
	}
	scheme, token, _ := strings.Cut(value, " ")
	token = strings.TrimLeft(token, " ")
	switch {
	case !strings.EqualFold(scheme, "Bearer"), strings.Contains(token, " "):
		return "", fmt.Errorf("%w: want Authorization: Bearer TOKEN", auth.ErrUnauthenticated)
	case token == "":
		return "", auth.ErrNoToken
	}
	return token, nil
}
