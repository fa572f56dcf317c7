package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/mattn/go-sqlite3"

	"parley/db/failure"
	"parley/db/migrations"
)

// Copy fills an empty file with one state of a database, while others read and write that.
// failure.ErrNewer, failure.ErrOlder: the schema is not that of this binary.
func Copy(ctx context.Context, from, to string) error {
	source, end, err := ReadOnly(ctx, from)
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
	target, end, err := singleConn(ctx, dsn(to, "_journal=OFF&_sync=OFF"))
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
			return failure.ErrBusy
		}
		if left = b.Remaining(); ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// CheckCopy reads a copy through: whether its pages and indexes are whole, whether what points to a row finds it, and what
// check says.
func CheckCopy(ctx context.Context, file string, check func(*sql.Conn) error) error {
	conn, end, err := singleConn(ctx, dsn(file, "immutable=1&_query_only=1"))
	if err != nil {
		return err
	}
	defer end()
	var whole, orphan string
	err = conn.QueryRowContext(ctx, "SELECT group_concat(integrity_check, '; ') FROM (SELECT integrity_check FROM pragma_integrity_check LIMIT 3)").Scan(&whole)
	if err == nil {
		err = conn.QueryRowContext(ctx, `SELECT coalesce(min("table"), '') FROM pragma_foreign_key_check`).Scan(&orphan)
	}
	if err != nil {
		return failure.Classify("", err)
	}
	switch {
	case whole != "ok":
		return errors.New(strings.ReplaceAll(whole, "\n", " "))
	case orphan != "":
		return fmt.Errorf("a row of %s points nowhere", orphan)
	}
	return check(conn)
}
