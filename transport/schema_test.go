package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/transport/operation"
	"parley/transport/refusal"
	"parley/transport/stream/execution"
)

type identityKey struct{}

// shortLife is how long the token "short" lasts: long enough to use it, on a busy machine too.
const shortLife = 3 * time.Second

// identify knows a few tokens. Good ones are "good" and "good-SESSION".
func (w *world) identify(ctx context.Context, c operation.Credentials) (context.Context, operation.Session, *gqlerror.Error) {
	if len(c.Authorization) == 0 || operation.Bearer(c.Authorization[0]) == "" {
		return ctx, operation.Session{}, nil
	}
	var no *gqlerror.Error
	var session operation.Session
	switch token := strings.TrimPrefix(c.Authorization[0], "Bearer "); token {
	case "slow":
		w.started <- "identify"
		<-w.release
		session = operation.Session{ID: "s"}
	case "good":
		session = operation.Session{ID: "s"}
	case "short":
		session = operation.Session{ID: "s", Until: time.Now().Add(shortLife)}
	case "long":
		session = operation.Session{ID: "s", Until: time.Now().Add(time.Hour)}
	case "revoked":
		no = plainError(ctx, refusal.SessionRevoked, "", "ended")
	case "busy":
		no = plainError(ctx, refusal.Busy, "", "busy")
	case "expired":
		no = plainError(ctx, refusal.TokenExpired, "", "too old")
	case "panic":
		panic("identify")
	default:
		id, ok := strings.CutPrefix(token, "good-")
		if !ok {
			no = plainError(ctx, refusal.Unauthenticated, "", "no token of ours")
			break
		}
		session = operation.Session{ID: id, User: id}
	}
	if no != nil {
		return context.WithValue(ctx, identityKey{}, no), operation.Session{}, no
	}
	return context.WithValue(ctx, identityKey{}, session), session, nil
}

// guard wants an identity for fields called secret, and refuses some others.
type guard struct{}

func (guard) ExtensionName() string                   { return "guard" }
func (guard) Validate(graphql.ExecutableSchema) error { return nil }
func (guard) refuse(ctx context.Context) *gqlerror.Error {
	return plainError(ctx, refusal.Unauthenticated, "", "sign in")
}

// codeName is a code that is no plain string, as in generated models.
type codeName string

func (g guard) MutateOperationContext(ctx context.Context, op *graphql.OperationContext) *gqlerror.Error {
	switch field := graphql.CollectFields(op, op.Operation.SelectionSet, nil)[0]; field.Name {
	case "secret":
		switch who := ctx.Value(identityKey{}).(type) {
		case operation.Session:
			return nil
		case *gqlerror.Error:
			return who
		}
		return g.refuse(ctx)
	case "busy":
		return &gqlerror.Error{Message: "busy", Extensions: map[string]any{"code": codeName(refusal.Busy), "retryAfterMs": 1500}}
	case "rated":
		return plainError(ctx, refusal.RateLimited, "", "too fast")
	}
	return nil
}

// executable stands for generated code: it executes the first field.
type executable struct{ w *world }

func (e executable) Schema() *ast.Schema { return schema }

func (e executable) Complexity(context.Context, string, string, int, map[string]any) (int, bool) {
	return 0, false
}

func (e executable) Exec(ctx context.Context) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	field := graphql.CollectFields(op, op.Operation.SelectionSet, nil)[0]
	if op.Operation.Operation == ast.Subscription {
		return e.stream(ctx, field)
	}
	return func(ctx context.Context) *graphql.Response {
		value, err := e.w.resolve(ctx, field.Name, field.ArgumentMap(op.Variables))
		if err != nil {
			graphql.AddError(ctx, err)
		}
		return &graphql.Response{Data: json.RawMessage(`{"` + field.Alias + `":` + value + `}`)}
	}
}

func (w *world) resolve(ctx context.Context, field string, args map[string]any) (string, error) {
	if n, given := args["n"]; given {
		if _, err := graphql.UnmarshalInt(n); err != nil { // as generated code reads it
			return "null", err
		}
	}
	switch field {
	case "failing":
		return "null", gqlerror.Errorf("failed")
	case "wait":
		return w.wait(ctx)
	case "big":
		return `"` + strings.Repeat("x", 16<<20) + `"`, nil // more than the kernel buffers
	case "large":
		return w.large(), nil
	case "boom":
		panic("boom")
	case "logout":
		w.transports.EndSessions("s")
		return `"bye"`, nil
	case "renew":
		ms, _ := args["ms"].(int64)
		Renew(ctx, args["session"].(string), time.Now().Add(time.Duration(ms)*time.Millisecond))
	}
	return `"world"`, nil
}

func (w *world) wait(ctx context.Context) (string, error) {
	w.started <- "wait"
	select {
	case <-w.release:
		return `"waited"`, nil
	case <-ctx.Done():
		w.stopped <- "wait"
		return "null", ctx.Err()
	}
}

// stream does what gqlgen generates for a subscription: it hands out each object of the resolver's channel, and
// errors of an event lack the root field in their path.
func (e executable) stream(ctx context.Context, field graphql.CollectedField) graphql.ResponseHandler {
	e.w.runs.Add(1)
	objects, err := execution.Events[string](ctx)
	if err != nil {
		graphql.AddError(ctx, err)
		return nil
	}
	var buffer bytes.Buffer // used again, like gqlgen's
	return func(ctx context.Context) *graphql.Response {
		value, more := <-objects
		switch {
		case !more:
			return nil
		case value == "boom":
			panic("boom")
		case value == "!":
			graphql.AddError(ctx, &gqlerror.Error{Message: "no value", Path: ast.Path{ast.PathName("inner")}})
			value = "null"
		}
		buffer.Reset()
		buffer.WriteString(`{"` + field.Alias + `":` + value + `}`)
		return &graphql.Response{Data: buffer.Bytes()}
	}
}
