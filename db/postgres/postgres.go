// Package postgres opens a database of Postgres that is fit to be relied on, bounds how long a server may keep anybody
// waiting, and hands notifications to other nodes. It moves whole tables. It knows no table.
package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/db/failure"
)

// Options says which database to open. All are needed.
type Options struct {
	URL         string
	Connections int           // a third of them to write
	Patience    time.Duration // how long a statement may take; whole seconds
	Logger      *slog.Logger
}

// A Database is an open database.
type Database struct {
	Read   *sql.DB // cannot write
	Write  *sql.DB
	config *pgx.ConnConfig
	logger *slog.Logger
}

// IsURL says whether a database URL is one of Postgres.
func IsURL(url string) bool {
	return strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://")
}

// Open checks the server, brings the schema up to date and opens both pools.
func Open(ctx context.Context, o Options) (*Database, error) {
	config, err := parseURL(o.URL)
	if err != nil {
		return nil, err
	}
	if err := prepare(ctx, config, o.Logger); err != nil {
		return nil, failure.OneLine(err)
	}
	timeouts := timeoutsOf(o.Patience)
	maps.Copy(config.RuntimeParams, timeouts)
	writers := max(2, o.Connections/3)
	serving := withReadTimeout(config, 2*o.Patience)
	maps.Copy(serving.RuntimeParams, plans)
	d := &Database{
		Read:   newPool(serving, max(2, o.Connections-writers), readOnly),
		Write:  newPool(serving, writers, nil),
		config: config,
		logger: o.Logger,
	}
	if err := cmp.Or(checkArrived(ctx, d.Write, timeouts), checkArrived(ctx, d.Read, readOnly)); err != nil {
		return nil, errors.Join(failure.OneLine(err), d.Close())
	}
	return d, nil
}

// Close closes both pools.
func (d *Database) Close() error {
	for _, pool := range []*sql.DB{d.Read, d.Write} {
		if err := pool.Close(); err != nil { // of a connection that was lost before; what was committed is there
			d.logger.Debug("close a connection to Postgres", "error", err)
		}
	}
	return nil
}

// DropIdle closes the connections that nobody uses. After a restart of the server all are dead, and each
// would show it to another caller.
func (d *Database) DropIdle() {
	for _, pool := range []*sql.DB{d.Read, d.Write} {
		size := pool.Stats().MaxOpenConnections
		pool.SetMaxIdleConns(-1)
		pool.SetMaxIdleConns(size)
	}
}
