package db

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"

	"parley/db/failure"
	"parley/db/migrations"
	"parley/db/waiting"
)

// oldestPostgres is the first version that Parley is tested with.
const oldestPostgres = 15

// Timeouts of a connection, in the server: what takes longer is ended and answered with ErrBusy.
var postgresTimeouts = map[string]string{
	"statement_timeout":                   "5s",
	"lock_timeout":                        "2s",
	"idle_in_transaction_session_timeout": "10s",
}

// The driver keeps statements prepared, and Postgres keeps their plans. One that was made while a table was
// small reads all of it until the table is analysed, a minute later or more: 30,000 chats after the start of
// an empty server each commit took twice as long. Each statement has an index, so plans without one are refused.
// What has none would look dear enough to be compiled. What reads or checks whole tables, as an import, goes without.
var postgresPlans = map[string]string{"enable_seqscan": "off", "jit": "off"}

// A pool that only reads: what it could write is refused.
var postgresReading = map[string]string{"default_transaction_read_only": "on"}

// What the connection that migrates has: a migration takes its time.
var postgresPatience = map[string]string{"statement_timeout": "0", "lock_timeout": "0", "idle_in_transaction_session_timeout": "0"}

// A View is one state of the database. READ COMMITTED would show each of its reads another.
var postgresView = &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}

var errReplica = errors.New("this Postgres is a replica, and Parley needs the primary")

// isPostgres says whether a database URL is one of Postgres.
func isPostgres(url string) bool {
	return strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://")
}

func openPostgres(ctx context.Context, o Options) (*Store, error) {
	config, err := postgresConfig(o.URL)
	if err != nil {
		return nil, err
	}
	if err := preparePostgres(ctx, config, o); err != nil {
		return nil, failure.OneLine(err)
	}
	writers := max(2, o.Connections/3)
	serving := bounded(config)
	maps.Copy(serving.RuntimeParams, postgresPlans)
	write := postgresPool(serving, writers, nil)
	read := postgresPool(serving, max(2, o.Connections-writers), postgresReading)
	closeAll := func() error {
		for _, pool := range []*sql.DB{read, write} {
			if err := pool.Close(); err != nil { // of a connection that was lost before; what was committed is there
				o.Logger.Debug("close a connection to Postgres", "error", err)
			}
		}
		return nil
	}
	if err := cmp.Or(checkArrived(ctx, write, postgresTimeouts), checkArrived(ctx, read, postgresReading)); err != nil {
		return nil, errors.Join(failure.OneLine(err), closeAll())
	}
	s := newStore(dialect.Postgres, pools{read, write}, o.Trace)
	s.postgres, s.close = config, closeAll
	s.readers.view, s.readers.renew = postgresView, s.renew
	return s, nil
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
	wanted := config.ValidateConnect // what target_session_attrs in the URL asks for
	config.ValidateConnect = func(ctx context.Context, conn *pgconn.PgConn) error {
		if conn.ParameterStatus("in_hot_standby") == "on" { // the name may lead to another server by now
			return errReplica
		}
		if wanted == nil {
			return nil
		}
		return wanted(ctx, conn)
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

// longestStart bounds the look at the server at start. A name may stand for many addresses, and each has
// its own connect_timeout.
const longestStart = 10 * time.Second

// preparePostgres checks the server and brings its schema and what older releases have left up to date, on a connection
// of its own.
func preparePostgres(ctx context.Context, config *pgx.ConnConfig, o Options) error {
	defer waiting.Warn(o.Logger, fmt.Sprintf("Postgres at %s:%d", config.Host, config.Port))()
	pool := postgresPool(config, 1, postgresPatience)
	defer func() { _ = pool.Close() }() // nothing of it is left
	look, cancel := context.WithTimeout(ctx, longestStart)
	defer cancel()
	if err := checkPostgres(look, pool); err != nil {
		return err
	}
	if err := migrations.ApplyPostgres(ctx, pool, o.Logger); err != nil {
		return err
	}
	return migrations.ReplaceNilID(ctx, pool, migrations.Postgres, o.Logger)
}

// checkPostgres refuses a server that would lose answered chats, or show them in another order.
func checkPostgres(ctx context.Context, pool *sql.DB) error {
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

// checkArrived reads the settings of a pool back: a pooler in between may drop them without a word
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
