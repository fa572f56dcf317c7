package archive

import (
	"bytes"
	"context"
	"fmt"
	"io"

	authrows "parley/auth/rowcheck"
	"parley/chat/roomlog/logcheck"
	"parley/chat/rowcheck"
	"parley/db"
	"parley/db/tables"
)

// Import fills an empty database with an export, all of it or nothing. The database is opened, checked and
// migrated as at a start; a file of SQLite that is not there appears when it is whole and on disk. It takes the
// same memory for any number of rows, and r may still be in a call when a withdrawn Import returns.
// What releases since 0.1.0 have written is taken.
// db.ErrNotEmpty, ErrDamaged, db.ErrNewer, db.ErrOlder, or what else is wrong with a line: nothing was stored.
// db.ErrUnknownOutcome: all may have been.
func Import(ctx context.Context, o db.Options, r io.Reader) (Summary, error) {
	return importRows(ctx, o, r, contentCheck())
}

// importRows is Import; check says of each row what is wrong with what stands in it.
func importRows(ctx context.Context, o db.Options, r io.Reader, check func(tables.Row) error) (s Summary, err error) {
	err = db.Load{
		Tables: allTables,
		Fill: func(write func(context.Context, *tables.Batch) error) (schema int64, err error) {
			s, schema, err = load(ctx, r, check, write)
			return schema, err
		},
		Check: func(first db.First, each db.Each) error {
			err := logcheck.Imported(first)
			if err == nil {
				err = logcheck.Named(each)
			}
			if err != nil {
				return fmt.Errorf("the export is not sound: %w", err)
			}
			return nil
		},
	}.Run(ctx, o)
	return s, err
}

// contentCheck returns a check that asks both packages that have rows whether they would have stored one.
func contentCheck() func(tables.Row) error {
	ofAuth := authrows.New()
	return func(r tables.Row) error {
		if err := ofAuth(r); err != nil {
			return err
		}
		return rowcheck.Check(r)
	}
}

// An orderCheck wants the rows of each table in the order of their key. The zero value is ready.
type orderCheck struct {
	table *tables.Table
	key   []byte // first column of the row before
}

func (c *orderCheck) check(r tables.Row) error {
	if r.Table != c.table {
		c.table, c.key = r.Table, c.key[:0]
	}
	order := bytes.Compare(c.key, r.Cells[0])
	if order > 0 || order == 0 && c.table.Key == 1 {
		return fmt.Errorf("%s is not in order of %s", c.table.Name, c.table.Columns[0].Name)
	}
	if order < 0 {
		c.key = append(c.key[:0], r.Cells[0]...)
	}
	return nil
}
