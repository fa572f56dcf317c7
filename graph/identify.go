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
	"parley/transport"
)

// An identifier answers transport's question who is asking.
type identifier struct {
	auth   *accounts.Service
	errors *presenter
	leeway time.Duration
}

func (i identifier) identify(ctx context.Context, c transport.Credentials) (context.Context, transport.Session, *gqlerror.Error) {
	caller := auth.Caller{Address: addressOf(c.RemoteAddr), UserAgent: c.UserAgent}
	who, token, err := i.auth.Identify(ctx, c.Authorization)
	caller.Token, caller.Err = token, err
	if err == nil {
		caller.Identity = &who
	}
	ctx = auth.WithCaller(ctx, caller)
	switch {
	case err == nil:
		return ctx, transport.Session{ID: who.SessionID.String(), User: who.User.ID.String(), Until: who.ExpiresAt.Add(i.leeway)}, nil
	case errors.Is(err, auth.ErrNoToken):
		return ctx, transport.Session{}, nil
	}
	return ctx, transport.Session{}, i.errors.present(ctx, err)
}

func addressOf(hostPort string) netip.Addr {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		host = hostPort
	}
	address, _ := netip.ParseAddr(host) // unknown is the zero address
	return address.Unmap()
}
