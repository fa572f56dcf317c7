package postgres

import (
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"parley/db/tables"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Rows gives each the rows of a table, in the order of its key. Their cells are good until each returns. It reads in Postgres' binary form, which costs the server least.
func Rows(ctx context.Context, conn *sql.Conn, t *tables.Table, each func(tables.Row) error) error {
	return conn.Raw(func(d any) error {
		rows, err := d.(*stdlib.Conn).Conn().Query(ctx, selectTable(t), pgx.QueryResultFormats{pgx.BinaryFormatCode})
		if err != nil {
			return err
		}
		defer rows.Close()
		row := make([][]byte, len(t.Columns))
		var cells []byte
		for rows.Next() {
			cells = cells[:0]
			for i, raw := range rows.RawValues() {
				if cells, row[i], err = appendCell(cells, raw, t.Columns[i].Kind); err != nil {
					return fmt.Errorf("%s.%s: %w", t.Name, t.Columns[i].Name, err)
				}
			}
			if err := each(tables.Row{Table: t, Cells: row}); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

// selectTable is the statement that reads a table.
func selectTable(t *tables.Table) string {
	return t.Select(func(_ tables.Kind, quoted string) string { return quoted }, func(kind tables.Kind, quoted string) string {
		if kind == tables.Text {
			return quoted + ` COLLATE "C"` // by bytes, as SQLite sorts
		}
		return quoted
	})
}

// epoch is where Postgres counts microseconds from: 2000-01-01.
const epoch = 946_684_800_000_000

// appendCell adds the bytes of a cell to a row's, or leaves them where they are.
func appendCell(to, raw []byte, kind tables.Kind) (row, cell []byte, err error) {
	if raw == nil || kind == tables.Text || kind == tables.Octets {
		return to, raw, nil
	}
	from := len(to)
	switch {
	case kind == tables.UID && len(raw) == 16:
		to = append(to, make([]byte, 36)...)
		encodeUID(to[from:], raw)
	case kind == tables.Flag && len(raw) == 1:
		if raw[0] == 0 {
			return to, nil, nil
		}
		to = append(to, "true"...)
	case kind == tables.Bool && len(raw) == 1:
		to = strconv.AppendBool(to, raw[0] != 0)
	case len(raw) != 8:
		return nil, nil, tables.ErrOtherType
	case kind == tables.Moment:
		at := int64(binary.BigEndian.Uint64(raw))
		to = time.UnixMicro(at+epoch).UTC().AppendFormat(to, tables.MomentForm)
	default:
		to = strconv.AppendInt(to, int64(binary.BigEndian.Uint64(raw)), 10)
	}
	return to, to[from:len(to):len(to)], nil
}

// uidParts are the groups of a UUID's digits: bytes from and to, and where the text begins.
var uidParts = [5][3]int{{0, 4, 0}, {4, 6, 9}, {6, 8, 14}, {8, 10, 19}, {10, 16, 24}}

func encodeUID(to, id []byte) {
	for _, p := range uidParts {
		hex.Encode(to[p[2]:], id[p[0]:p[1]])
	}
	to[8], to[13], to[18], to[23] = '-', '-', '-', '-'
}
