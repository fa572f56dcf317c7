package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"

	"parley/db/failure"
)

// timeoutsOf are settings of a connection, in the server: what takes longer is ended: failure.ErrBusy.
func timeoutsOf(patience time.Duration) map[string]string {
	return map[string]string{
		"statement_timeout":                   inUnits(patience),
		"lock_timeout":                        inUnits(2 * patience / 5),
		"idle_in_transaction_session_timeout": inUnits(2 * patience),
	}
}

// inUnits writes whole seconds as Postgres does when it is asked for a setting.
func inUnits(d time.Duration) string {
	switch {
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%dmin", d/time.Minute)
	}
	return fmt.Sprintf("%ds", d/time.Second)
}

// The driver keeps statements prepared, and Postgres keeps their plans. One that was made while a table was
// small reads all of it until the table is analysed, a minute later or more: 30,000 chats after the start of
// an empty server each commit took twice as long. Each statement has an index, so plans without one are refused.
// What has none would look dear enough to be compiled. What reads or checks whole tables, as an import, goes without.
var plans = map[string]string{"enable_seqscan": "off", "jit": "off"}

// A pool that only reads: what it could write is refused.
var readOnly = map[string]string{"default_transaction_read_only": "on"}

// noTimeouts are settings of a connection that migrates or moves all rows: that takes its time.
var noTimeouts = map[string]string{"statement_timeout": "0", "lock_timeout": "0", "idle_in_transaction_session_timeout": "0"}

// View is how a transaction sees one state of the database. READ COMMITTED would show each of its reads another.
var View = &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}

// parseURL reads a URL. What is wrong with it is said without repeating it: it holds a password.
func parseURL(from string) (*pgx.ConnConfig, error) {
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

// newPool opens connections with more settings when they are needed.
func newPool(config *pgx.ConnConfig, size int, settings map[string]string) *sql.DB {
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

// timesInUTC makes a connection return times in UTC; else they are in the zone of the machine.
func timesInUTC(_ context.Context, conn *pgx.Conn) error {
	conn.TypeMap().RegisterType(&pgtype.Type{
		Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
	})
	return nil
}

// ReadOnly opens one connection that reads and may take its time.
func ReadOnly(ctx context.Context, url string) (_ *sql.Conn, end func(), err error) {
	config, err := parseURL(url)
	if err != nil {
		return nil, nil, err
	}
	return singleConn(ctx, config, readOnly)
}

// LoadConn opens one connection that writes and may take its time.
func (d *Database) LoadConn(ctx context.Context) (_ *sql.Conn, end func(), err error) {
	return singleConn(ctx, d.config, nil)
}

func singleConn(ctx context.Context, config *pgx.ConnConfig, more map[string]string) (_ *sql.Conn, end func(), err error) {
	config = config.Copy()
	maps.Copy(config.RuntimeParams, noTimeouts)
	pool := newPool(config, 1, more)
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("reach Postgres: %w", failure.OneLine(err)), pool.Close())
	}
	return conn, func() { _, _ = conn.Close(), pool.Close() }, nil
}
