// Package migrations brings the schema of a database to the version that this binary knows: the files of both kinds, and
// what applies them. One process does it at a time and the others wait. It opens no database.
package migrations

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"

	"parley/db/failure"
	"parley/db/waiting"
	"parley/ent/migrate"
)

//go:embed sqlite/*.sql postgres/*.sql
var files embed.FS

// The folders of the files, one for each kind of database.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// ApplySQLite applies what is missing. lock keeps other processes away until unlock is called: goose itself
// locks nothing, and a migration that rebuilds a table cannot run in a transaction.
func ApplySQLite(ctx context.Context, pool *sql.DB, lock func() (unlock func(), err error), logger *slog.Logger) error {
	p, err := migrator(goose.DialectSQLite3, SQLite, pool)
	if err != nil {
		return err
	}
	if pending, err := pending(ctx, p); err != nil || !pending {
		return err
	}
	unlock, err := lock()
	if err != nil {
		return err
	}
	defer unlock()
	return apply(ctx, p, logger)
}

// ApplyPostgres applies what is missing. Nodes that start together do it one after the other, so all
// but the first find nothing to do; each waits a minute at most. A schema that is not Parley's is left alone.
func ApplyPostgres(ctx context.Context, pool *sql.DB, logger *slog.Logger) error {
	p, err := migrator(goose.DialectPostgres, Postgres, pool, goose.WithSessionLocker(sessionLock{logger}))
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
	if err := apply(ctx, p, logger); err != nil {
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

// sessionLock is an advisory lock on the connection that migrates: it is let go of when the server has
// finished with a node that was killed, not before.
type sessionLock struct{ logger *slog.Logger }

const lockID = 0x7061726c6579 // "parley" in ASCII

func (l sessionLock) SessionLock(ctx context.Context, conn *sql.Conn) error {
	defer waiting.Warn(l.logger, "another node that migrates the database")()
	if _, err := conn.ExecContext(ctx, "SET lock_timeout = '60s'"); err != nil {
		return failure.Classify("lock for migration", err)
	}
	_, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", lockID)
	return failure.Classify("lock for migration", err)
}

func (sessionLock) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "SELECT pg_advisory_unlock($1)", lockID)
	return failure.Classify("unlock after migration", err)
}

func migrator(dialect goose.Dialect, folder string, pool *sql.DB, options ...goose.ProviderOption) (*goose.Provider, error) {
	applied, err := fs.Sub(files, folder)
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	p, err := goose.NewProvider(dialect, pool, applied, append(options, goose.WithDisableGlobalRegistry(true))...)
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	return p, nil
}

// pending says whether migrations are missing. goose itself accepts a database that has
// more of them than the binary, so that is asked here.
func pending(ctx context.Context, p *goose.Provider) (bool, error) {
	current, target, err := p.GetVersions(ctx)
	if err != nil {
		return false, failure.Classify("read schema version", err)
	}
	if current > target {
		return false, fmt.Errorf("%w: its schema is %d and this binary knows %d; start the newer binary, or restore a backup", failure.ErrNewer, current, target)
	}
	return current < target, nil
}

// Newest is the version of the schema that this binary knows. The two kinds number the same migrations differently.
func Newest(folder string) (version int64, err error) {
	names, err := fs.Glob(files, folder+"/*.sql") // in order of version
	if err != nil {
		return 0, fmt.Errorf("migrations: %w", err)
	}
	return goose.NumericComponent(names[len(names)-1])
}

func apply(ctx context.Context, p *goose.Provider, logger *slog.Logger) error {
	defer waiting.Warn(logger, "its migration of the database")()
	if _, err := p.Up(ctx); err != nil {
		return failure.Classify("migrate", err)
	}
	return nil
}

// Check wants the schema that this binary knows.
func Check(ctx context.Context, tx *sql.Tx, folder string) error {
	var current int64
	if err := tx.QueryRowContext(ctx, "SELECT max(version_id) FROM goose_db_version WHERE is_applied").Scan(&current); err != nil {
		return failure.Classify("read schema version", err)
	}
	target, err := Newest(folder)
	if err != nil {
		return err
	}
	switch {
	case current > target:
		return fmt.Errorf("%w: its schema is %d and this binary knows %d; use the newer binary", failure.ErrNewer, current, target)
	case current < target:
		return fmt.Errorf("%w: its schema is %d and this binary knows %d; use the older binary, or parley migrate first", failure.ErrOlder, current, target)
	}
	return nil
}
