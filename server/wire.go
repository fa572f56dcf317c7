package server

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"parley/auth/accounts"
	"parley/auth/issuers"
	"parley/auth/keys"
	"parley/chat"
	"parley/db"
	"parley/db/waiting"
	"parley/graph"
	"parley/server/edge"
	"parley/server/logs"
	"parley/server/metrics"
	"parley/server/settings"
	"parley/transport"
)

// server is the parts of a running server.
type server struct {
	c             *settings.Config
	logger        *slog.Logger
	log           *logs.Queue // that it writes to; nil in tests
	auth          *accounts.Service
	chat          *chat.Service
	notifier      notifier
	closeNotifier func()
	metrics       *metrics.Server // nil: off
	transports    *transport.Transports
	health        *health
	http          *http.Server
	connections   *edge.Connections
}

// wire opens the keys and the notifier and puts the parts together. entries are those of c.ReadIssuers.
func wire(ctx context.Context, c *settings.Config, logger *slog.Logger, store *db.Store, entries []issuers.Issuer) (*server, error) {
	said := waiting.Warn(logger, "the keys in "+c.Data)
	ring, err := openKeys(ctx, c, store)
	said()
	if err != nil {
		return nil, err
	}
	s := &server{c: c, logger: logger, health: &health{store: store}}
	s.auth, err = accounts.New(store, ring, authOptions(c, s, entries))
	if err != nil {
		return nil, err
	}
	said = waiting.Warn(logger, "a first answer of NATS")
	s.notifier, s.closeNotifier, err = openNotifier(c, logger, store) // the last that can fail
	said()
	if err != nil {
		return nil, err
	}
	s.chat = chat.New(store, chatOptions(c, s))
	options := transportOptions(c, logger)
	s.connections = edge.NewConnections(c, options.MaxConnections, logger)
	options.OnStream = s.connections.Stream
	var api http.Handler
	api, s.transports = graph.Handler(graphOptions(c, s, options))
	s.http = s.httpServer(routes(c, logger, api, s.health))
	return s, nil
}

func (s *server) httpServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: time.Duration(s.c.HTTPHeaderTimeout),
		IdleTimeout:       time.Duration(s.c.HTTPIdleTimeout),
		ConnContext:       transport.ConnContext,
		MaxHeaderBytes:    s.c.MaxHeaderBytes(),
		ConnState:         s.connections.ConnState,
		ErrorLog:          slog.NewLogLogger(s.logger.Handler(), slog.LevelDebug), // mostly clients that go away
	}
}

func openKeys(ctx context.Context, c *settings.Config, store *db.Store) (*keys.Ring, error) {
	if c.SigningKey != "" {
		ring, err := keys.Parse(c.SigningKey)
		if err != nil {
			return nil, fmt.Errorf("PARLEY_SIGNING_KEY: %w", err)
		}
		return ring, nil
	}
	return accounts.OpenKeys(ctx, c.Data, store)
}
