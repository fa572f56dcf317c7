package failures

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/chat"
	"parley/db"
)

// Below the root field of a mutation, what passes by itself says neither that nothing was changed nor that it may be sent again:
// it has been carried out.
func TestBelowAMutationNothingSaysThatNothingChanged(t *testing.T) {
	root, below := ast.Path{ast.PathName("sendChat")}, ast.Path{ast.PathName("sendChat"), ast.PathName("mentions")}
	for _, c := range []struct {
		kind ast.Operation
		path ast.Path
		err  error
		want string
	}{
		{ast.Mutation, root, context.DeadlineExceeded, "TIMEOUT true"},
		{ast.Mutation, below, context.DeadlineExceeded, "UNKNOWN_OUTCOME <nil>"},
		{ast.Mutation, below, fmt.Errorf("read people: %w", db.ErrBusy), "UNKNOWN_OUTCOME <nil>"},
		{ast.Mutation, below, db.ErrDown, "UNKNOWN_OUTCOME <nil>"},
		{ast.Mutation, below, chat.ErrNoRoom, "NOT_FOUND <nil>"},
		{ast.Query, below, context.DeadlineExceeded, "TIMEOUT true"},
		{ast.Subscription, below, db.ErrBusy, "SERVER_BUSY true"},
	} {
		ctx := graphql.WithOperationContext(t.Context(), &graphql.OperationContext{Operation: &ast.OperationDefinition{Operation: c.kind}})
		p := &Presenter{Log: slog.New(slog.DiscardHandler)}
		shown := p.Present(ctx, gqlerror.WrapPath(c.path, c.err))
		if got := fmt.Sprint(shown.Extensions["code"], " ", shown.Extensions["retryable"]); got != c.want {
			t.Errorf("%s %v: %v: got %s, want %s", c.kind, c.path, c.err, got, c.want)
		}
	}
}
