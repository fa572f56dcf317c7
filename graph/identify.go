package graph

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/auth"
	"parley/auth/accounts"
	"parley/graph/failures"
	"parley/transport/operation"
)

// An identifier tells transport who is asking.
type identifier struct {
	auth   *accounts.Service
	errors *failures.Presenter
	leeway time.Duration
}

func (i identifier) identify(ctx context.Context, c operation.Credentials) (context.Context, operation.Session, *gqlerror.Error) {
	caller := auth.Caller{Address: addressOf(c.RemoteAddr), UserAgent: c.UserAgent}
	who, token, err := i.auth.Identify(ctx, c.Authorization)
	caller.Token, caller.Err = token, err
	if err == nil {
		caller.Identity = &who
	}
	ctx = auth.WithCaller(ctx, caller)
	switch {
	case err == nil:
		return ctx, operation.Session{ID: who.SessionID.String(), User: who.User.ID.String(), Until: i.until(who)}, nil
	case errors.Is(err, auth.ErrNoToken):
		return ctx, operation.Session{}, nil
	}
	return ctx, operation.Session{}, i.errors.Present(ctx, err)
}

// until is when a token runs out; zero: it does not.
func (i identifier) until(who auth.Identity) time.Time {
	if who.ExpiresAt.IsZero() {
		return time.Time{}
	}
	return who.ExpiresAt.Add(i.leeway)
}

func addressOf(hostPort string) netip.Addr {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		host = hostPort
	}
	address, _ := netip.ParseAddr(host) // unknown is the zero address
	return address.Unmap()
}
