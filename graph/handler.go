package graph

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/auth/accounts"
	"parley/auth/passwords"
	"parley/auth/usernames"
	"parley/chat"
	"parley/graph/generated"
	"parley/transport"
)

// Options of the API. Auth, Chat and Logger are required; zero values elsewhere are defaults.
type Options struct {
	Auth             *accounts.Service
	Chat             *chat.Service
	Logger           *slog.Logger
	Version          string
	TextLength       int           // PARLEY_CHAT_MAX_LENGTH, shown in server.limits; default 10,000
	Introspection    bool          // PARLEY_INTROSPECTION
	OperationTimeout time.Duration // PARLEY_OPERATION_TIMEOUT, default 5 s; streams have none
	Leeway           time.Duration // PARLEY_LEEWAY: how long a socket outlives its token
	Documents        DocumentOptions
	Transport        transport.Options
}

// Handler builds what answers at /graphql, and the transports whose sockets the caller drains.
func Handler(o Options) (http.Handler, *transport.Transports) {
	if o.OperationTimeout == 0 {
		o.OperationTimeout = 5 * time.Second
	}
	o.Documents.defaults()
	p := &presenter{log: o.Logger}
	resolver := &Resolver{
		auth: o.Auth, chat: o.Chat, errors: p, leeway: o.Leeway, now: time.Now,
		server: generated.Server{Version: o.Version, Limits: limits(o)},
	}
	schema := generated.NewExecutableSchema(generated.Config{Schema: served(), Resolvers: resolver})
	server := handler.New(schema)
	server.SetErrorPresenter(func(ctx context.Context, err error) *gqlerror.Error { return p.present(ctx, err) })
	server.SetRecoverFunc(p.recovered)
	server.SetQueryCache(handedOver{})
	server.Use(persisted{extension.AutomaticPersistedQuery{Cache: bounded{lru.New[string](o.Documents.Cache)}}})
	server.Use(newDocuments(o.Documents, schema.Schema(), func(ctx context.Context) *gqlerror.Error {
		return p.refuse(ctx, string(generated.ErrorCodeServerBusy), "", "Too many documents are being checked.")
	}))
	server.Use(exactVariables{}) // in this order: variables, cost, who is asking
	server.Use(costLimit{schema.Schema(), o.Documents.MaxCost})
	server.Use(guard{o.Auth})
	if o.Introspection {
		server.Use(extension.Introspection{})
	}
	server.AroundResponses(withBounds(p, o.OperationTimeout))

	t := o.Transport
	for _, code := range generated.AllErrorCode {
		t.Codes = append(t.Codes, string(code))
	}
	t.Identify = identifier{o.Auth, p, o.Leeway}.identify
	t.Refuse = p.refuse
	t.Detach = func(ctx context.Context) context.Context { return WithRequestID(context.Background(), RequestID(ctx)) }
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
	return &generated.Limits{ChatLength: length, UsernameLength: usernames.Max, PasswordLength: passwords.MaxBytes, PageSize: chat.MaxPage}
}
