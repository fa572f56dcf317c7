package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/db/migrations"
	"parley/db/waiting"
)

// oldestPostgres is the first version that Parley is tested with.
const oldestPostgres = 15

var errReplica = errors.New("this Postgres is a replica, and Parley needs the primary")

// longestStart bounds the look at the server at start. A name may stand for many addresses, and each has
// its own connect_timeout.
const longestStart = 10 * time.Second

// prepare checks the server and brings its schema and what older releases have left up to date, on a connection
// of its own.
func prepare(ctx context.Context, config *pgx.ConnConfig, logger *slog.Logger) error {
	defer waiting.Warn(logger, fmt.Sprintf("Postgres at %s:%d", config.Host, config.Port))()
	pool := newPool(config, 1, noTimeouts)
	defer func() { _ = pool.Close() }() // nothing of it is left
	look, cancel := context.WithTimeout(ctx, longestStart)
	defer cancel()
	if err := checkServer(look, pool); err != nil {
		return err
	}
	if err := migrations.ApplyPostgres(ctx, pool, logger); err != nil {
		return err
	}
	return migrations.ReplaceNilID(ctx, pool, migrations.Postgres, logger)
}

// checkServer refuses a server that would lose answered chats, or show them in another order.
func checkServer(ctx context.Context, pool *sql.DB) error {
	var replica bool
	err := pool.QueryRowContext(ctx, "SELECT pg_is_in_recovery()").Scan(&replica)
	switch {
	case errors.Is(err, errReplica), err == nil && replica:
		return errReplica
	case err != nil:
		return fmt.Errorf("reach Postgres: %w", err)
	}
	for _, s := range []struct {
		name  string
		good  func(string) bool
		needs string
	}{
		{"server_version_num", func(v string) bool { n, err := strconv.Atoi(v); return err == nil && n >= oldestPostgres*10_000 }, fmt.Sprintf("version %d or newer", oldestPostgres)},
		{"server_encoding", is("UTF8"), "UTF8"},
		{"default_transaction_read_only", is("off"), "off"},
		{"fsync", is("on"), "on"},
		{"full_page_writes", is("on"), "on"},
		{"synchronous_commit", is("on", "remote_write", "remote_apply"), "on, remote_write or remote_apply"},
	} {
		got, err := setting(ctx, pool, s.name)
		if err != nil {
			return err
		}
		if !s.good(got) {
			return fmt.Errorf("this Postgres has %s=%s, and Parley needs %s", s.name, got, s.needs)
		}
	}
	return nil
}

func is(good ...string) func(string) bool {
	return func(v string) bool { return slices.Contains(good, v) }
}

// setting reads a setting as it is for this user in this database.
func setting(ctx context.Context, pool *sql.DB, name string) (value string, err error) {
	if err := pool.QueryRowContext(ctx, "SELECT current_setting($1)", name).Scan(&value); err != nil {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	return value, nil
}

// checkArrived reads the settings of a pool back: a pooler in between may drop them and report nothing
// (PgBouncer: ignore_startup_parameters).
func checkArrived(ctx context.Context, pool *sql.DB, settings map[string]string) error {
	for name, want := range settings {
		got, err := setting(ctx, pool, name)
		if err != nil {
			return err
		}
		if got != want {
			return fmt.Errorf("a connection to Postgres has %s=%s although Parley asks for %s: what is in between must pass it on", name, got, want)
		}
	}
	return nil
}
