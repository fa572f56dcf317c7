// Package caller says who calls the API, as auth and as chat know them.
package caller

import (
	"context"
	"errors"
	"fmt"

	"parley/auth"
	"parley/chat"
)

// Me is whoever is signed in. The guard lets nobody else reach a field that is not @public.
func Me(ctx context.Context) auth.Identity {
	identity, err := auth.IdentityFrom(ctx)
	if err != nil {
		panic(fmt.Sprintf("caller: a field past the guard is executed for nobody: %v", err))
	}
	return identity
}

// Person is the same as chat knows them.
func Person(ctx context.Context) chat.Caller {
	user := Me(ctx).User
	return chat.Caller{ID: user.ID, Username: user.Username, Bot: user.IsBot}
}

// Anybody is the same, or nobody: in streams, which are executed for all.
func Anybody(ctx context.Context) chat.Caller {
	if _, err := auth.IdentityFrom(ctx); err != nil {
		return chat.Caller{}
	}
	return Person(ctx)
}

// Viewer returns who is signed in, nil when no token was sent, and an error for a bad one.
func Viewer(ctx context.Context) (*auth.User, error) {
	switch c := auth.CallerFrom(ctx); {
	case c.Err == nil:
		return c.Identity.User, nil
	case errors.Is(c.Err, auth.ErrNoToken):
		return nil, nil
	default:
		return nil, c.Err
	}
}
