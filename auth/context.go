package auth

import (
	"context"
	"net/netip"
)

// Caller is what an edge found out about a request before anything ran: who is asking, or why
// that is not known.
type Caller struct {
	Identity  *Identity // nil when Err says why
	Err       error     // as Identify gave it; ErrNoToken when there was none
	Token     Secret    // as sent, also when it was refused: Logout ends an expired one's session
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

// CallerFrom returns the caller of a request; without one, a Caller whose Err is ErrNoToken.
func CallerFrom(ctx context.Context) Caller {
	c, ok := ctx.Value(callerKey{}).(Caller)
	if !ok {
		c.Err = ErrNoToken
	}
	return c
}

// IdentityFrom returns who is asking, or the error that says why that is not known: the caller's
// own, else ErrUnauthenticated. It never returns a zero Identity without an error.
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
