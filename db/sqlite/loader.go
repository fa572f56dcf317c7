package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"entgo.io/ent/dialect"
	"github.com/mattn/go-sqlite3"

	"parley/db/bulk"
	"parley/db/failure"
	"parley/db/tables"
)

// LoadConn is the connection that writes. A large cache keeps SQLite from writing pages of its indexes twice.
func (d *Database) LoadConn(ctx context.Context) (*sql.Conn, error) {
	conn, err := d.Write.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.ExecContext(ctx, "PRAGMA cache_size = -65536"); err != nil {
		return nil, errors.Join(failure.Classify("set cache", err), conn.Close())
	}
	return conn, nil
}

// A Loader writes rows in a transaction.
type Loader struct {
	tx      *sql.Tx
	inserts map[*tables.Table]*bulk.Stmt
}

// NewLoader writes rows of these tables.
func NewLoader(tx *sql.Tx, into []*tables.Table) *Loader {
	l := &Loader{tx, map[*tables.Table]*bulk.Stmt{}}
	for _, t := range into {
		l.inserts[t] = bulk.Insert(dialect.SQLite, t.Name, t.Names()...)
	}
	return l
}

// Write writes rows. What is wrong with one names its line.
func (l *Loader) Write(ctx context.Context, b *tables.Batch) error {
	insert, width, line := l.inserts[b.Table], len(b.Table.Columns), b.Line
	args := make([]any, 0, bulk.PerStatement*width)
	for part := range slices.Chunk(b.Cells, bulk.PerStatement*width) {
		args = args[:0]
		for i, cell := range part {
			args = append(args, argument(cell, b.Table.Columns[i%width].Kind))
		}
		if _, err := insert.Run(ctx, l.tx, args); err != nil {
			return l.find(ctx, insert, lineArgs{args, width, line}, err)
		}
		line += len(part) / width
	}
	return nil
}

// lineArgs are arguments of rows that stand in lines.
type lineArgs struct {
	args        []any
	width, line int
}

// find tells the line of the row that a statement of several was refused for.
func (l *Loader) find(ctx context.Context, insert *bulk.Stmt, a lineArgs, refused error) error {
	var lite sqlite3.Error
	if !errors.As(refused, &lite) || lite.Code != sqlite3.ErrConstraint {
		return refused
	}
	for row := range slices.Chunk(a.args, a.width) {
		if _, err := insert.Run(ctx, l.tx, row); err != nil {
			return fmt.Errorf("line %d: %w", a.line, err)
		}
		a.line++
	}
	return refused
}

// End has nothing to do.
func (l *Loader) End(context.Context) error { return nil }

// argument is a cell as Ent would store it.
func argument(cell []byte, kind tables.Kind) any {
	switch {
	case cell == nil:
		return nil
	case kind == tables.Count || kind == tables.Wide:
		return tables.Integer(cell)
	case kind == tables.Moment:
		return stored(cell)
	case kind == tables.Flag:
		return true
	case kind == tables.Bool:
		return string(cell) == "true"
	case kind == tables.Octets:
		return cell
	}
	return string(cell)
}

// stored is a cell as the driver would write that moment: without zeros at its end, so that texts
// compare as times do.
func stored(cell []byte) string {
	end := len(tables.MomentForm) - 1
	for cell[end-1] == '0' {
		end--
	}
	if cell[end-1] == '.' {
		end--
	}
	to := make([]byte, 0, len(tables.MomentForm)+6)
	to = append(append(append(to, cell[:10]...), ' '), cell[11:end]...)
	return string(append(to, "+00:00"...))
}
