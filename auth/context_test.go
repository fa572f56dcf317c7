package auth

import (
	"context"
	"errors"
	"testing"
)

func TestIdentityFromIsNeverZeroWithoutError(t *testing.T) {
	ctx := t.Context()
	id := Identity{User: &User{Username: "ada"}}
	for _, c := range []struct {
		name string
		ctx  context.Context
		want error
	}{
		{"no caller", ctx, ErrUnauthenticated},
		{"empty caller", WithCaller(ctx, Caller{}), ErrUnauthenticated},
		{"refused", WithCaller(ctx, Caller{Err: ErrTokenExpired}), ErrTokenExpired},
		{"refused, though an identity is there", WithCaller(ctx, Caller{Identity: &id, Err: ErrTokenExpired}), ErrTokenExpired},
		{"known", WithCaller(ctx, Caller{Identity: &id}), nil},
	} {
		got, err := IdentityFrom(c.ctx)
		if !errors.Is(err, c.want) || (err == nil) != (got == id) {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
	}
}
