package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"parley/db/tables"

	"github.com/mattn/go-sqlite3"
)

// Rows gives each the rows of a table, in the order of its key. Their cells are good until each returns. It asks the driver itself: database/sql takes as long for a row as SQLite does.
func Rows(ctx context.Context, conn *sql.Conn, t *tables.Table, each func(tables.Row) error) error {
	return conn.Raw(func(d any) (err error) {
		rows, err := d.(*sqlite3.SQLiteConn).QueryContext(ctx, selectTable(t), nil)
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
				if cells, row[i], err = appendCell(cells, value, t.Columns[i].Kind); err != nil {
					return fmt.Errorf("%s.%s: %w", t.Name, t.Columns[i].Name, err)
				}
			}
			if err := each(tables.Row{Table: t, Cells: row}); err != nil {
				return err
			}
		}
	})
}

// selectTable is the statement that reads a table.
func selectTable(t *tables.Table) string {
	return t.Select(func(kind tables.Kind, quoted string) string {
		if kind == tables.Moment {
			return "+" + quoted // an expression has no type that would make the driver parse the time
		}
		return quoted
	}, func(_ tables.Kind, quoted string) string { return quoted })
}

// appendCell adds the bytes of a cell to a row's.
func appendCell(to []byte, value driver.Value, kind tables.Kind) (row, cell []byte, err error) {
	from := len(to)
	switch v := value.(type) {
	case nil:
		return to, nil, nil
	case int64:
		if kind == tables.Flag && v == 0 {
			return to, nil, nil
		}
		switch kind {
		case tables.Flag, tables.Bool:
			to = strconv.AppendBool(to, v != 0)
		case tables.Count, tables.Wide:
			to = strconv.AppendInt(to, v, 10)
		default:
			err = tables.ErrOtherType
		}
	case []byte:
		if kind != tables.Octets {
			return nil, nil, tables.ErrOtherType
		}
		to = append(to, v...)
	case string:
		switch kind {
		case tables.Moment:
			to, err = appendMoment(to, v)
		case tables.UID, tables.Text:
			to = append(to, v...)
		default:
			err = tables.ErrOtherType
		}
	default:
		err = tables.ErrOtherType
	}
	if err != nil {
		return nil, nil, err
	}
	if to == nil {
		to = []byte{} // an empty text is not null
	}
	return to, to[from:len(to):len(to)], nil
}

// appendMoment makes a cell of what SQLite holds: the driver's text, in UTC. What is finer than a
// millisecond, which no clock of Parley's makes, is cut.
func appendMoment(to []byte, text string) ([]byte, error) {
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
