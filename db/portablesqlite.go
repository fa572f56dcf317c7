package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"parley/db/bulk"

	"entgo.io/ent/dialect"
	"github.com/mattn/go-sqlite3"
)

// sqliteRows reads a table. It asks the driver itself: database/sql takes as long for a row as SQLite does.
func sqliteRows(ctx context.Context, conn *sql.Conn, t *portable, each func([][]byte) error) error {
	return conn.Raw(func(d any) (err error) {
		rows, err := d.(*sqlite3.SQLiteConn).QueryContext(ctx, selectPortable(t, dialect.SQLite), nil)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		values, row := make([]driver.Value, len(t.columns)), make([][]byte, len(t.columns))
		var cells []byte
		for {
			if err := rows.Next(values); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
			cells = cells[:0]
			for i, value := range values {
				if cells, row[i], err = sqliteCell(cells, value, t.columns[i].kind); err != nil {
					return fmt.Errorf("%s.%s: %w", t.name, t.columns[i].name, err)
				}
			}
			if err := each(row); err != nil {
				return err
			}
		}
	})
}

// selectPortable is the statement that reads a table in the order of its key.
func selectPortable(t *portable, in string) string {
	columns, order := make([]string, len(t.columns)), make([]string, t.key)
	for i, c := range t.columns {
		columns[i] = `"` + c.name + `"`
		if i < t.key {
			order[i] = columns[i]
			if c.kind == textKind && in == dialect.Postgres {
				order[i] += ` COLLATE "C"` // by bytes, as SQLite sorts
			}
		}
		if c.kind == momentKind && in == dialect.SQLite {
			columns[i] = "+" + columns[i] // an expression has no type that would make the driver parse the time
		}
	}
	where := ""
	if t.where != "" {
		where = " WHERE " + t.where
	}
	return fmt.Sprintf(`SELECT %s FROM %q%s ORDER BY %s`, strings.Join(columns, ", "), t.name, where, strings.Join(order, ", "))
}

// sqliteCell adds the bytes of a cell to a row's.
func sqliteCell(to []byte, value driver.Value, kind portableKind) (row, cell []byte, err error) {
	from := len(to)
	switch v := value.(type) {
	case nil:
		return to, nil, nil
	case int64:
		if kind != countKind && kind != wideKind {
			return nil, nil, errOtherType
		}
		to = strconv.AppendInt(to, v, 10)
	case []byte:
		if kind != octetsKind {
			return nil, nil, errOtherType
		}
		to = append(to, v...)
	case string:
		switch kind {
		case momentKind:
			to, err = appendFromSQLite(to, v)
		case uidKind, textKind:
			to = append(to, v...)
		default:
			err = errOtherType
		}
	default:
		err = errOtherType
	}
	if to == nil {
		to = []byte{} // an empty text is not null
	}
	return to, to[from:len(to):len(to)], err
}

// errOtherType: SQLite takes any value into any column.
var errOtherType = errors.New("it holds a value of another type")

// sqliteSink writes rows in a transaction.
type sqliteSink struct {
	tx      *sql.Tx
	inserts map[*portable]*bulk.Stmt
}

func newSQLiteSink(tx *sql.Tx) *sqliteSink {
	s := &sqliteSink{tx, map[*portable]*bulk.Stmt{}}
	for _, t := range portables {
		s.inserts[t] = bulk.Insert(dialect.SQLite, t.name, t.names()...)
	}
	return s
}

func (s *sqliteSink) write(ctx context.Context, b *portableBatch) error {
	insert, width, line := s.inserts[b.table], len(b.table.columns), b.line
	args := make([]any, 0, bulk.PerStatement*width)
	for part := range slices.Chunk(b.cells, bulk.PerStatement*width) {
		args = args[:0]
		for i, cell := range part {
			args = append(args, sqliteArg(cell, b.table.columns[i%width].kind))
		}
		if _, err := insert.Run(ctx, s.tx, args); err != nil {
			return s.find(ctx, insert, portableArgs{args, width, line}, err)
		}
		line += len(part) / width
	}
	return nil
}

// portableArgs are arguments of rows that stand in lines.
type portableArgs struct {
	args        []any
	width, line int
}

// find tells the line of the row that a statement of several was refused for.
func (s *sqliteSink) find(ctx context.Context, insert *bulk.Stmt, a portableArgs, refused error) error {
	var lite sqlite3.Error
	if !errors.As(refused, &lite) || lite.Code != sqlite3.ErrConstraint {
		return refused
	}
	for row := range slices.Chunk(a.args, a.width) {
		if _, err := insert.Run(ctx, s.tx, row); err != nil {
			return fmt.Errorf("line %d: %w", a.line, err)
		}
		a.line++
	}
	return refused
}

// sqliteArg is a cell as Ent would store it.
func sqliteArg(cell []byte, kind portableKind) any {
	switch {
	case cell == nil:
		return nil
	case kind == countKind || kind == wideKind:
		return integer(cell)
	case kind == momentKind:
		return sqliteMoment(cell)
	case kind == octetsKind:
		return cell
	}
	return string(cell)
}

// end has nothing to do: what the transaction holds is whole.
func (s *sqliteSink) end(context.Context) error { return nil }
