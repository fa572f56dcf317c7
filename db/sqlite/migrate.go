package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"

	"parley/db/disk"
	"parley/db/failure"
	"parley/db/migrations"
	"parley/db/waiting"
)

// migrate brings the schema and what older releases have left up to date, on a connection of its own.
func migrate(ctx context.Context, path string, logger *slog.Logger) (err error) {
	pool, err := openPool(ctx, dsn(path, migratorDSN), 1)
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	lock := func() (func(), error) { return lockMigration(ctx, path, logger) }
	if err := migrations.ApplySQLite(ctx, pool, lock, logger); err != nil {
		return err
	}
	return migrations.ReplaceNilID(ctx, pool, migrations.SQLite, logger)
}

// lockMigration keeps other processes from migrating the same file. It is SQLite's own lock, on an
// empty file beside the database, so it ends with the process and works on every system.
func lockMigration(ctx context.Context, path string, logger *slog.Logger) (unlock func(), err error) {
	defer waiting.Warn(logger, "another process that migrates "+path)()
	if err := disk.CreatePrivate(path + "-migrate"); err != nil {
		return nil, fmt.Errorf("lock for migration: %w", err)
	}
	pool, err := sql.Open("sqlite3", dsn(path+"-migrate", "_txlock=exclusive&_busy_timeout=60000"))
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
