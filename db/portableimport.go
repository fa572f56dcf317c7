package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"parley/db/disk"
	"parley/db/failure"
	"parley/db/tables"
)

// Import fills an empty database with an export, all of it or nothing. The database is opened, checked and
// migrated as at a start; a file of SQLite that is not there appears when it is whole and on disk. It takes the
// same memory for any number of rows, and r may still be in a call when a withdrawn Import answers.
// check says of each row, in their order and from one goroutine, what is wrong with what stands in it; nil: nothing is asked.
// ErrNotEmpty, ErrDamaged, ErrNewer, ErrOlder, or what else is wrong with a line: nothing was stored.
// ErrUnknownOutcome: all may have been.
func Import(ctx context.Context, o Options, r io.Reader, check func(tables.Row) error) (Held, error) {
	from := incoming{r, check}
	o = o.withDefaults()
	if isPostgres(o.URL) {
		if err := refusePostgres(ctx, o.URL); err != nil {
			return Held{}, err
		}
		store, err := openPostgres(ctx, o)
		if err != nil {
			return Held{}, err
		}
		return importInto(ctx, store, from)
	}
	path, err := o.sqliteFile()
	if err != nil {
		return Held{}, err
	}
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return importNew(ctx, o, path, from)
	}
	if err := refuseSQLite(ctx, path); err != nil {
		return Held{}, err
	}
	store, err := openSQLite(ctx, path, o)
	if err != nil {
		return Held{}, err
	}
	return importInto(ctx, store, from)
}

// incoming is an export and the check of its rows.
type incoming struct {
	io.Reader
	check func(tables.Row) error
}

// importNew fills a file beside the name and gives it the name at the end, so that nobody has the file open
// when it has to be removed again.
func importNew(ctx context.Context, o Options, path string, from incoming) (Held, error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-")
	if err != nil {
		return Held{}, err
	}
	temp := file.Name()
	defer func() {
		for _, suffix := range []string{"", "-wal", "-shm", "-migrate"} {
			_ = os.Remove(temp + suffix) // what is wanted has another name
		}
	}()
	if err := file.Close(); err != nil {
		return Held{}, err
	}
	store, err := openSQLite(ctx, temp, o)
	if err != nil {
		return Held{}, err
	}
	held, err := importInto(ctx, store, from)
	if err != nil {
		return Held{}, err
	}
	if _, err := os.Stat(temp + "-wal"); err == nil {
		return Held{}, errors.New("the WAL could not be folded into the database")
	}
	err = disk.Publish(temp, path)
	if errors.Is(err, fs.ErrExist) {
		err = fmt.Errorf("%w: another made it meanwhile", ErrNotEmpty)
	}
	return held, err
}

// refuseSQLite and refusePostgres look into a database before it is migrated, because nothing may change in
// one that is not empty. What else is wrong with it is said when it is opened.
func refuseSQLite(ctx context.Context, path string) error {
	conn, end, err := singleConn(ctx, sqliteDSN(path, "mode=ro&_query_only=1&_busy_timeout=5000"))
	if err != nil {
		return nil //nolint:nilerr // as above
	}
	defer end()
	return refuseUsers(ctx, conn)
}

func refusePostgres(ctx context.Context, url string) error {
	config, err := postgresConfig(url)
	if err != nil {
		return err
	}
	conn, end, err := postgresConn(ctx, config, postgresReading)
	if err != nil {
		return nil //nolint:nilerr // as above
	}
	defer end()
	return refuseUsers(ctx, conn)
}

func refuseUsers(ctx context.Context, conn *sql.Conn) error {
	var some bool
	if err := conn.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM users)").Scan(&some); err == nil && some {
		return fmt.Errorf("%w: users has rows", ErrNotEmpty)
	}
	return nil
}

// A portableSink writes rows in a transaction.
type portableSink interface {
	write(ctx context.Context, b *tables.Batch) error
	end(ctx context.Context) error // before the last look at what is there
}

// importInto fills a store and closes it.
func importInto(ctx context.Context, store *Store, from incoming) (held Held, err error) {
	defer func() { err = firstError(err, store.Close()) }()
	if store.watch != nil {
		if err := store.watch.mayWrite(); err != nil {
			return held, err
		}
	}
	conn, end, err := store.importConn(ctx)
	if err != nil {
		return held, err
	}
	defer end()
	tx, err := beginImport(ctx, conn)
	if err != nil {
		return held, failure.Classify("begin", err)
	}
	held, err = store.fill(ctx, conn, tx, from)
	if err != nil {
		_ = tx.Rollback() // the error says more
		return Held{}, failure.EndedBy(ctx, failure.Classify("", err))
	}
	return held, store.commit(tx)
}

// importConn is a connection that writes. A large cache keeps SQLite from writing pages of its indexes twice.
func (s *Store) importConn(ctx context.Context) (_ *sql.Conn, end func(), err error) {
	if s.postgres != nil {
		return postgresConn(ctx, s.postgres, nil)
	}
	conn, err := s.pools.write.Conn(ctx)
	if err != nil {
		return nil, nil, err
	}
	end = func() { _ = conn.Close() } // the pool is closed next
	if _, err := conn.ExecContext(ctx, "PRAGMA cache_size = -65536"); err != nil {
		end()
		return nil, nil, failure.Classify("set cache", err)
	}
	return conn, end, nil
}

// beginImport waits as long as another import lasts. The transaction is not bound to ctx, because a commit that
// is on its way must not be given up.
func beginImport(ctx context.Context, conn *sql.Conn) (*sql.Tx, error) {
	for {
		tx, err := conn.BeginTx(context.WithoutCancel(ctx), nil)
		if ctx.Err() == nil && errors.Is(failure.Classify("", err), ErrBusy) {
			continue // it has waited for the busy timeout
		}
		return tx, err
	}
}

func (s *Store) fill(ctx context.Context, conn *sql.Conn, tx *sql.Tx, from incoming) (held Held, err error) {
	var sink portableSink = newSQLiteSink(tx)
	if s.postgres != nil {
		if sink, err = newPostgresSink(ctx, conn, tx); err != nil {
			return held, err
		}
	}
	for _, t := range portables {
		var some bool
		if err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM "+t.Name+")").Scan(&some); err != nil {
			return held, err
		}
		if some {
			return held, fmt.Errorf("%w: %s has rows", ErrNotEmpty, t.Name)
		}
	}
	if held, err = pour(ctx, from, sink); err != nil {
		return held, err
	}
	if err := sink.end(ctx); err != nil {
		return held, err
	}
	if err := checkLogs(ctx, tx); err != nil {
		return held, fmt.Errorf("the export is not sound: %w", err)
	}
	return held, nil
}
