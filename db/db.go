// Package db opens the database, and nothing but it and the packages below it begins transactions or knows a
// dialect. Reads go to a pool, writes to one transaction at a time that takes its lock at once,
// so a reader never waits for a writer and a writer never finds its lock taken half way.
package db

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"parley/db/bulk"
	"parley/db/failure"
	"parley/db/postgres"
	"parley/db/sqlite"
	"parley/ent"
)

// Store is an open database. It is safe for concurrent use.
type Store struct {
	Read    *ent.Client // each query on its own connection of the reading pool, 5 s at most; cannot write
	reading dialect.Driver
	writer  *ent.Client
	readers *readers
	dialect string
	pools   pools

	// longestEnd bounds a commit, which no context of a caller bounds: once it is on its way, giving up would leave
	// open whether the rows are there.
	longestEnd time.Duration

	sqlite   *sqlite.Database   // nil on Postgres
	postgres *postgres.Database // nil on SQLite
}

// pools are the connections behind a Store.
type pools struct{ read, write *sql.DB }

// Open opens the database, brings its schema up to date and reads its settings back.
// ErrNewer: it was written by a later version of Parley and has not been touched.
func Open(ctx context.Context, o Options) (*Store, error) {
	if postgres.IsURL(o.URL) {
		return openPostgres(ctx, o.WithDefaults())
	}
	path, err := o.sqliteFile()
	if err != nil {
		return nil, err
	}
	return openSQLite(ctx, path, o.WithDefaults())
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
	s := newStore(dialect.SQLite, pools{d.Read, d.Write}, o)
	s.sqlite = d
	d.Monitor(s.readers.endOldest)
	return s, nil
}

func openPostgres(ctx context.Context, o Options) (*Store, error) {
	d, err := postgres.Open(ctx, postgres.Options{URL: o.URL, Connections: o.Connections, Patience: o.Patience, Logger: o.Logger})
	if err != nil {
		return nil, err
	}
	s := newStore(dialect.Postgres, pools{d.Read, d.Write}, o)
	s.postgres = d
	s.readers.view, s.readers.dropIdle = postgres.View, d.DropIdle
	return s, nil
}

// newStore makes a Store of two pools.
func newStore(in string, pools pools, o Options) *Store {
	readers := newReaders(entsql.OpenDB(in, pools.read), o.Patience)
	reading := traced(readers, o.Trace)
	return &Store{
		Read:    ent.NewClient(ent.Driver(reading)),
		reading: reading,
		writer:  ent.NewClient(ent.Driver(traced(entsql.OpenDB(in, pools.write), o.Trace))),
		readers: readers,
		dialect: in,
		pools:   pools,

		longestEnd: 2 * o.Patience,
	}
}

// traced tells trace of each statement, if there is one.
func traced(driver dialect.Driver, trace func(context.Context, any)) dialect.Driver {
	if trace == nil {
		return driver
	}
	return dialect.DebugWithContext(driver, func(ctx context.Context, v ...any) { trace(ctx, fmt.Sprint(v...)) })
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

type (
	// BulkLookup is a statement about any number of rows of arguments.
	BulkLookup = bulk.Lookup
	// BulkColumn is one of theirs.
	BulkColumn = bulk.Column
)

// BulkLookup returns a statement that selects from rows of arguments, a table called asked with these columns.
func (s *Store) BulkLookup(selects string, columns ...BulkColumn) *BulkLookup {
	return bulk.NewLookup(s.dialect, selects, columns...)
}

// Query reads with a statement of SQL's, on one state of the database. Close the rows. For the few places
// where Ent's builders take more than one.
func (s *Store) Query(ctx context.Context, text string, args ...any) (*entsql.Rows, error) {
	rows := &entsql.Rows{}
	if err := s.reading.Query(ctx, text, args, rows); err != nil {
		return nil, err
	}
	return rows, nil
}

// Ping returns nil when the database can be read.
func (s *Store) Ping(ctx context.Context) error {
	_, err := s.Read.User.Query().Limit(1).IDs(ctx)
	return failure.Classify("ping", err)
}

// Notify hands a payload of at most 7,999 bytes to all nodes that listen to a channel, this one too. Only with Postgres.
func (s *Store) Notify(ctx context.Context, channel, payload string) error {
	return s.postgres.Notify(ctx, channel, payload)
}

// Listen hands on what nodes notify, over a connection of its own, until that or ctx ends. ready is called
// when it hears. Only with Postgres; not through a pooler that takes the connection away after a transaction.
func (s *Store) Listen(ctx context.Context, channels []string, ready func(), got func(channel, payload string)) error {
	return s.postgres.Listen(ctx, channels, ready, got)
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
