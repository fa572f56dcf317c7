package db

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"

	"parley/db/disk"
	"parley/db/failure"
	"parley/db/waiting"
	"parley/ent/migrate"
)

//go:embed migrations/sqlite/*.sql migrations/postgres/*.sql
var migrations embed.FS

// prepareSQLite brings the schema and what older releases have left up to date, on a connection of its own.
func prepareSQLite(ctx context.Context, path string, o Options) (err error) {
	pool, err := sqlitePool(ctx, sqliteDSN(path, migratorDSN), 1)
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	if err := migrateSQLite(ctx, pool, path, o); err != nil {
		return err
	}
	return healNilID(ctx, pool, "sqlite", o)
}

// migrateSQLite applies what is missing. One process does it and the others wait: goose itself
// locks nothing, and a migration that rebuilds a table cannot run in a transaction.
func migrateSQLite(ctx context.Context, pool *sql.DB, path string, o Options) error {
	p, err := migrator(goose.DialectSQLite3, "sqlite", pool)
	if err != nil {
		return err
	}
	if pending, err := pending(ctx, p); err != nil || !pending {
		return err
	}
	unlock, err := lockSQLite(ctx, path, o)
	if err != nil {
		return err
	}
	defer unlock()
	return migrateUp(ctx, p, o)
}

// migratePostgres applies what is missing. Nodes that start together do it one after the other, so all
// but the first find nothing to do; each waits a minute at most. A schema that is not Parley's is left alone.
func migratePostgres(ctx context.Context, pool *sql.DB, o Options) error {
	p, err := migrator(goose.DialectPostgres, "postgres", pool, goose.WithSessionLocker(migrationLock{o}))
	if err != nil {
		return err
	}
	begun, err := isBegun(ctx, pool)
	if err != nil {
		return err
	}
	if begun {
		if pending, err := pending(ctx, p); err != nil || !pending {
			return err
		}
	}
	if err := migrateUp(ctx, p, o); err != nil {
		return err
	}
	_, err = pending(ctx, p) // a newer binary may have been faster
	return err
}

// isBegun says whether a schema has been migrated before. It is asked before goose is, which would make
// a table.
func isBegun(ctx context.Context, pool *sql.DB) (begun bool, err error) {
	names := make([]string, len(migrate.Tables))
	for i, t := range migrate.Tables {
		names[i] = t.Name
	}
	var schema, taken sql.NullString
	var may sql.NullBool
	err = pool.QueryRowContext(ctx, `SELECT to_regclass('goose_db_version') IS NOT NULL, current_schema(), has_schema_privilege(current_schema(), 'CREATE'), (
		SELECT min(relname::text) FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname::text = ANY($1::text[]))`,
		names).Scan(&begun, &schema, &may, &taken)
	switch {
	case err != nil:
		return false, failure.Classify("look at the schema", err)
	case begun:
	case taken.Valid:
		return false, fmt.Errorf("the schema %s has a table %s that is not Parley's: give Parley a database of its own", schema.String, taken.String)
	case !may.Bool:
		return false, fmt.Errorf("this user may create no tables: permission denied for schema %q, the first of search_path that there is", schema.String)
	}
	return begun, nil
}

// migrationLock is an advisory lock on the connection that migrates: it is let go of when the server has
// finished with a node that was killed, not before.
type migrationLock struct{ o Options }

const migrationLockID = 0x7061726c6579 // "parley" in ASCII

func (l migrationLock) SessionLock(ctx context.Context, conn *sql.Conn) error {
	defer waiting.Warn(l.o.Logger, "another node that migrates the database")()
	if _, err := conn.ExecContext(ctx, "SET lock_timeout = '60s'"); err != nil {
		return failure.Classify("lock for migration", err)
	}
	_, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", migrationLockID)
	return failure.Classify("lock for migration", err)
}

func (migrationLock) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "SELECT pg_advisory_unlock($1)", migrationLockID)
	return failure.Classify("unlock after migration", err)
}

func migrator(dialect goose.Dialect, folder string, pool *sql.DB, options ...goose.ProviderOption) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations/"+folder)
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	p, err := goose.NewProvider(dialect, pool, files, append(options, goose.WithDisableGlobalRegistry(true))...)
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
		return false, failure.Classify("read schema version", err)
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

func migrateUp(ctx context.Context, p *goose.Provider, o Options) error {
	defer waiting.Warn(o.Logger, "its migration of the database")()
	if _, err := p.Up(ctx); err != nil {
		return failure.Classify("migrate", err)
	}
	return nil
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
