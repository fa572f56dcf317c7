// Package db opens the database and is the only place that begins transactions or knows a
// dialect. Reads go to a pool, writes to one transaction at a time that takes its lock at once,
// so a reader never waits for a writer and a writer never finds its lock taken half way.
package db

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"parley/db/bulk"
	"parley/db/failure"
	"parley/db/postgres"
	"parley/db/sqlite"
	"parley/ent"
)

// Options says which database to open. The zero value of every field but URL works.
type Options struct {
	URL         string                           // "sqlite:FILE"; a relative FILE lies in Dir. Or "postgres://…"
	Dir         string                           // default ".": where relative files lie
	Readers     int                              // SQLite: connections that read; default the larger of 4 and the cores
	Connections int                              // PARLEY_DATABASE_CONNECTIONS, default 24: to Postgres, a third of them to write
	DiskMinFree int64                            // PARLEY_DISK_MIN_FREE, bytes, default 256 MiB: with less, writes get ErrFull
	WALMax      int64                            // PARLEY_SQLITE_WAL_MAX, bytes, default 256 MiB: beyond it the oldest read gets ErrBusy
	LookEvery   time.Duration                    // default 5 s: how often both are looked at
	Logger      *slog.Logger                     // told of a full disk and a large WAL; default: nobody is
	Trace       func(ctx context.Context, s any) // told of each statement before it runs; for tests that count them

	// OnFault is told once that a write met a disk or a file that cannot be trusted any more; what that write
	// stored is unknown. It should end the process and not return: until then no write answers, and when it
	// does, that one and all later ones answer ErrDown. Default: nobody is told.
	OnFault func(error)
}

func (o Options) withDefaults() Options {
	o.Readers = cmp.Or(o.Readers, max(4, runtime.GOMAXPROCS(0)))
	o.Connections = cmp.Or(o.Connections, 24)
	o.DiskMinFree = cmp.Or(o.DiskMinFree, 256<<20)
	o.WALMax = cmp.Or(o.WALMax, 256<<20)
	o.LookEvery = cmp.Or(o.LookEvery, 5*time.Second)
	o.Logger = cmp.Or(o.Logger, slog.New(slog.DiscardHandler))
	if o.OnFault == nil {
		o.OnFault = func(error) {}
	}
	return o
}

// Store is an open database. It is safe for concurrent use.
type Store struct {
	Read     *ent.Client // each query on its own connection of the reading pool, 5 s at most; cannot write
	reading  dialect.Driver
	writer   *ent.Client
	readers  *readers
	dialect  string
	pools    pools
	sqlite   *sqlite.Database   // nil on Postgres
	postgres *postgres.Database // nil on SQLite
}

// pools are the connections behind a Store.
type pools struct{ read, write *sql.DB }

// Open opens the database, brings its schema up to date and reads its settings back.
// ErrNewer: it was written by a later version of Parley and has not been touched.
func Open(ctx context.Context, o Options) (*Store, error) {
	if postgres.IsURL(o.URL) {
		return openPostgres(ctx, o.withDefaults())
	}
	path, err := o.sqliteFile()
	if err != nil {
		return nil, err
	}
	return openSQLite(ctx, path, o.withDefaults())
}

// Shared says whether nodes on several machines may use the database.
func (s *Store) Shared() bool { return s.postgres != nil }

func openSQLite(ctx context.Context, path string, o Options) (*Store, error) {
	d, err := sqlite.Open(ctx, path, sqlite.Options{
		Readers: o.Readers, DiskMinFree: o.DiskMinFree, WALMax: o.WALMax, LookEvery: o.LookEvery, Logger: o.Logger, OnFault: o.OnFault,
	})
	if err != nil {
		return nil, err
	}
	s := newStore(dialect.SQLite, pools{d.Read, d.Write}, o.Trace)
	s.sqlite = d
	d.Monitor(s.readers.endOldest)
	return s, nil
}

func openPostgres(ctx context.Context, o Options) (*Store, error) {
	d, err := postgres.Open(ctx, postgres.Options{URL: o.URL, Connections: o.Connections, Logger: o.Logger})
	if err != nil {
		return nil, err
	}
	s := newStore(dialect.Postgres, pools{d.Read, d.Write}, o.Trace)
	s.postgres = d
	s.readers.view, s.readers.dropIdle = postgres.View, d.DropIdle
	return s, nil
}

// newStore makes a Store of two pools.
func newStore(in string, pools pools, trace func(context.Context, any)) *Store {
	readers := newReaders(entsql.OpenDB(in, pools.read))
	reading := traced(readers, trace)
	return &Store{
		Read:    ent.NewClient(ent.Driver(reading)),
		reading: reading,
		writer:  ent.NewClient(ent.Driver(traced(entsql.OpenDB(in, pools.write), trace))),
		readers: readers,
		dialect: in,
		pools:   pools,
	}
}

// traced tells trace of each statement, if there is one.
func traced(driver dialect.Driver, trace func(context.Context, any)) dialect.Driver {
	if trace == nil {
		return driver
	}
	return dialect.DebugWithContext(driver, func(ctx context.Context, v ...any) { trace(ctx, fmt.Sprint(v...)) })
}

// sqliteFile is the path of the database.
func (o Options) sqliteFile() (string, error) {
	file, ok := strings.CutPrefix(o.URL, "sqlite:")
	switch {
	case !ok || file == "":
		return "", errors.New("database URL: want sqlite:FILE or postgres://…")
	case filepath.IsAbs(file):
		return file, nil
	}
	return filepath.Join(o.Dir, file), nil
}

// Write runs fn in one writing transaction and commits it when fn answers nil. fn may run again
// after a conflict with another node, so it changes nothing but rows; it uses tx and no other
// client. ErrBusy, ErrFull, ErrDown: nothing was stored. ErrUnknownOutcome: it may have been.
func (s *Store) Write(ctx context.Context, fn func(*ent.Tx) error) error {
	if s.sqlite != nil {
		if err := s.sqlite.MayWrite(); err != nil {
			return err
		}
	}
	return s.WriteUrgent(ctx, fn)
}

// WriteUrgent is Write for what must not wait until there is space, such as the end of a session: the
// space that is kept free is there for it.
func (s *Store) WriteUrgent(ctx context.Context, fn func(*ent.Tx) error) error {
	const tries = 3
	for try := 1; ; try++ {
		err := s.writeOnce(ctx, fn)
		switch conflict := errors.Is(err, failure.ErrConflict); {
		case conflict && try == tries && !failure.IsUnique(err):
			return fmt.Errorf("%w: %w", ErrBusy, err)
		case err == nil || try == tries:
			return err
		case conflict:
		case failure.IsStale(err) && s.postgres != nil:
			s.postgres.DropIdle() // what else the pool holds is as dead as this
		default:
			return err
		}
	}
}

// longestEnd bounds a commit, which nobody's patience bounds: once it is on its way, giving up would
// leave open whether the rows are there.
const longestEnd = 10 * time.Second

// writeOnce is one try. Until the commit the transaction is bound to ctx, and what ctx ends is rolled back.
func (s *Store) writeOnce(ctx context.Context, fn func(*ent.Tx) error) error {
	if err := s.fault(nil); err != nil {
		return err
	}
	owner, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	bound := context.AfterFunc(ctx, cancel)
	tx, err := s.begin(owner)
	if err != nil {
		if fault := s.fault(err); fault != nil {
			return fmt.Errorf("begin: %w", fault)
		}
		return failure.Classify("begin", failure.EndedBy(ctx, err))
	}
	done := false
	defer func() {
		if !done {
			_ = tx.Rollback() // the error of fn, or its panic, says more
		}
	}()
	if err := fn(tx); err != nil {
		if fault := s.fault(err); fault != nil { // before the connection is free for others
			return fault
		}
		return failure.Classify("", failure.EndedBy(ctx, err))
	}
	if !bound() {
		return context.Cause(ctx)
	}
	done = true
	defer time.AfterFunc(longestEnd, cancel).Stop()
	return s.commit(tx)
}

// begin begins a transaction.
func (s *Store) begin(ctx context.Context) (*ent.Tx, error) {
	for begun := time.Now(); ; {
		tx, err := s.writer.Tx(ctx)
		if err == nil || s.sqlite == nil || !s.sqlite.BeginAgain(begun, err) {
			return tx, err
		}
	}
}

// fault is sqlite.Database.Fault. It is nil on Postgres, which ends by itself when its disk fails.
func (s *Store) fault(err error) error {
	if s.sqlite == nil {
		return nil
	}
	return s.sqlite.Fault(err)
}

func (s *Store) commit(tx sqlite.Transaction) error {
	if s.sqlite != nil {
		return s.sqlite.Commit(tx)
	}
	err := tx.Commit()
	if err == nil {
		return nil
	}
	if class := failure.PostgresCommit(err); class != nil {
		err = fmt.Errorf("%w: %w", class, err)
	}
	return fmt.Errorf("commit: %w", err)
}

// View runs fn on one state of the database: all its reads see the same commits.
// After 5 s, or earlier when SQLite's WAL has grown too large, they get ErrBusy.
func (s *Store) View(ctx context.Context, fn func(*ent.Client) error) error {
	tx, err := s.Read.Tx(ctx)
	if err != nil {
		return failure.Classify("begin", err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	return failure.Classify("", fn(tx.Client()))
}

// SQL writes statements in the dialect of the database, for the few places where Ent's own builders
// cost more than the database does. They run in a transaction, by its ExecContext and QueryContext.
func (s *Store) SQL() *entsql.DialectBuilder { return entsql.Dialect(s.dialect) }

// BulkStmt is a statement over any number of rows, whose text is written once.
type BulkStmt = bulk.Stmt

// BulkInsert returns a statement that writes rows; their arguments are in the order of the columns.
func (s *Store) BulkInsert(table string, columns ...string) *BulkStmt {
	return bulk.Insert(s.dialect, table, columns...)
}

// BulkFind returns a statement that selects those of some values that a column has.
func (s *Store) BulkFind(table, column string) *BulkStmt { return bulk.Find(s.dialect, table, column) }

// Query reads with a statement of SQL's, on one state of the database. Close the rows. For the few places
// where Ent's builders take more than one.
func (s *Store) Query(ctx context.Context, text string, args ...any) (*entsql.Rows, error) {
	rows := &entsql.Rows{}
	if err := s.reading.Query(ctx, text, args, rows); err != nil {
		return nil, err
	}
	return rows, nil
}

// Ping answers nil when the database can be read.
func (s *Store) Ping(ctx context.Context) error {
	_, err := s.Read.User.Query().Limit(1).IDs(ctx)
	return failure.Classify("ping", err)
}

// Notify hands a payload of at most 7,999 bytes to all nodes that listen, this one too. Only with Postgres.
func (s *Store) Notify(ctx context.Context, payload string) error {
	return s.postgres.Notify(ctx, payload)
}

// Listen hands on what nodes notify, over a connection of its own, until that or ctx ends. ready is called
// when it hears. Only with Postgres; not through a pooler that takes the connection away after a transaction.
func (s *Store) Listen(ctx context.Context, ready func(), got func(payload string)) error {
	return s.postgres.Listen(ctx, ready, got)
}

// Close ends both pools, on SQLite with an empty WAL. Nothing may use the store any more.
func (s *Store) Close() (err error) {
	if s.sqlite != nil {
		err = s.sqlite.Close()
	} else {
		err = s.postgres.Close()
	}
	if err != nil {
		return fmt.Errorf("close database: %w", err)
	}
	return nil
}
