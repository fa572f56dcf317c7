package graph

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"parley/auth"
	"parley/chat"
	"parley/graph/generated"
	"parley/transport"
)

// Options of the API. Auth, Chat and Logger are required; zero values elsewhere are defaults.
type Options struct {
	Auth             *auth.Service
	Chat             *chat.Service
	Logger           *slog.Logger
	Version          string
	TextLength       int           // PARLEY_CHAT_MAX_LENGTH, shown in server.limits; default 10,000
	Introspection    bool          // PARLEY_INTROSPECTION
	OperationTimeout time.Duration // PARLEY_OPERATION_TIMEOUT, default 5 s; streams have none
	Leeway           time.Duration // PARLEY_LEEWAY: how long a socket outlives its token
	Transport        transport.Options
}

const (
	maxTokens         = 1000    // with 1,000 the worst document found takes 0.13 s to validate, without a limit 80 s
	cachedDocuments   = 200     // checked documents kept, and as many persisted queries
	maxCachedDocument = 8 << 10 // bytes: 1,000 large ones are 122 MiB
)

// Handler builds what answers at /graphql, and the transports whose sockets the caller drains.
func Handler(o Options) (http.Handler, *transport.Transports) {
	if o.OperationTimeout == 0 {
		o.OperationTimeout = 5 * time.Second
	}
	p := &presenter{log: o.Logger}
	resolver := &Resolver{
		auth: o.Auth, chat: o.Chat, errors: p, leeway: o.Leeway, now: time.Now,
		server: generated.Server{Version: o.Version, Limits: limits(o)},
	}
	server := handler.New(generated.NewExecutableSchema(generated.Config{Resolvers: resolver}))
	server.SetErrorPresenter(func(ctx context.Context, err error) *gqlerror.Error { return p.present(ctx, err) })
	server.SetRecoverFunc(p.recovered)
	server.SetParserTokenLimit(maxTokens)
	server.SetQueryCache(bounded[*ast.QueryDocument]{lru.New[*ast.QueryDocument](cachedDocuments), documentKeep})
	server.SetDisableSuggestion(true)
	server.SetValidationRulesFn(quietRules)
	server.Use(persisted{extension.AutomaticPersistedQuery{Cache: bounded[string]{lru.New[string](cachedDocuments), queryKeep}}})
	server.Use(exactVariables{})
	server.Use(oneSecret{})
	server.Use(guard{o.Auth})
	if o.Introspection {
		server.Use(extension.Introspection{})
	}
	server.AroundResponses(withTimeout(o.OperationTimeout))

	t := o.Transport
	t.Identify = identifier{o.Auth, p, o.Leeway}.identify
	t.Refuse = p.refuse
	t.Open = streams{o.Chat, p, fieldsOfStreams}.open
	transports := transport.New(t)
	for _, one := range transports.All() {
		server.AddTransport(one)
	}
	return server, transports
}

func limits(o Options) *generated.Limits {
	length := o.TextLength
	if length == 0 {
		length = chat.MaxText
	}
	return &generated.Limits{ChatLength: length, UsernameLength: auth.MaxUsername, PasswordLength: auth.MaxPasswordBytes, PageSize: chat.MaxPage}
}

// withTimeout bounds queries and mutations.
func withTimeout(most time.Duration) graphql.ResponseMiddleware {
	return func(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
		op := graphql.GetOperationContext(ctx).Operation
		if op == nil || op.Operation == ast.Subscription {
			return next(ctx)
		}
		ctx, cancel := context.WithTimeout(ctx, most)
		defer cancel()
		return next(ctx)
	}
}

// quietRules are the rules of validation without suggestions: these would repeat what was sent and
// cost more than the check itself.
func quietRules() *rules.Rules {
	r := rules.NewDefaultRules()
	r.ReplaceRule(rules.KnownArgumentNamesRule.Name, rules.KnownArgumentNamesRuleWithoutSuggestions.RuleFunc)
	r.ReplaceRule(rules.KnownTypeNamesRule.Name, rules.KnownTypeNamesRuleWithoutSuggestions.RuleFunc)
	r.ReplaceRule(rules.ValuesOfCorrectTypeRule.Name, rules.ValuesOfCorrectTypeRuleWithoutSuggestions.RuleFunc)
	r.AddRule(ownScalars.Name, ownScalars.RuleFunc)
	return r
}

// bounded is a cache that keeps only what keep allows.
type bounded[T any] struct {
	graphql.Cache[T]
	keep func(key string, value T) bool
}

// Add keeps a value, or does not.
func (b bounded[T]) Add(ctx context.Context, key string, value T) {
	if b.keep(key, value) {
		b.Cache.Add(ctx, key, value)
	}
}

func documentKeep(text string, _ *ast.QueryDocument) bool { return len(text) <= maxCachedDocument }

// queryKeep leaves out what may hold a password or a token.
func queryKeep(_, text string) bool {
	if len(text) > maxCachedDocument {
		return false
	}
	for _, field := range secretFields {
		if strings.Contains(text, field) {
			return false
		}
	}
	return true
}
