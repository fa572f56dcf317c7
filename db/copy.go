package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"

	"parley/db/postgres"
	"parley/db/sqlite"
)

// Copy fills an empty file with one state of a database of SQLite, while others read and write that, and checks what it has
// written: that it is whole, that what points to a row finds it, and what check finds. The database is only read. The file
// is on disk then; after an error it is of no use.
// fs.ErrNotExist: there is no database. ErrNewer, ErrOlder: the schema is not that of this binary, so what the copy holds
// could not be checked.
func Copy(ctx context.Context, o Options, to *os.File, check func(First) error) error {
	path, err := Copyable(o)
	if err != nil {
		return err
	}
	if err := sqlite.Copy(ctx, path, to.Name()); err != nil {
		return fmt.Errorf("copy %s: %w", path, err)
	}
	if err := to.Sync(); err != nil {
		return err
	}
	if err := sqlite.CheckCopy(ctx, to.Name(), func(conn *sql.Conn) error { return check(firstOf(ctx, conn)) }); err != nil {
		return fmt.Errorf("the copy of %s is not sound: %w", path, err)
	}
	return nil
}

// Copyable returns the file that Copy reads, or why there is none to be copied, for callers that have made nothing yet.
func Copyable(o Options) (path string, err error) {
	if postgres.IsURL(o.URL) {
		return "", errors.New("only SQLite is copied by Parley: use pg_dump for Postgres")
	}
	if path, err = o.sqliteFile(); err != nil {
		return "", err
	}
	_, err = os.Stat(path)
	return path, err
}
