// Package server is a running server: it opens the database and the keys, wires the other packages together, serves
// their routes and metrics, and drains. Its settings are settings.Config.
package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"

	"parley/db"
	"parley/server/logs"
	"parley/server/metrics"
	"parley/server/settings"
)

// Run opens everything, serves until ctx ends, and drains. ready is called with the address once requests
// are answered; tests call it with port 0. stderr gets the log, which waits for no reader if it is a *logs.Queue.
func Run(ctx context.Context, c *settings.Config, stderr io.Writer, ready func(net.Addr)) (err error) {
	logger := logs.New(stderr, c.LogLevel, c.LogFormat)
	entries, warnings, err := c.ReadIssuers() // before a database is waited for, or migrated
	if err != nil {
		return err
	}
	for _, text := range append(c.Warnings(), warnings...) {
		logger.Warn(text)
	}
	store, err := openStore(ctx, c, logger, stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	s, err := wire(ctx, c, logger, store, entries)
	if err != nil {
		return err
	}
	s.log, _ = stderr.(*logs.Queue)
	defer s.closeNotifier() // behind the writer's last batch
	listener, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("PARLEY_ADDR: %w", err)
	}
	if c.MetricsAddr != "" {
		if s.metrics, err = metrics.Listen(c.MetricsAddr, logger, s.snapshot); err != nil {
			return errors.Join(err, listener.Close())
		}
	}
	return s.serve(ctx, listener, ready)
}

// endOnFault ends the process when the disk fails. No write is answered after that: what is on disk shows at
// the next start.
func endOnFault(logger *slog.Logger, stderr io.Writer) func(error) {
	return func(err error) {
		logger.Error("the disk of the database failed, and the server stops", "error", err)
		fmt.Fprintf(stderr, "parley: the disk of the database failed: %v; look at the disk, then start again\n", err)
		if queue, ok := stderr.(*logs.Queue); ok {
			queue.Close()
		}
		os.Exit(1) // the status of a failure
	}
}

// Migrate brings the database up to date.
func Migrate(ctx context.Context, c *settings.Config, stderr io.Writer) error {
	store, err := openStore(ctx, c, logs.New(stderr, c.LogLevel, c.LogFormat), stderr)
	if err != nil {
		return err
	}
	return store.Close()
}

func openStore(ctx context.Context, c *settings.Config, logger *slog.Logger, stderr io.Writer) (*db.Store, error) {
	if strings.HasPrefix(c.DatabaseURL, "sqlite:") { // else only the keys lie in it, and they are not made
		if err := os.MkdirAll(c.Data, 0o700); err != nil {
			return nil, fmt.Errorf("PARLEY_DATA: %w", err)
		}
	}
	o := databaseOptions(c)
	o.Logger, o.OnFault = logger, endOnFault(logger, stderr)
	store, err := db.Open(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("PARLEY_DATABASE_URL: %w", err)
	}
	return store, nil
}

// Handler returns what answers requests, without a listener, and what must run beside it until its context ends.
// It is for who measures or traces what a request does within the process; store stays theirs.
func Handler(ctx context.Context, c *settings.Config, stderr io.Writer, store *db.Store) (http.Handler, func(context.Context) error, error) {
	entries, _, err := c.ReadIssuers()
	if err != nil {
		return nil, nil, err
	}
	s, err := wire(ctx, c, logs.New(stderr, c.LogLevel, c.LogFormat), store, entries)
	if err != nil {
		return nil, nil, err
	}
	return s.http.Handler, s.chat.Run, nil
}
