package transport

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/transport/operation"
	"parley/transport/refusal"
	"parley/transport/stream"
)

// WithDefaults returns the options with a default for what is zero.
func (o Options) WithDefaults() Options {
	o.Logger = cmp.Or(o.Logger, slog.Default())
	o.MaxBody = cmp.Or(o.MaxBody, 128<<10)
	o.BodyTimeout = cmp.Or(o.BodyTimeout, 10*time.Second)
	o.ResponseTimeout = cmp.Or(o.ResponseTimeout, 15*time.Second)
	o.SSEKeepAlive = cmp.Or(o.SSEKeepAlive, 15*time.Second)
	o.WriteTimeout = cmp.Or(o.WriteTimeout, 15*time.Second)
	o.WindowEvents = cmp.Or(o.WindowEvents, 256)
	o.WindowTotal = cmp.Or(o.WindowTotal, 48<<20)
	o.AnswersTotal = cmp.Or(o.AnswersTotal, 64<<20)
	o.CatchUpParallel = cmp.Or(o.CatchUpParallel, 8)
	o.MaxMessage = cmp.Or(o.MaxMessage, 128<<10)
	o.MessageTimeout = cmp.Or(o.MessageTimeout, 10*time.Second)
	o.MaxOperations = cmp.Or(o.MaxOperations, 100)
	o.InitTimeout = cmp.Or(o.InitTimeout, 5*time.Second)
	o.PingInterval = cmp.Or(o.PingInterval, 25*time.Second)
	o.PongTimeout = cmp.Or(o.PongTimeout, 10*time.Second)
	o.MaxParallel = cmp.Or(o.MaxParallel, 8)
	o.MaxConnections = cmp.Or(o.MaxConnections, 10_000)
	o.MaxConnectionsPerAddress = cmp.Or(o.MaxConnectionsPerAddress, 200)
	o.MaxUnsignedPerAddress = cmp.Or(o.MaxUnsignedPerAddress, 20)
	o.MaxConnectionsPerUser = cmp.Or(o.MaxConnectionsPerUser, 20)
	o.UserRoomStreams = cmp.Or(o.UserRoomStreams, 20)
	return o.withFunctions()
}

// withFunctions has an answer where nobody is asked.
func (o Options) withFunctions() Options {
	if o.Identify == nil {
		o.Identify = func(ctx context.Context, _ operation.Credentials) (context.Context, operation.Session, *gqlerror.Error) {
			return ctx, operation.Session{}, nil
		}
	}
	if o.Refuse == nil {
		o.Refuse = plainError
	}
	if o.Detach == nil {
		o.Detach = context.WithoutCancel
	}
	if o.Open == nil {
		o.Open = func(ctx context.Context, _ *graphql.OperationContext, _ string) (*stream.Stream, gqlerror.List) {
			return nil, gqlerror.List{o.Refuse(ctx, refusal.Internal, "", "There are no streams here.")}
		}
	}
	if o.Origins == nil {
		o.Origins = func(string) bool { return false }
	}
	return o
}

func plainError(_ context.Context, code, reason, message string) *gqlerror.Error {
	extensions := map[string]any{"code": code}
	if reason != "" {
		extensions["reason"] = reason
	}
	return &gqlerror.Error{Message: message, Extensions: extensions}
}
