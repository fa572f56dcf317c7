// Package stock is Parley's schema, sign-in and database behind the transports that come with gqlgen:
// what one gets without own transports. It executes once for each subscriber. It has the resolvers that
// the suite of parleybench calls, and they do what those of package graph do.
package stock

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/ast"

	"parley/auth"
	"parley/auth/accounts"
	"parley/broker"
	"parley/chat"
	"parley/chat/access"
	"parley/chat/roomlog"
	"parley/db"
	"parley/graph/generated"
)

// A Server is one such server. It is safe for concurrent use.
type Server struct {
	store *db.Store
	auth  *accounts.Service
	chat  *chat.Service
	http  *handler.Server

	stop context.CancelFunc
	ends sync.WaitGroup
}

// Open serves the database in a file of a data directory of Parley. Close it when all requests have ended.
func Open(ctx context.Context, file string) (*Server, error) {
	dir := filepath.Dir(file)
	ctx = context.WithoutCancel(ctx)
	store, err := db.Open(ctx, db.Options{URL: "sqlite:" + filepath.Base(file), Dir: dir})
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	keys, err := accounts.OpenKeys(ctx, dir, store)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	s := &Server{store: store, chat: chat.New(store, chat.Options{Notifier: &broker.Memory{}})}
	if s.auth, err = accounts.New(store, keys, accounts.Defaults()); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	s.http = handler.New(generated.NewExecutableSchema(generated.Config{Resolvers: root{s: s}}))
	s.http.AddTransport(transport.Websocket{InitFunc: s.initialise})
	s.http.AddTransport(transport.POST{})
	s.http.SetQueryCache(lru.New[*ast.QueryDocument](200))
	s.http.AroundOperations(s.guard)
	ctx, s.stop = context.WithCancel(ctx)
	for _, service := range []func(context.Context) error{s.auth.Run, s.chat.Run} {
		s.ends.Go(func() { _ = service(ctx) })
	}
	return s, nil
}

// Close ends what Open has started.
func (s *Server) Close() {
	s.stop()
	s.ends.Wait()
	_ = s.store.Close()
}

// ServeHTTP finds out who asks, as Parley does for each request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.http.ServeHTTP(w, r.WithContext(s.identify(r.Context(), r.Header.Values("Authorization"))))
}

func (s *Server) identify(ctx context.Context, authorization []string) context.Context {
	who, token, err := s.auth.Identify(ctx, authorization)
	caller := auth.Caller{Token: token, Err: err}
	if err == nil {
		caller.Identity = &who
	}
	return auth.WithCaller(ctx, caller)
}

func (s *Server) initialise(ctx context.Context, payload transport.InitPayload) (context.Context, *transport.InitPayload, error) {
	ctx = s.identify(ctx, []string{"Bearer " + payload.Authorization()})
	_, err := auth.IdentityFrom(ctx)
	return ctx, nil, err
}

// guard checks the session of each operation, as Parley does.
func (s *Server) guard(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	who, err := auth.IdentityFrom(ctx)
	if err == nil {
		err = s.auth.Check(ctx, who)
	}
	if err != nil {
		return graphql.OneShot(graphql.ErrorResponse(ctx, "%v", err))
	}
	return next(ctx)
}

// root has the resolvers that the suite calls; those of all else are missing.
type root struct {
	generated.ResolverRoot
	s *Server
}

func (r root) Mutation() generated.MutationResolver { return mutation{s: r.s} }

func (r root) Query() generated.QueryResolver { return query{s: r.s} }

func (r root) Subscription() generated.SubscriptionResolver { return subscription{s: r.s} }

type (
	mutation struct {
		generated.MutationResolver
		s *Server
	}
	query struct {
		generated.QueryResolver
		s *Server
	}
	subscription struct {
		generated.SubscriptionResolver
		s *Server
	}
)

func person(ctx context.Context) (chat.Caller, error) {
	who, err := auth.IdentityFrom(ctx)
	if err != nil {
		return chat.Caller{}, err
	}
	return chat.Caller{ID: who.User.ID, Username: who.User.Username}, nil
}

func (m mutation) CreateRoom(ctx context.Context, name string, topic *string, _ *roomlog.RoomKind, _ *access.Role, _ []string, _ *string, _ *string) (*roomlog.Room, error) {
	me, err := person(ctx)
	if err != nil {
		return nil, err
	}
	return m.s.chat.CreateRoom(ctx, me, chat.NewRoom{Name: name, Topic: topic})
}

func (m mutation) SendChat(ctx context.Context, room string, text string, id *string, replyTo *string, _ *string) (*roomlog.Chat, error) {
	me, err := person(ctx)
	if err != nil {
		return nil, err
	}
	return m.s.chat.Send(ctx, me, chat.Draft{Room: room, Text: text, ID: id, ReplyTo: replyTo})
}

func (q query) Chats(ctx context.Context, room string, first *int, after *string, last *int, before *string) (*chat.Page, error) {
	me, err := person(ctx)
	if err != nil {
		return nil, err
	}
	return q.s.chat.Chats(ctx, me, room, chat.PageQuery{First: first, Last: last, After: after, Before: before})
}

func (u subscription) ChatSent(ctx context.Context, room string, after *string) (<-chan *roomlog.Chat, error) {
	me, err := person(ctx)
	if err != nil {
		return nil, err
	}
	return u.s.follow(ctx, me, room, after)
}
