package graph

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/auth"
	"parley/auth/accounts"
	"parley/auth/passwords"
	"parley/chat"
	"parley/graph/document"
	"parley/graph/failures"
	"parley/graph/fields"
	"parley/graph/generated"
	"parley/graph/objects"
	"parley/graph/subscriptions"
	"parley/naming/usernames"
	"parley/rights"
	"parley/transport"
	"parley/transport/budget"
	"parley/transport/stream"
)

// Options of the API. Auth, Chat and Logger are required; zero values elsewhere are defaults.
type Options struct {
	Auth             *accounts.Service
	Chat             *chat.Service
	Logger           *slog.Logger
	Version          string
	TextLength       int               // PARLEY_CHAT_MAX_LENGTH, shown in server.limits; default 10,000
	Introspection    bool              // PARLEY_INTROSPECTION
	OperationTimeout time.Duration     // PARLEY_OPERATION_TIMEOUT, default 5 s; streams have none
	Registration     auth.Registration // who may make an account, shown in server.registration
	Withheld         rights.Withheld   // what members may not, shown in server.membersMay
	Leeway           time.Duration     // PARLEY_LEEWAY: how long a socket outlives its token
	Documents        document.Limits
	Transport        transport.Options
}

// WithDefaults returns the options with a default for what is zero; those of others are for these to say.
func (o Options) WithDefaults() Options {
	o.TextLength = cmp.Or(o.TextLength, chat.MaxText)
	o.OperationTimeout = cmp.Or(o.OperationTimeout, 5*time.Second)
	return o
}

// Handler builds what answers at /graphql, and the transports whose sockets the caller drains.
func Handler(o Options) (http.Handler, *transport.Transports) {
	o = o.WithDefaults()
	p := &failures.Presenter{Log: o.Logger}
	resolver := &Resolver{
		Resolver: objects.New(o.Auth, o.Chat),
		auth:     o.Auth, chat: o.Chat, leeway: o.Leeway, now: time.Now,
		server: generated.Server{Version: o.Version, Limits: limits(o), Registration: o.Registration, MembersMay: o.Withheld.MembersMay()},
	}
	schema := generated.NewExecutableSchema(generated.Config{Schema: served(), Resolvers: resolver})
	server := handler.New(schema)
	server.SetErrorPresenter(func(ctx context.Context, err error) *gqlerror.Error { return p.Present(ctx, err) })
	server.SetRecoverFunc(p.Recovered)
	document.Use(server, o.Documents, documents(schema.Schema(), p))
	server.Use(guard{o.Auth}) // behind all that a document alone can be refused for
	if o.Introspection {
		server.Use(extension.Introspection{})
	}
	server.AroundOperations(eventsTogether)
	server.AroundResponses(withBounds(p, o.OperationTimeout))

	t := o.Transport
	for _, code := range generated.AllErrorCode {
		t.Codes = append(t.Codes, string(code))
	}
	t.Identify = identifier{o.Auth, p, o.Leeway}.identify
	t.Refuse = p.Refuse
	t.Detach = func(ctx context.Context) context.Context {
		return failures.WithRequestID(context.Background(), failures.RequestID(ctx))
	}
	t.Open = subscriptions.Streams{Chat: o.Chat, Errors: p}.Open
	transports := transport.New(t)
	for _, one := range transports.All() {
		server.AddTransport(one)
	}
	return server, transports
}

// documents is what a document is checked against.
func documents(schema *ast.Schema, p *failures.Presenter) document.API {
	return document.API{
		Schema: schema,
		Busy: func(ctx context.Context) *gqlerror.Error {
			return p.Refuse(ctx, string(generated.ErrorCodeServerBusy), "", "Too many documents are being checked.")
		},
		Streams: fields.Streams,
		MaxPage: chat.MaxPage, MaxIDs: maxNodes, MaxAnswer: budget.MaxAnswer, MaxEvent: stream.MaxEvent,
		Largest: fields.Largest, Lists: fields.Lists, Textless: "Event.cursors", // only CAUGHT_UP has these, which is about nothing
		Either: [2]string{"Event.chat", "Event.preview"}, // only TYPING has a preview, which is about no chat
	}
}

func limits(o Options) *generated.Limits {
	return &generated.Limits{ChatLength: o.TextLength, UsernameLength: usernames.Max, PasswordLength: passwords.MaxBytes, PageSize: chat.MaxPage}
}
