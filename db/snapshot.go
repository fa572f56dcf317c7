package db

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"os"

	"parley/db/failure"
	"parley/db/migrations"
	"parley/db/postgres"
	"parley/db/sqlite"
	"parley/db/tables"
)

// First returns what stands in the first column of the first row that a statement selects, as text; "": there is no row.
type First func(query string) (string, error)

// Each gives row the rows that a statement selects, one after the other, their columns as texts.
type Each func(query string, row func(columns []string) error) error

// A Snapshot is one state of a database, on a connection of its own that may take its time. It cannot write.
type Snapshot struct {
	source
	tx *sql.Tx
}

// A source is a connection that reads rows.
type source struct {
	conn   *sql.Conn
	end    func()
	folder string         // of its migrations
	view   *sql.TxOptions // of a transaction that reads one state
	rows   func(ctx context.Context, conn *sql.Conn, t *tables.Table, each func(tables.Row) error) error
}

// OpenSnapshot opens what the database holds at one moment, while others read and write it. Close it.
// ErrNewer, ErrOlder: the schema is not that of this binary.
func OpenSnapshot(ctx context.Context, o Options) (*Snapshot, error) {
	from, err := openSource(ctx, o)
	if err != nil {
		return nil, err
	}
	tx, err := from.conn.BeginTx(ctx, from.view)
	if err != nil {
		from.end()
		return nil, failure.Classify("begin", err)
	}
	s := &Snapshot{*from, tx}
	if err := migrations.Check(ctx, tx, from.folder); err != nil { // the first read: it decides which state is read
		s.Close()
		return nil, err
	}
	return s, nil
}

func openSource(ctx context.Context, o Options) (*source, error) {
	if postgres.IsURL(o.URL) {
		conn, end, err := postgres.ReadOnly(ctx, o.URL)
		if err != nil {
			return nil, err
		}
		return &source{conn, end, migrations.Postgres, postgres.View, postgres.Rows}, nil
	}
	path, err := o.sqliteFile()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	conn, end, err := sqlite.ReadOnly(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return &source{conn, end, migrations.SQLite, nil, sqlite.Rows}, nil
}

// Rows gives each the rows of a table, in the order of its key. Their cells are good until each returns.
func (s *Snapshot) Rows(ctx context.Context, t *tables.Table, each func(tables.Row) error) error {
	return failure.Classify("", s.rows(ctx, s.conn, t, each))
}

// First is the First of this state.
func (s *Snapshot) First(ctx context.Context) First { return firstOf(ctx, s.tx) }

// Close ends the snapshot.
func (s *Snapshot) Close() {
	_ = s.tx.Rollback() // nothing was written
	s.end()
}

// querier is a connection or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func firstOf(ctx context.Context, in querier) First {
	return func(query string) (first string, err error) {
		rows, err := in.QueryContext(ctx, query)
		if err != nil {
			return "", failure.Classify("", err)
		}
		if rows.Next() {
			err = rows.Scan(&first)
		}
		return first, failure.Classify("", cmp.Or(err, rows.Close(), rows.Err()))
	}
}

func eachOf(ctx context.Context, in querier) Each {
	return func(query string, row func([]string) error) error {
		rows, err := in.QueryContext(ctx, query)
		if err != nil {
			return failure.Classify("", err)
		}
		defer func() { _ = rows.Close() }() // Err says what there is to say
		names, err := rows.Columns()
		if err != nil {
			return failure.Classify("", err)
		}
		columns, into := make([]string, len(names)), make([]any, len(names))
		for i := range columns {
			into[i] = &columns[i]
		}
		for rows.Next() {
			if err := rows.Scan(into...); err != nil {
				return failure.Classify("", err)
			}
			if err := row(columns); err != nil {
				return err
			}
		}
		return failure.Classify("", rows.Err())
	}
}

// SchemaVersion is the version of the schema that this binary knows, whichever the database.
func SchemaVersion() (int64, error) { return migrations.Newest(migrations.SQLite) }
