package auth

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
)

// Caller is what an edge found out about a request before anything ran: who is asking, or why
// that is not known.
type Caller struct {
	Identity  *Identity // nil when Err says why
	Err       error     // as Identify gave it; ErrNoToken when there was none
	Token     Secret    // as presented, also when it was refused: Logout ends an expired one's session
	Address   netip.Addr
	UserAgent string
}

// Client is where the call comes from.
func (c Caller) Client() Client { return Client{Address: c.Address, UserAgent: c.UserAgent} }

type callerKey struct{}

// WithCaller puts the caller into the context of a request.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerFrom answers the caller of a request; without one, a Caller whose Err is ErrNoToken.
func CallerFrom(ctx context.Context) Caller {
	c, ok := ctx.Value(callerKey{}).(Caller)
	if !ok {
		c.Err = ErrNoToken
	}
	return c
}

// IdentityFrom answers who is asking, or the error that says why that is not known: the caller's
// own, else ErrUnauthenticated. It never answers a zero Identity without an error.
func IdentityFrom(ctx context.Context) (Identity, error) {
	c := CallerFrom(ctx)
	switch {
	case c.Err != nil:
		return Identity{}, c.Err
	case c.Identity == nil:
		return Identity{}, ErrNoToken
	}
	return *c.Identity, nil
}

// Identify reads the values of the Authorization headers of a request and checks the session of
// the token. It answers the token's text also when it refuses it.
//
// ErrNoToken: none is given. ErrUnauthenticated: it, or the header, is bad. ErrTokenExpired.
// ErrSessionRevoked, with its reason. Any other error: the database could not say.
func (s *Service) Identify(ctx context.Context, authorization []string) (Identity, Secret, error) {
	text, err := bearer(authorization)
	if err != nil {
		return Identity{}, "", err
	}
	token := Secret(text)
	t, err := s.readAccess(text)
	if err != nil {
		return Identity{}, token, err
	}
	user, err := s.check(ctx, t.session, t.user)
	if err != nil {
		return Identity{}, token, err
	}
	return Identity{User: user, SessionID: t.session, ExpiresAt: t.expiresAt}, token, nil
}

// Check says whether the session of an identity is still live, for those who hold one longer than
// a request, such as a socket. It does not look at ExpiresAt. Errors as of Identify.
func (s *Service) Check(ctx context.Context, id Identity) error {
	if id.User == nil {
		return ErrUnauthenticated
	}
	_, err := s.check(ctx, id.SessionID, id.User.ID)
	return err
}

// bearer takes the token out of the Authorization headers: the scheme in any case, spaces, one
// token. An empty value and the scheme alone are no token.
func bearer(authorization []string) (string, error) {
	if len(authorization) == 0 {
		return "", ErrNoToken
	}
	if len(authorization) > 1 {
		return "", fmt.Errorf("%w: more than one Authorization header", ErrUnauthenticated)
	}
	value := strings.Trim(authorization[0], " ")
	if value == "" {
		return "", ErrNoToken
	}
	scheme, token, _ := strings.Cut(value, " ")
	token = strings.TrimLeft(token, " ")
	switch {
	case !strings.EqualFold(scheme, "Bearer"), strings.Contains(token, " "):
		return "", fmt.Errorf("%w: want Authorization: Bearer TOKEN", ErrUnauthenticated)
	case token == "":
		return "", ErrNoToken
	}
	return token, nil
}
