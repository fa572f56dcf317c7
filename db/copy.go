package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/mattn/go-sqlite3"

	"parley/db/failure"
	"parley/db/migrations"
)

// Copy fills an empty file with one state of a database of SQLite, while others read and write that, and checks what it has
// written: that it is whole, that what points to a row finds it, and what check finds. The database is only read. The file
// is on disk then; after an error it is of no use.
// fs.ErrNotExist: there is no database. ErrNewer, ErrOlder: the schema is not that of this binary, so what the copy holds
// could not be checked.
func Copy(ctx context.Context, o Options, to *os.File, check func(First) error) error {
	if isPostgres(o.URL) {
		return errors.New("only SQLite is copied by Parley: use pg_dump for Postgres")
	}
	path, err := o.sqliteFile()
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); err != nil {
		return err
	}
	if err := copySQLite(ctx, path, to.Name()); err != nil {
		return fmt.Errorf("copy %s: %w", path, err)
	}
	if err := to.Sync(); err != nil {
		return err
	}
	if err := checkCopy(ctx, to.Name(), check); err != nil {
		return fmt.Errorf("the copy of %s is not sound: %w", path, err)
	}
	return nil
}

// copySQLite fills an empty file with one state of a database.
func copySQLite(ctx context.Context, from, to string) error {
	// mode=ro: else the last connection that closes would fold the WAL into the file.
	source, end, err := singleConn(ctx, sqliteDSN(from, "mode=ro&_query_only=1&_busy_timeout=5000"))
	if err != nil {
		return err
	}
	defer end()
	read, err := source.BeginTx(ctx, nil)
	if err != nil {
		return failure.Classify("", err)
	}
	defer func() { _ = read.Rollback() }()                                 // nothing was written
	if err := migrations.Check(ctx, read, migrations.SQLite); err != nil { // the first read: it decides which state is copied
		return err
	}
	// Without a journal, because a copy that breaks off is thrown away; it is put on disk as a whole.
	target, end, err := singleConn(ctx, sqliteDSN(to, "_journal=OFF&_sync=OFF"))
	if err != nil {
		return err
	}
	defer end()
	return failure.Classify("", target.Raw(func(t any) error {
		return source.Raw(func(s any) error {
			return copyPages(ctx, s.(*sqlite3.SQLiteConn), t.(*sqlite3.SQLiteConn))
		})
	}))
}

// singleConn opens a database for one connection.
func singleConn(ctx context.Context, dsn string) (_ *sql.Conn, end func(), err error) {
	pool, err := sqlitePool(ctx, dsn, 1)
	if err != nil {
		return nil, nil, err
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, nil, errors.Join(err, pool.Close())
	}
	return conn, func() { _, _ = conn.Close(), pool.Close() }, nil
}

// copyPages copies a database page by page, some at a time so that ctx is heard.
func copyPages(ctx context.Context, from, to *sqlite3.SQLiteConn) (err error) {
	const pages = 4096
	b, err := to.Backup("main", from, "main")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Finish()) }()
	for left := -1; ; {
		done, err := b.Step(pages)
		if done || err != nil {
			return err
		}
		if b.Remaining() == left { // the driver does not say that the file is locked
			return ErrBusy
		}
		if left = b.Remaining(); ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// checkCopy reads a copy through.
func checkCopy(ctx context.Context, file string, check func(First) error) error {
	conn, end, err := singleConn(ctx, sqliteDSN(file, "immutable=1&_query_only=1"))
	if err != nil {
		return err
	}
	defer end()
	first := firstOf(ctx, conn)
	whole, err := first("SELECT group_concat(integrity_check, '; ') FROM (SELECT integrity_check FROM pragma_integrity_check LIMIT 3)")
	if err != nil {
		return err
	}
	if whole != "ok" {
		return errors.New(strings.ReplaceAll(whole, "\n", " "))
	}
	orphan, err := first(`SELECT "table" FROM pragma_foreign_key_check LIMIT 1`)
	if err != nil {
		return err
	}
	if orphan != "" {
		return fmt.Errorf("a row of %s points nowhere", orphan)
	}
	return check(first)
}
