package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	_ "github.com/mattn/go-sqlite3" // the driver "sqlite3"

	"parley/db/disk"
	"parley/db/failure"
	"parley/db/migrations"
	"parley/db/waiting"
	"parley/ent"
)

// Two pools, because _txlock=immediate makes even a reading transaction take the write lock, and a
// deferred one that reads and then writes fails at once in spite of the busy timeout. The writer's is short:
// no context ends it, so Store.begin repeats it. What migrates is alone and waits itself.
const (
	writerDSN   = "_journal=WAL&_sync=FULL&_fk=1&_txlock=immediate&_secure_delete=1&_busy_timeout=25&_stmt_cache_size=64"
	migratorDSN = "_journal=WAL&_sync=FULL&_fk=1&_txlock=immediate&_secure_delete=1&_busy_timeout=5000"
	readerDSN   = "_journal=WAL&_query_only=1&_fk=1&_busy_timeout=5000&_stmt_cache_size=64"
)

// The driver ignores a parameter it does not know without a word, and its own defaults lose
// answered writes. So what counts is what the database says of itself.
var (
	writerPragmas = map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "secure_delete": "1", "busy_timeout": "25"}
	readerPragmas = map[string]string{"journal_mode": "wal", "query_only": "1", "foreign_keys": "1"}
)

// oldestSQLite is the first version in which two connections cannot corrupt a WAL
// (sqlite.org/wal.html, "The WAL-reset bug").
var oldestSQLite = [3]int{3, 51, 3}

func sqliteDSN(path, params string) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + params
}

func openSQLite(ctx context.Context, path string, o Options) (*Store, error) {
	for _, needed := range []string{filepath.Dir(path), path} {
		if err := disk.CheckWritable(needed); err != nil && (needed != path || !errors.Is(err, fs.ErrNotExist)) {
			return nil, err
		}
	}
	if err := disk.KeepPrivate(path, o.Logger); err != nil {
		return nil, err
	}
	write, err := openFirst(ctx, path, o)
	if err != nil {
		return nil, err
	}
	if err := prepareSQLite(ctx, path, o); err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read, err := checkedPool(ctx, path, readerDSN, o.Readers, readerPragmas)
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	readers := newReaders(entsql.OpenDB(dialect.SQLite, read))
	faults := &faults{tell: o.OnFault}
	w := newWatch(path, o, write, readers, faults)
	reading := traced(readers, o.Trace)
	return &Store{
		Read:    ent.NewClient(ent.Driver(reading)),
		reading: reading,
		writer:  ent.NewClient(ent.Driver(traced(entsql.OpenDB(dialect.SQLite, write), o.Trace))),
		dialect: dialect.SQLite,
		pools:   pools{read: read, write: write},
		watch:   w,
		faults:  faults,
		close:   func() error { return closeSQLite(w, read, write) },
	}, nil
}

// closeSQLite closes the readers first and then empties the WAL. What it cannot fold into the file,
// because another process reads it or the disk is full, stays there for the next start.
func closeSQLite(w *watch, read, write *sql.DB) error {
	w.stop()
	err := read.Close()
	folded := w.truncate(context.Background(), truncatePatience)
	if errors.Is(folded, ErrBusy) || errors.Is(folded, ErrFull) {
		folded = nil
	}
	return errors.Join(err, folded, write.Close())
}

// checkedPool opens a pool whose settings are what they should be.
func checkedPool(ctx context.Context, path, params string, size int, want map[string]string) (*sql.DB, error) {
	pool, err := sqlitePool(ctx, sqliteDSN(path, params), size)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	if err := checkSQLite(ctx, pool, want); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return pool, nil
}

func sqlitePool(ctx context.Context, dsn string, size int) (*sql.DB, error) {
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
// turns the WAL on or takes leave of it, whatever the busy timeout says; that lasts a moment.
func awaitPool(ctx context.Context, pool *sql.DB) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for late := time.Now().Add(longestBusy); ; {
		err := failure.Classify("", pool.PingContext(ctx))
		if !errors.Is(err, ErrBusy) || time.Now().After(late) {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// traced tells trace of each statement, if there is one.
func traced(driver dialect.Driver, trace func(context.Context, any)) dialect.Driver {
	if trace == nil {
		return driver
	}
	return dialect.DebugWithContext(driver, func(ctx context.Context, v ...any) { trace(ctx, fmt.Sprint(v...)) })
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

// prepareSQLite brings the schema and what older releases have left up to date, on a connection of its own.
func prepareSQLite(ctx context.Context, path string, o Options) (err error) {
	pool, err := sqlitePool(ctx, sqliteDSN(path, migratorDSN), 1)
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	lock := func() (func(), error) { return lockSQLite(ctx, path, o) }
	if err := migrations.ApplySQLite(ctx, pool, lock, o.Logger); err != nil {
		return err
	}
	return migrations.ReplaceNilID(ctx, pool, migrations.SQLite, o.Logger)
}

// lockSQLite keeps other processes from migrating the same file. It is SQLite's own lock, on an
// empty file beside the database, so it ends with the process and works on every system.
func lockSQLite(ctx context.Context, path string, o Options) (unlock func(), err error) {
	defer waiting.Warn(o.Logger, "another process that migrates "+path)()
	if err := disk.CreatePrivate(path + "-migrate"); err != nil {
		return nil, fmt.Errorf("lock for migration: %w", err)
	}
	pool, err := sql.Open("sqlite3", sqliteDSN(path+"-migrate", "_txlock=exclusive&_busy_timeout=60000"))
	if err != nil {
		return nil, fmt.Errorf("lock for migration: %w", err)
	}
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		_ = pool.Close()
		return nil, failure.Classify("lock for migration", err)
	}
	return func() { _, _ = tx.Rollback(), pool.Close() }, nil
}
