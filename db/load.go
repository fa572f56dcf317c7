package db

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"parley/db/disk"
	"parley/db/failure"
	"parley/db/migrations"
	"parley/db/postgres"
	"parley/db/sqlite"
	"parley/db/tables"
)

// ErrNotEmpty says that a database that is to be filled holds rows.
var ErrNotEmpty = errors.New("the database is not empty")

// A Load fills an empty database.
type Load struct {
	// Tables are all that are filled, each behind those that it points to.
	Tables []*tables.Table

	// Fill gives write the rows, in the order of Tables, from one goroutine, and returns the version of the schema that
	// they were of: what migrations have done with rows since is done with these.
	Fill func(write func(context.Context, *tables.Batch) error) (schema int64, err error)

	// Check looks at all rows once they are there.
	Check func(First, Each) error
}

// Run fills the database, with all rows or with none. It is opened, checked and migrated as at a start; a file of SQLite
// that is not there appears when it is whole and on disk.
// ErrNotEmpty, or an error of Fill or Check: nothing was stored. ErrUnknownOutcome: all may have been.
func (l Load) Run(ctx context.Context, o Options) error {
	if !postgres.IsURL(o.URL) {
		path, err := o.sqliteFile()
		if err != nil {
			return err
		}
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			return l.newFile(ctx, o.WithDefaults(), path)
		}
	}
	if err := l.refuse(ctx, o); err != nil {
		return err
	}
	store, err := Open(ctx, o)
	if err != nil {
		return err
	}
	return l.into(ctx, store)
}

// newFile fills a file beside the name and gives it the name at the end, so that nobody has the file open
// when it has to be removed again.
func (l Load) newFile(ctx context.Context, o Options, path string) error {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-")
	if err != nil {
		return err
	}
	temp := file.Name()
	defer func() {
		for _, suffix := range []string{"", "-wal", "-shm", "-migrate"} {
			_ = os.Remove(temp + suffix) // what is wanted has another name
		}
	}()
	if err := file.Close(); err != nil {
		return err
	}
	store, err := openSQLite(ctx, temp, o)
	if err != nil {
		return err
	}
	if err := l.into(ctx, store); err != nil {
		return err
	}
	if _, err := os.Stat(temp + "-wal"); err == nil {
		return errors.New("the WAL could not be folded into the database")
	}
	err = disk.Publish(temp, path)
	if errors.Is(err, fs.ErrExist) {
		err = fmt.Errorf("%w: another made it meanwhile", ErrNotEmpty)
	}
	return err
}

// refuse looks into a database before it is migrated, because nothing may change in one that is not empty. What else
// is wrong with it is said when it is opened.
func (l Load) refuse(ctx context.Context, o Options) error {
	from, err := openSource(ctx, o)
	if err != nil {
		return nil //nolint:nilerr // as above
	}
	defer from.end()
	first := l.Tables[0].Name // all others point to it
	if some, err := hasRows(ctx, from.conn, first); err == nil && some {
		return fmt.Errorf("%w: %s has rows", ErrNotEmpty, first)
	}
	return nil
}

func hasRows(ctx context.Context, in querier, table string) (bool, error) {
	some, err := firstOf(ctx, in)("SELECT 'some' FROM " + table + " LIMIT 1")
	return some != "", err
}

// A loader writes rows in a transaction.
type loader interface {
	Write(ctx context.Context, b *tables.Batch) error
	End(ctx context.Context) error // behind the last row
}

// into fills a store and closes it.
func (l Load) into(ctx context.Context, store *Store) (err error) {
	defer func() { err = cmp.Or(err, store.Close()) }()
	if store.sqlite != nil {
		if err := store.sqlite.MayWrite(); err != nil {
			return err
		}
	}
	conn, end, err := store.loadConn(ctx)
	if err != nil {
		return err
	}
	defer end()
	tx, err := beginLoad(ctx, conn)
	if err != nil {
		return failure.Classify("begin", err)
	}
	if err := l.fill(ctx, store, conn, tx); err != nil {
		_ = tx.Rollback() // the error says more
		return failure.EndedBy(ctx, failure.Classify("", err))
	}
	return store.commit(tx)
}

// loadConn is a connection that writes.
func (s *Store) loadConn(ctx context.Context) (_ *sql.Conn, end func(), err error) {
	if s.postgres != nil {
		return s.postgres.LoadConn(ctx)
	}
	conn, err := s.sqlite.LoadConn(ctx)
	if err != nil {
		return nil, nil, err
	}
	return conn, func() { _ = conn.Close() }, nil // the pool is closed next
}

// beginLoad waits as long as another load lasts. The transaction is not bound to ctx, because a commit that
// is on its way must not be given up.
func beginLoad(ctx context.Context, conn *sql.Conn) (*sql.Tx, error) {
	for {
		tx, err := conn.BeginTx(context.WithoutCancel(ctx), nil)
		if ctx.Err() == nil && errors.Is(failure.Classify("", err), ErrBusy) {
			continue // it has waited for the busy timeout
		}
		return tx, err
	}
}

func (l Load) fill(ctx context.Context, store *Store, conn *sql.Conn, tx *sql.Tx) (err error) {
	var to loader = sqlite.NewLoader(tx, l.Tables)
	folder := migrations.SQLite
	if store.postgres != nil {
		folder = migrations.Postgres
		if to, err = postgres.NewLoader(ctx, conn, tx, l.Tables); err != nil {
			return err
		}
	}
	for _, t := range l.Tables {
		some, err := hasRows(ctx, tx, t.Name)
		if err != nil {
			return err
		}
		if some {
			return fmt.Errorf("%w: %s has rows", ErrNotEmpty, t.Name)
		}
	}
	schema, err := l.Fill(to.Write)
	if err != nil {
		return err
	}
	if err := to.End(ctx); err != nil {
		return err
	}
	if err := migrations.MoveRows(ctx, tx, folder, schema); err != nil {
		return err
	}
	return l.Check(firstOf(ctx, tx), eachOf(ctx, tx))
}
