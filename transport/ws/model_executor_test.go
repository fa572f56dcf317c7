package ws

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/transport/stream/execution"
)

// A modelExecutor shows each object of an execution as it is.
type modelExecutor struct{}

func (modelExecutor) CreateOperationContext(_ context.Context, p *graphql.RawParams) (*graphql.OperationContext, gqlerror.List) {
	op := &ast.OperationDefinition{Operation: ast.Subscription}
	user, _ := p.Variables["user"].(string)
	return &graphql.OperationContext{
		RawQuery: p.Query, Operation: op, Doc: &ast.QueryDocument{}, Variables: map[string]any{"at": places(p.Variables["at"])},
		Headers: http.Header{"User": {user}}, // feeds know no headers
	}, nil
}

func places(v any) (at []int64) {
	for _, n := range v.([]any) {
		place, _ := n.(json.Number).Int64()
		at = append(at, place)
	}
	return at
}

func (modelExecutor) DispatchOperation(ctx context.Context, _ *graphql.OperationContext) (graphql.ResponseHandler, context.Context) {
	objects, err := execution.Events[string](ctx)
	return func(context.Context) *graphql.Response {
		o, more := <-objects
		if err != nil || !more {
			return nil
		}
		return &graphql.Response{Data: json.RawMessage(o)}
	}, ctx
}

func (modelExecutor) DispatchError(context.Context, gqlerror.List) *graphql.Response { return nil }

var errDiverged = errors.New("another history")

func tell(err error) *gqlerror.Error { return gqlerror.Errorf("%v", err) }
