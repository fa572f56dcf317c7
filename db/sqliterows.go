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
	"time"

	"parley/db/bulk"
	"parley/db/tables"

	"entgo.io/ent/dialect"
	"github.com/mattn/go-sqlite3"
)

// sqliteRows reads a table. It asks the driver itself: database/sql takes as long for a row as SQLite does.
func sqliteRows(ctx context.Context, conn *sql.Conn, t *tables.Table, each func(tables.Row) error) error {
	return conn.Raw(func(d any) (err error) {
		rows, err := d.(*sqlite3.SQLiteConn).QueryContext(ctx, sqliteSelect(t), nil)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		values, row := make([]driver.Value, len(t.Columns)), make([][]byte, len(t.Columns))
		var cells []byte
		for {
			if err := rows.Next(values); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
			cells = cells[:0]
			for i, value := range values {
				if cells, row[i], err = sqliteCell(cells, value, t.Columns[i].Kind); err != nil {
					return fmt.Errorf("%s.%s: %w", t.Name, t.Columns[i].Name, err)
				}
			}
			if err := each(tables.Row{Table: t, Cells: row}); err != nil {
				return err
			}
		}
	})
}

// sqliteSelect is the statement that reads a table.
func sqliteSelect(t *tables.Table) string {
	return t.Select(func(kind tables.Kind, quoted string) string {
		if kind == tables.Moment {
			return "+" + quoted // an expression has no type that would make the driver parse the time
		}
		return quoted
	}, func(_ tables.Kind, quoted string) string { return quoted })
}

// sqliteCell adds the bytes of a cell to a row's.
func sqliteCell(to []byte, value driver.Value, kind tables.Kind) (row, cell []byte, err error) {
	from := len(to)
	switch v := value.(type) {
	case nil:
		return to, nil, nil
	case int64:
		if kind != tables.Count && kind != tables.Wide {
			return nil, nil, tables.ErrOtherType
		}
		to = strconv.AppendInt(to, v, 10)
	case []byte:
		if kind != tables.Octets {
			return nil, nil, tables.ErrOtherType
		}
		to = append(to, v...)
	case string:
		switch kind {
		case tables.Moment:
			to, err = appendFromSQLite(to, v)
		case tables.UID, tables.Text:
			to = append(to, v...)
		default:
			err = tables.ErrOtherType
		}
	default:
		err = tables.ErrOtherType
	}
	if to == nil {
		to = []byte{} // an empty text is not null
	}
	return to, to[from:len(to):len(to)], err
}

// sqliteLoader writes rows in a transaction.
type sqliteLoader struct {
	tx      *sql.Tx
	inserts map[*tables.Table]*bulk.Stmt
}

func newSQLiteLoader(tx *sql.Tx, into []*tables.Table) *sqliteLoader {
	l := &sqliteLoader{tx, map[*tables.Table]*bulk.Stmt{}}
	for _, t := range into {
		l.inserts[t] = bulk.Insert(dialect.SQLite, t.Name, t.Names()...)
	}
	return l
}

func (l *sqliteLoader) write(ctx context.Context, b *tables.Batch) error {
	insert, width, line := l.inserts[b.Table], len(b.Table.Columns), b.Line
	args := make([]any, 0, bulk.PerStatement*width)
	for part := range slices.Chunk(b.Cells, bulk.PerStatement*width) {
		args = args[:0]
		for i, cell := range part {
			args = append(args, sqliteArg(cell, b.Table.Columns[i%width].Kind))
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
func (l *sqliteLoader) find(ctx context.Context, insert *bulk.Stmt, a lineArgs, refused error) error {
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

// sqliteArg is a cell as Ent would store it.
func sqliteArg(cell []byte, kind tables.Kind) any {
	switch {
	case cell == nil:
		return nil
	case kind == tables.Count || kind == tables.Wide:
		return tables.Integer(cell)
	case kind == tables.Moment:
		return sqliteMoment(cell)
	case kind == tables.Octets:
		return cell
	}
	return string(cell)
}

// end has nothing to do.
func (l *sqliteLoader) end(context.Context) error { return nil }

// appendFromSQLite makes a cell of what SQLite holds: the driver's text, in UTC. What is finer than a
// millisecond, which no clock of Parley's makes, is cut.
func appendFromSQLite(to []byte, text string) ([]byte, error) {
	const seconds, zone = len("2006-01-02 15:04:05"), "+00:00"
	end := len(text) - len(zone)
	if end < seconds || text[end:] != zone || text[10] != ' ' || end > seconds && text[seconds] != '.' {
		return appendParsed(to, text)
	}
	to = append(append(append(append(to, text[:10]...), 'T'), text[11:seconds]...), '.')
	for i := seconds + 1; i <= seconds+3; i++ {
		if i < end {
			to = append(to, text[i])
		} else {
			to = append(to, '0')
		}
	}
	return append(to, 'Z'), nil
}

func appendParsed(to []byte, text string) ([]byte, error) {
	for _, layout := range sqlite3.SQLiteTimestampFormats {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC().AppendFormat(to, tables.MomentForm), nil
		}
	}
	return nil, fmt.Errorf("it holds a time that cannot be read")
}

// sqliteMoment is a cell as the driver would write that moment: without zeros at its end, so that texts
// compare as times do.
func sqliteMoment(cell []byte) string {
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
