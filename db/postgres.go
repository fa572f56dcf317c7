package db

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"

	"parley/ent"
)

// oldestPostgres is the first version that Parley is tested with.
const oldestPostgres = 15

// Timeouts of a connection, in the server: what takes longer is ended and answered with ErrBusy.
var postgresTimeouts = map[string]string{
	"statement_timeout":                   "5s",
	"lock_timeout":                        "2s",
	"idle_in_transaction_session_timeout": "10s",
}

// A pool that only reads: what it could write is refused, and a transaction sees one state.
var postgresReading = map[string]string{
	"default_transaction_read_only": "on",
	"default_transaction_isolation": "repeatable read",
}

// isPostgres says whether a database URL is one of Postgres.
func isPostgres(url string) bool {
	return strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://")
}

func openPostgres(ctx context.Context, o Options) (*Store, error) {
	config, err := postgresConfig(o.URL)
	if err != nil {
		return nil, err
	}
	if err := preparePostgres(ctx, config); err != nil {
		return nil, err
	}
	writers := max(2, o.Connections/3)
	write := postgresPool(config, writers, nil)
	read := postgresPool(config, max(2, o.Connections-writers), postgresReading)
	readers := newReaders(entsql.OpenDB(dialect.Postgres, read))
	reading := traced(readers, o.Trace)
	return &Store{
		Read:     ent.NewClient(ent.Driver(reading)),
		reading:  reading,
		writer:   ent.NewClient(ent.Driver(traced(entsql.OpenDB(dialect.Postgres, write), o.Trace))),
		dialect:  dialect.Postgres,
		pools:    pools{read: read, write: write},
		onFault:  o.OnFault,
		postgres: config,
		close:    func() error { return errors.Join(read.Close(), write.Close()) },
	}, nil
}

// postgresConfig reads a URL. What is wrong with it is said without repeating it: it holds a password.
func postgresConfig(from string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(from)
	if err != nil {
		const want = "want postgres://USER:PASSWORD@HOST:5432/DATABASE"
		var inner error
		if inner = errors.Unwrap(err); inner == nil || errors.As(err, new(*url.Error)) {
			return nil, errors.New("database URL: " + want)
		}
		return nil, fmt.Errorf("database URL: %w; %s", inner, want)
	}
	config.ConnectTimeout = cmp.Or(config.ConnectTimeout, 5*time.Second)
	config.RuntimeParams["application_name"] = cmp.Or(config.RuntimeParams["application_name"], "parley")
	for name, value := range postgresTimeouts {
		config.RuntimeParams[name] = value
	}
	return config, nil
}

// postgresPool opens connections with more settings when they are needed.
func postgresPool(config *pgx.ConnConfig, size int, settings map[string]string) *sql.DB {
	config = config.Copy()
	for name, value := range settings {
		config.RuntimeParams[name] = value
	}
	pool := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(timesInUTC))
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	return pool
}

// timesInUTC makes a connection answer times as they are stored; else they are in the zone of the machine.
func timesInUTC(_ context.Context, conn *pgx.Conn) error {
	conn.TypeMap().RegisterType(&pgtype.Type{
		Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
	})
	return nil
}

// preparePostgres checks the server and brings its schema up to date, on a connection of its own that
// may take its time.
func preparePostgres(ctx context.Context, config *pgx.ConnConfig) error {
	pool := postgresPool(config, 2, map[string]string{"statement_timeout": "0", "lock_timeout": "0", "idle_in_transaction_session_timeout": "0"})
	defer func() { _ = pool.Close() }() // nothing of it is left
	if err := checkPostgres(ctx, pool); err != nil {
		return err
	}
	return migratePostgres(ctx, pool)
}

// checkPostgres refuses a server that would lose answered chats, or show them in another order.
func checkPostgres(ctx context.Context, pool *sql.DB) error {
	var replica bool
	if err := pool.QueryRowContext(ctx, "SELECT pg_is_in_recovery()").Scan(&replica); err != nil {
		return fmt.Errorf("reach Postgres: %w", brief(err))
	}
	if replica {
		return errors.New("Postgres is a replica, and Parley needs the primary")
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
		var got string
		if err := pool.QueryRowContext(ctx, "SELECT current_setting($1)", s.name).Scan(&got); err != nil {
			return fmt.Errorf("read %s: %w", s.name, brief(err))
		}
		if !s.good(got) {
			return fmt.Errorf("Postgres has %s=%s, and Parley needs %s", s.name, got, s.needs)
		}
	}
	return nil
}

func is(good ...string) func(string) bool {
	return func(v string) bool { return slices.Contains(good, v) }
}

// brief makes the driver's error one line: it tells of each address it tried in a line of its own.
func brief(err error) error {
	if text := strings.Join(strings.Fields(err.Error()), " "); text != err.Error() {
		return errors.New(text)
	}
	return err
}
