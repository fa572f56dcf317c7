package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"parley/db/failure"
)

// Two pools, because _txlock=immediate makes even a reading transaction take the write lock, and a
// deferred one that reads and then writes fails at once in spite of the busy timeout. The writer's is short:
// no context ends it, so Store.begin repeats it. What migrates is alone and waits itself.
const (
	writerDSN   = "_journal=WAL&_sync=FULL&_fk=1&_txlock=immediate&_secure_delete=1&_busy_timeout=25&_stmt_cache_size=128"
	migratorDSN = "_journal=WAL&_sync=FULL&_fk=1&_txlock=immediate&_secure_delete=1&_busy_timeout=5000"
	readerDSN   = "_journal=WAL&_query_only=1&_fk=1&_busy_timeout=5000&_stmt_cache_size=64"
)

// The driver ignores a parameter that it does not know, and its own defaults lose committed writes. So the
// settings are read back from the database.
var (
	writerPragmas = map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "secure_delete": "1", "busy_timeout": "25"}
	readerPragmas = map[string]string{"journal_mode": "wal", "query_only": "1", "foreign_keys": "1"}
)

// oldestSQLite is the first version in which two connections cannot corrupt a WAL
// (sqlite.org/wal.html, "The WAL-reset bug").
var oldestSQLite = [3]int{3, 51, 3}

func dsn(path, params string) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + params
}

// checkedPool opens a pool whose settings are what they should be.
func checkedPool(ctx context.Context, path, params string, size int, want map[string]string) (*sql.DB, error) {
	pool, err := openPool(ctx, dsn(path, params), size)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	if err := checkSettings(ctx, pool, want); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return pool, nil
}

func openPool(ctx context.Context, dsn string, size int) (*sql.DB, error) {
	pool, err := sql.Open("sqlite3", dsn)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	if err := awaitPool(ctx, pool); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return pool, nil
}

// longestBusy is how long another process that writes is waited for.
const longestBusy = 5 * time.Second

// awaitPool opens the first connection. SQLite does not wait for the lock with which another process
// turns the WAL on or closes it, whatever the busy timeout is; that lasts a moment.
func awaitPool(ctx context.Context, pool *sql.DB) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for late := time.Now().Add(longestBusy); ; {
		err := failure.Classify("", pool.PingContext(ctx))
		if !errors.Is(err, failure.ErrBusy) || time.Now().After(late) {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// checkSettings reads the settings of a connection back and refuses one that differs.
func checkSettings(ctx context.Context, pool *sql.DB, want map[string]string) error {
	for name, value := range want {
		var got string
		if err := pool.QueryRowContext(ctx, "PRAGMA "+name).Scan(&got); err != nil {
			return fmt.Errorf("read pragma %s: %w", name, err)
		}
		if got != value {
			return fmt.Errorf("SQLite has %s=%s, and Parley needs %s", name, got, value)
		}
	}
	var version string
	if err := pool.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version); err != nil {
		return fmt.Errorf("read version: %w", err)
	}
	if versionBelow(version, oldestSQLite) {
		return fmt.Errorf("SQLite is %s, and Parley needs %d.%d.%d or newer", version, oldestSQLite[0], oldestSQLite[1], oldestSQLite[2])
	}
	return nil
}

func versionBelow(version string, oldest [3]int) bool {
	parts := strings.Split(version, ".")
	for i, least := range oldest {
		if i >= len(parts) {
			return true
		}
		n, err := strconv.Atoi(parts[i])
		if err != nil || n != least {
			return err != nil || n < least
		}
	}
	return false
}

// ReadOnly opens a file for one connection that changes nothing of it.
func ReadOnly(ctx context.Context, path string) (_ *sql.Conn, end func(), err error) {
	// mode=ro: else the last connection that closes would fold the WAL into the file.
	return singleConn(ctx, dsn(path, "mode=ro&_query_only=1&_busy_timeout=5000"))
}

// singleConn opens a database for one connection.
func singleConn(ctx context.Context, dsn string) (_ *sql.Conn, end func(), err error) {
	pool, err := openPool(ctx, dsn, 1)
	if err != nil {
		return nil, nil, err
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, nil, errors.Join(err, pool.Close())
	}
	return conn, func() { _, _ = conn.Close(), pool.Close() }, nil
}
