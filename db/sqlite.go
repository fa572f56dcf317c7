package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	_ "github.com/mattn/go-sqlite3" // the driver "sqlite3"

	"parley/ent"
)

// Two pools, because _txlock=immediate makes even a reading transaction take the write lock, and a
// deferred one that reads and then writes fails at once in spite of the busy timeout.
const (
	writerDSN = "_journal=WAL&_sync=FULL&_fk=1&_txlock=immediate&_busy_timeout=5000&_stmt_cache_size=64"
	readerDSN = "_journal=WAL&_query_only=1&_fk=1&_busy_timeout=5000&_stmt_cache_size=64"
)

// The driver ignores a parameter it does not know without a word, and its own defaults lose
// answered writes. So what counts is what the database says of itself.
var (
	writerPragmas = map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000"}
	readerPragmas = map[string]string{"journal_mode": "wal", "query_only": "1", "foreign_keys": "1"}
)

// oldestSQLite is the first version in which two connections cannot corrupt a WAL
// (sqlite.org/wal.html, "The WAL-reset bug").
var oldestSQLite = [3]int{3, 51, 3}

func sqliteDSN(path, params string) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + params
}

func openSQLite(ctx context.Context, path string, o Options) (_ *Store, err error) {
	write, err := sqlitePool(ctx, sqliteDSN(path, writerDSN), 1)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			_ = write.Close()
		}
	}()
	if err := checkSQLite(ctx, write, writerPragmas); err != nil {
		return nil, err
	}
	if err := migrateSQLite(ctx, path, write); err != nil {
		return nil, err
	}
	read, err := sqlitePool(ctx, sqliteDSN(path, readerDSN), o.Readers)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	if err := checkSQLite(ctx, read, readerPragmas); err != nil {
		_ = read.Close()
		return nil, err
	}
	return &Store{
		Read:    sqliteClient(read, o.Trace),
		writer:  sqliteClient(write, o.Trace),
		dialect: dialect.SQLite,
		onFault: o.OnFault,
		// The readers first: the last connection that closes folds the WAL into the file.
		close: func() error { return errors.Join(read.Close(), write.Close()) },
	}, nil
}

func sqlitePool(ctx context.Context, dsn string, size int) (*sql.DB, error) {
	pool, err := sql.Open("sqlite3", dsn)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	if err := pool.PingContext(ctx); err != nil {
		_ = pool.Close()
		return nil, classify("", err)
	}
	return pool, nil
}

func sqliteClient(pool *sql.DB, trace func(context.Context, any)) *ent.Client {
	var driver dialect.Driver = entsql.OpenDB(dialect.SQLite, pool)
	if trace != nil {
		driver = dialect.DebugWithContext(driver, func(ctx context.Context, v ...any) { trace(ctx, fmt.Sprint(v...)) })
	}
	return ent.NewClient(ent.Driver(driver))
}

// checkSQLite reads the settings of a connection back and refuses one that differs.
func checkSQLite(ctx context.Context, pool *sql.DB, want map[string]string) error {
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
