package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"parley/auth/accounts"
	"parley/auth/keys"
	"parley/chat"
	"parley/db"
	"parley/graph"
	"parley/transport"
	"parley/tuning"
)

// run opens everything, serves until ctx ends, and drains. ready is told the address once requests
// are answered; tests call run with port 0.
func run(ctx context.Context, c *Config, stderr io.Writer, ready func(net.Addr)) (err error) {
	logger := newLogger(c, stderr)
	warn(logger, c)
	store, err := openStore(ctx, c, logger, stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	s, err := wire(ctx, c, logger, store)
	if err != nil {
		return err
	}
	s.log, _ = stderr.(*logQueue)
	defer s.closeBell() // behind the writer's last batch
	listener, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("PARLEY_ADDR: %w", err)
	}
	if c.MetricsAddr != "" {
		if s.metrics, err = s.listenMetrics(); err != nil {
			return errors.Join(err, listener.Close())
		}
	}
	return s.serve(ctx, listener, ready)
}

// stop ends the process when the disk fails. No write is answered after that: what is on disk shows at
// the next start.
func stop(logger *slog.Logger, stderr io.Writer) func(error) {
	return func(err error) {
		logger.Error("the disk of the database failed, and the server stops", "error", err)
		fmt.Fprintf(stderr, "parley: the disk of the database failed: %v; look at the disk, then start again\n", err)
		if queue, ok := stderr.(*logQueue); ok {
			queue.close()
		}
		os.Exit(exitFailure)
	}
}

func openStore(ctx context.Context, c *Config, logger *slog.Logger, stderr io.Writer) (*db.Store, error) {
	if strings.HasPrefix(c.DatabaseURL, "sqlite:") { // else only the keys lie in it, and they are not made
		if err := os.MkdirAll(c.Data, 0o700); err != nil {
			return nil, fmt.Errorf("PARLEY_DATA: %w", err)
		}
	}
	store, err := db.Open(ctx, db.Options{
		URL: c.DatabaseURL, Dir: c.Data, DiskMinFree: int64(c.DiskMinFree), WALMax: int64(c.SQLiteWALMax),
		Connections: int(c.DatabaseConnections), Logger: logger, OnFault: stop(logger, stderr),
	})
	if err != nil {
		return nil, fmt.Errorf("PARLEY_DATABASE_URL: %w", err)
	}
	return store, nil
}

// warn says what is allowed and dangerous.
func warn(logger *slog.Logger, c *Config) {
	if c.CORSAllowedOrigins.any() {
		logger.Warn("PARLEY_CORS_ALLOWED_ORIGINS is *: pages of any origin may use the API")
	}
	if c.Hosts.any() {
		logger.Warn("PARLEY_HOSTS is *: a page whose name points at this machine may use the API as its own")
	}
	if slices.ContainsFunc(c.TrustedProxies, func(p netip.Prefix) bool { return p.Bits() == 0 }) {
		logger.Warn("PARLEY_TRUSTED_PROXIES holds every address: whoever connects can claim to be anybody")
	}
	if c.LoginAttempts == (ratio{}) {
		logger.Warn("PARLEY_LOGIN_ATTEMPTS is 0: passwords can be guessed without end")
	}
	if c.keyInArguments {
		logger.Warn("PARLEY_SIGNING_KEY is given as a flag: everybody on this machine can read it in the process list")
	}
	if !c.RotateRefreshTokens {
		logger.Warn("PARLEY_ROTATE_REFRESH_TOKENS is false: a stolen refresh token works until its session ends")
	} else if !c.BlacklistAfterRotation {
		logger.Warn("PARLEY_BLACKLIST_AFTER_ROTATION is false: used refresh tokens stay good, and theft is not noticed")
	}
}

// server is the parts of a running server.
type server struct {
	c           *Config
	logger      *slog.Logger
	log         *logQueue // that it writes to; nil in tests
	auth        *accounts.Service
	chat        *chat.Service
	bell        doorbell
	closeBell   func()
	metrics     *metricsServer // nil: off
	transports  *transport.Transports
	health      *health
	http        *http.Server
	connections *connections
}

// wire puts the rooms of the house together.
func wire(ctx context.Context, c *Config, logger *slog.Logger, store *db.Store) (*server, error) {
	said := db.WaitFor(logger, "the keys in "+c.Data)
	keys, err := openKeys(ctx, c, store)
	said()
	if err != nil {
		return nil, err
	}
	s := &server{c: c, logger: logger, health: &health{store: store}}
	s.auth, err = accounts.New(store, keys, authOptions(c, s))
	if err != nil {
		return nil, err
	}
	said = db.WaitFor(logger, "a first answer of NATS")
	s.bell, s.closeBell, err = openBell(c, logger, store) // the last that can fail
	said()
	if err != nil {
		return nil, err
	}
	s.chat = chat.New(store, chatOptions(c, s))
	options := transportOptions(c, logger)
	s.connections = newConnections(httpConnections(c, options.MaxConnections, logger), int(c.HTTPMaxConnectionsPerAddress), c.TrustedProxies)
	options.OnStream = s.connections.stream
	api, transports := graph.Handler(graph.Options{
		Auth: s.auth, Chat: s.chat, Logger: logger, Version: version,
		TextLength: int(c.ChatMaxLength), Introspection: bool(c.Introspection),
		OperationTimeout: time.Duration(c.OperationTimeout), Leeway: time.Duration(c.Leeway),
		Documents: documentOptions(c), Transport: options,
	})
	s.transports = transports
	s.http = &http.Server{
		Handler:           routes(c, logger, api, s.health),
		ReadHeaderTimeout: time.Duration(c.HTTPHeaderTimeout),
		IdleTimeout:       time.Duration(c.HTTPIdleTimeout),
		ConnContext:       transport.ConnContext,
		MaxHeaderBytes:    int(c.HTTPMaxHeader) - headerSlop,
		ConnState:         s.connections.see,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug), // mostly clients that go away
	}
	return s, nil
}

// net/http reads so many bytes more than it is told before it says that the headers are too large.
const headerSlop = 4096

func openKeys(ctx context.Context, c *Config, store *db.Store) (*keys.Ring, error) {
	if c.SigningKey != "" {
		ring, err := keys.Parse(c.SigningKey)
		if err != nil {
			return nil, fmt.Errorf("PARLEY_SIGNING_KEY: %w", err)
		}
		return ring, nil
	}
	return accounts.OpenKeys(ctx, c.Data, store)
}

// serve answers requests until ctx ends and then drains: new work is refused, running requests and
// queued sends are finished, sockets are told to come back, and only then the services end.
func (s *server) serve(ctx context.Context, listener net.Listener, ready func(net.Addr)) error {
	owner, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stop(nil)
	var services sync.WaitGroup
	background := []func(context.Context) error{s.auth.Run, s.chat.Run, s.watchRoom, tuning.PaceCollector}
	if s.metrics != nil {
		background = append(background, s.metrics.Run)
	}
	for _, service := range background {
		services.Go(func() {
			if err := service(owner); err != nil && owner.Err() == nil {
				stop(err)
			}
		})
	}
	services.Go(func() {
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			stop(fmt.Errorf("serve: %w", err))
		}
	})
	debug.FreeOSMemory() // what only the start needed
	ready(listener.Addr())
	select {
	case <-ctx.Done():
	case <-owner.Done(): // a service or the listener failed
	}
	failure := context.Cause(owner)
	s.drain(context.WithoutCancel(ctx))
	stop(nil)
	services.Wait()
	return failure
}

// Within the drain, running requests have this long.
const requestGrace = 10 * time.Second

func (s *server) drain(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(s.c.DrainTimeout))
	defer cancel()
	s.health.draining.Store(true)
	s.transports.CloseDoors()
	select {
	case <-time.After(time.Duration(s.c.DrainDelay)):
	case <-ctx.Done():
	}
	var ends sync.WaitGroup
	ends.Go(func() { s.transports.Drain(ctx) }) // Shutdown knows no sockets, and waits for event streams
	s.connections.close()
	requests, cancelRequests := context.WithTimeout(ctx, requestGrace)
	defer cancelRequests()
	if err := s.http.Shutdown(requests); err != nil {
		_ = s.http.Close() // whoever is still there had their time
	}
	ends.Wait()
}
