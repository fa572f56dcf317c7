package db

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/sqlite/*.sql migrations/postgres/*.sql
var migrations embed.FS

// migrateSQLite applies what is missing. One process does it and the others wait: goose itself
// locks nothing, and a migration that rebuilds a table cannot run in a transaction.
func migrateSQLite(ctx context.Context, path string, pool *sql.DB) error {
	p, err := migrator(goose.DialectSQLite3, "sqlite", pool)
	if err != nil {
		return err
	}
	if pending, err := pending(ctx, p); err != nil || !pending {
		return err
	}
	unlock, err := lockSQLite(ctx, path)
	if err != nil {
		return err
	}
	defer unlock()
	return migrateUp(ctx, p)
}

// migrationLock is the advisory lock that nodes take before they look at the schema: "parley" in ASCII.
const migrationLock = 0x7061726c6579

// migratePostgres applies what is missing. Nodes that start together do it one after the other, so all
// but the first find nothing to do; each waits a minute at most.
func migratePostgres(ctx context.Context, pool *sql.DB) (err error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return classify("lock for migration", err)
	}
	defer func() { _ = conn.Close() }() // the pool is closed next, which lets go of the lock
	if _, err := conn.ExecContext(ctx, "SET lock_timeout = '60s'"); err != nil {
		return classify("lock for migration", err)
	}
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", migrationLock); err != nil {
		return classify("lock for migration", err)
	}
	p, err := migrator(goose.DialectPostgres, "postgres", pool)
	if err != nil {
		return err
	}
	if pending, err := pending(ctx, p); err != nil || !pending {
		return err
	}
	return migrateUp(ctx, p)
}

func migrator(dialect goose.Dialect, folder string, pool *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations/"+folder)
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	p, err := goose.NewProvider(dialect, pool, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	return p, nil
}

// pending says whether migrations are missing. goose itself says nothing to a database that has
// more of them than the binary, so that is asked here.
func pending(ctx context.Context, p *goose.Provider) (bool, error) {
	current, target, err := p.GetVersions(ctx)
	if err != nil {
		return false, classify("read schema version", err)
	}
	if current > target {
		return false, fmt.Errorf("%w: its schema is %d and this binary knows %d; start the newer binary, or restore a backup", ErrNewer, current, target)
	}
	return current < target, nil
}

// newestMigration is the version of the schema that this binary knows.
func newestMigration(folder string) (version int64, err error) {
	files, err := fs.Glob(migrations, "migrations/"+folder+"/*.sql") // in order of version
	if err != nil {
		return 0, fmt.Errorf("migrations: %w", err)
	}
	return goose.NumericComponent(files[len(files)-1])
}

func migrateUp(ctx context.Context, p *goose.Provider) error {
	if _, err := p.Up(ctx); err != nil {
		return classify("migrate", err)
	}
	return nil
}

// lockSQLite keeps other processes from migrating the same file. It is SQLite's own lock, on an
// empty file beside the database, so it ends with the process and works on every system.
func lockSQLite(ctx context.Context, path string) (unlock func(), err error) {
	pool, err := sql.Open("sqlite3", sqliteDSN(path+"-migrate", "_txlock=exclusive&_busy_timeout=60000"))
	if err != nil {
		return nil, fmt.Errorf("lock for migration: %w", err)
	}
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		_ = pool.Close()
		return nil, classify("lock for migration", err)
	}
	return func() { _, _ = tx.Rollback(), pool.Close() }, nil
}
