// Package graph is the API over auth and chat: resolvers of one line, the guard that says who may call them, and what an
// operation may take of time and memory. The product is schema.graphqls, written by hand. What a document may be is the
// business of package document, what objects lead to of package objects, what subscribers are shown of package subscriptions,
// and what clients are told of errors of package failures.
package graph

import (
	"context"
	_ "embed" // the schema
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"parley/auth"
	"parley/auth/accounts"
	"parley/chat"
	"parley/graph/caller"
	"parley/graph/generated"
	"parley/graph/objects"
	"parley/transport"
)

// Schema is the schema as text, as it is served at /schema.graphqls.
//
//go:embed schema.graphqls
var Schema string

// served is the schema that documents are checked against and that introspection shows. gqlparser gives
// @defer to every schema; none of our transports brings a result in parts, so it is not said to exist.
func served() *ast.Schema {
	schema := gqlparser.MustLoadSchema(&ast.Source{Name: "schema.graphqls", Input: Schema})
	delete(schema.Directives, "defer")
	return schema
}

// Resolver is what resolvers may call. Its fields are lower-case, because gqlgen's methods shadow
// an exported field of the same name as a GraphQL field.
type Resolver struct {
	*objects.Resolver // of the fields of objects

	auth   *accounts.Service
	chat   *chat.Service
	server generated.Server // without its time
	leeway time.Duration
	now    func() time.Time
}

// Mutation returns the resolvers of mutations.
func (r *Resolver) Mutation() generated.MutationResolver { return &mutationResolver{r} }

// Query returns those of queries.
func (r *Resolver) Query() generated.QueryResolver { return &queryResolver{r} }

// Subscription returns those of subscriptions.
func (r *Resolver) Subscription() generated.SubscriptionResolver { return &subscriptionResolver{r} }

type (
	mutationResolver     struct{ *Resolver }
	queryResolver        struct{ *Resolver }
	subscriptionResolver struct{ *Resolver }
)

// pointer returns a value where the schema allows null, which comes only with an error.
func pointer[T any](value T, err error) (*T, error) { return &value, err }

// given is an argument's value, or its default: GraphQL takes that for an argument that is left out,
// and leaves null to us.
func given[T any](value *T, normal T) T {
	if value == nil {
		return normal
	}
	return *value
}

// ifGiven is the value of an argument of the field, where null is another thing than nothing; nil: it was left out.
func ifGiven[T any](ctx context.Context, argument string, value T) *T {
	field := graphql.GetFieldContext(ctx).Field
	if _, given := field.ArgumentMap(graphql.GetOperationContext(ctx).Variables)[argument]; !given {
		return nil
	}
	return &value
}

// textOf is an id as GraphQL says it.
func textOf(id uuid.UUID, err error) (*string, error) { return pointer(id.String(), err) }

// renewing takes what a refresh came to and lets the socket that carried it live as long as the new
// access token, if it belongs to the same session.
func (r *Resolver) renewing(ctx context.Context) func(*auth.Tokens, error) (*auth.Tokens, error) {
	return func(t *auth.Tokens, err error) (*auth.Tokens, error) {
		if err == nil {
			transport.Renew(ctx, t.SessionID.String(), t.AccessTokenExpiresAt.Add(r.leeway))
		}
		return t, err
	}
}

// viewer is who is signed in, as they are now; nil when no token was sent. What is known of a session may be two seconds old.
func (r *Resolver) viewer(ctx context.Context) (*auth.User, error) {
	known, err := caller.Viewer(ctx)
	if known == nil || err != nil {
		return nil, err
	}
	return r.Account(ctx)(known.ID, nil)
}

// describe is the server as it is now.
func (r *Resolver) describe() *generated.Server {
	server := r.server
	server.Time = r.now()
	return &server
}
