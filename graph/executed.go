package graph

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"parley/chat/roomlog"
	"parley/graph/lean"
	"parley/graph/together"
	"parley/transport/stream/execution"
)

// readAhead is for how many chats that events are about something is read at once, and for how many events. What follows where an
// execution is cut short is read again, so it is not all of a page.
const readAhead = 16

// readingTogether is the context of what reads together, and shows what it has read as often as it is asked for.
func readingTogether(ctx context.Context) context.Context { return lean.WithShared(together.With(ctx)) }

// eventsTogether has the events of an execution read together.
func eventsTogether(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	if op := graphql.GetOperationContext(ctx); op.Operation != nil && op.Operation.Operation == ast.Subscription {
		ctx = readingTogether(ctx)
	}
	return next(ctx)
}

// executed hands out the objects of the events that are being executed. What is read of the chats they are about is read once for
// all events of a chat, and for some chats at once.
func executed[T comparable](ctx context.Context, about func(T) *roomlog.Chat) (<-chan T, error) {
	objects, err := execution.Objects[T](ctx)
	if err != nil {
		return nil, err
	}
	var chats []*roomlog.Chat
	seen := map[*roomlog.Chat]bool{nil: true}
	for _, object := range objects {
		if c := about(object); !seen[c] {
			seen[c], chats = true, append(chats, c)
		}
	}
	for part := range slices.Chunk(chats, readAhead) {
		together.Note(ctx, part)
	}
	for part := range slices.Chunk(objects, readAhead) {
		together.Note(ctx, part)
	}
	return execution.Events[T](ctx)
}
