package db

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"parley/db/failure"
	"parley/db/tables"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// noTimeouts are settings of a connection that moves all rows.
var noTimeouts = map[string]string{"statement_timeout": "0", "lock_timeout": "0", "idle_in_transaction_session_timeout": "0"}

// postgresConn opens one connection that may take its time.
func postgresConn(ctx context.Context, config *pgx.ConnConfig, more map[string]string) (_ *sql.Conn, end func(), err error) {
	config = config.Copy()
	for name, value := range noTimeouts {
		config.RuntimeParams[name] = value
	}
	pool := postgresPool(config, 1, more)
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("reach Postgres: %w", failure.OneLine(err)), pool.Close())
	}
	return conn, func() { _, _ = conn.Close(), pool.Close() }, nil
}

func postgresSource(ctx context.Context, o Options) (*source, error) {
	config, err := postgresConfig(o.URL)
	if err != nil {
		return nil, err
	}
	conn, end, err := postgresConn(ctx, config, postgresReading)
	if err != nil {
		return nil, err
	}
	return &source{conn, end, "postgres", postgresView, postgresRows}, nil
}

// postgresRows reads a table in Postgres' binary form, which costs the server least.
func postgresRows(ctx context.Context, conn *sql.Conn, t *tables.Table, each func(tables.Row) error) error {
	return conn.Raw(func(d any) error {
		rows, err := d.(*stdlib.Conn).Conn().Query(ctx, postgresSelect(t), pgx.QueryResultFormats{pgx.BinaryFormatCode})
		if err != nil {
			return err
		}
		defer rows.Close()
		row := make([][]byte, len(t.Columns))
		var cells []byte
		for rows.Next() {
			cells = cells[:0]
			for i, raw := range rows.RawValues() {
				if cells, row[i], err = postgresCell(cells, raw, t.Columns[i].Kind); err != nil {
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

// postgresSelect is the statement that reads a table.
func postgresSelect(t *tables.Table) string {
	return t.Select(func(_ tables.Kind, quoted string) string { return quoted }, func(kind tables.Kind, quoted string) string {
		if kind == tables.Text {
			return quoted + ` COLLATE "C"` // by bytes, as SQLite sorts
		}
		return quoted
	})
}

// postgresEpoch is where Postgres counts microseconds from: 2000-01-01.
const postgresEpoch = 946_684_800_000_000

// postgresCell adds the bytes of a cell to a row's, or leaves them where they are.
func postgresCell(to, raw []byte, kind tables.Kind) (row, cell []byte, err error) {
	if raw == nil || kind == tables.Text || kind == tables.Octets {
		return to, raw, nil
	}
	from := len(to)
	switch {
	case kind == tables.UID && len(raw) == 16:
		to = append(to, make([]byte, 36)...)
		encodeUID(to[from:], raw)
	case len(raw) != 8:
		return nil, nil, tables.ErrOtherType
	case kind == tables.Moment:
		at := int64(binary.BigEndian.Uint64(raw))
		to = time.UnixMicro(at+postgresEpoch).UTC().AppendFormat(to, tables.MomentForm)
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

// postgresLoader copies rows in a transaction.
type postgresLoader struct {
	conn *sql.Conn
	tx   *sql.Tx
	all  string // the names of the tables
	data []byte
	add  []string // statements that make the references again
}

// newPostgresLoader keeps all others away until the transaction ends. References are taken off and made again over
// all rows at once: checked row by row they take as long as all the rest.
func newPostgresLoader(ctx context.Context, conn *sql.Conn, tx *sql.Tx, into []*tables.Table) (*postgresLoader, error) {
	names := make([]string, len(into))
	for i, t := range into {
		names[i] = `"` + t.Name + `"`
	}
	l := &postgresLoader{conn: conn, tx: tx, all: strings.Join(names, ", ")}
	if _, err := tx.ExecContext(ctx, "LOCK TABLE "+l.all+" IN ACCESS EXCLUSIVE MODE"); err != nil {
		return nil, failure.Classify("lock the tables", err)
	}
	rows, err := tx.QueryContext(ctx, `SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
		FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace ORDER BY 1, 2`)
	if err != nil {
		return nil, failure.Classify("read references", err)
	}
	var drop []string
	for rows.Next() {
		var table, name, text string
		if err := rows.Scan(&table, &name, &text); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		drop = append(drop, "ALTER TABLE "+table+" DROP CONSTRAINT "+name)
		l.add = append(l.add, "ALTER TABLE "+table+" ADD CONSTRAINT "+name+" "+text)
	}
	if err := cmp.Or(rows.Close(), rows.Err()); err != nil {
		return nil, failure.Classify("read references", err)
	}
	return l, l.run(ctx, drop)
}

func (l *postgresLoader) run(ctx context.Context, statements []string) error {
	for _, statement := range statements {
		_, err := l.tx.ExecContext(ctx, statement)
		var said *pgconn.PgError
		if errors.As(err, &said) && said.Code == "23503" {
			return fmt.Errorf("a row points nowhere: %s", said.Message)
		}
		if err != nil {
			return failure.Classify("references", err)
		}
	}
	return nil
}

func (l *postgresLoader) Write(ctx context.Context, b *tables.Batch) error {
	l.data = append(l.data[:0], "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"...) // no flags, no extension
	width := len(b.Table.Columns)
	for i, cell := range b.Cells {
		if i%width == 0 {
			l.data = binary.BigEndian.AppendUint16(l.data, uint16(width))
		}
		l.data = appendPostgres(l.data, cell, b.Table.Columns[i%width].Kind)
	}
	l.data = append(l.data, 0xff, 0xff)
	copying := fmt.Sprintf(`COPY %q ("%s") FROM STDIN (FORMAT binary)`, b.Table.Name, strings.Join(b.Table.Names(), `", "`))
	err := l.conn.Raw(func(d any) error {
		_, err := d.(*stdlib.Conn).Conn().PgConn().CopyFrom(ctx, bytes.NewReader(l.data), copying)
		return err
	})
	return copyRefused(err, b)
}

// copyRefused tells the line of a row that was refused, or the lines that it is among.
func copyRefused(err error, b *tables.Batch) error {
	var said *pgconn.PgError
	if !errors.As(err, &said) || !strings.HasPrefix(said.Code, "23") && !strings.HasPrefix(said.Code, "22") && !strings.HasPrefix(said.Code, "54") {
		return err // not of a row
	}
	var row int
	if _, err := fmt.Sscanf(said.Where, "COPY "+b.Table.Name+", line %d", &row); err == nil {
		return fmt.Errorf("line %d: %s", b.Line+row-1, said.Message)
	}
	return fmt.Errorf("line %d to %d: %s", b.Line, b.Line+len(b.Cells)/len(b.Table.Columns)-1, said.Message)
}

// appendPostgres adds a cell as COPY takes it.
func appendPostgres(to, cell []byte, kind tables.Kind) []byte {
	if cell == nil {
		return binary.BigEndian.AppendUint32(to, 0xffffffff)
	}
	switch kind {
	case tables.UID:
		to = binary.BigEndian.AppendUint32(to, 16)
		for _, p := range uidParts {
			to, _ = hex.AppendDecode(to, cell[p[2]:p[2]+2*(p[1]-p[0])]) // its form has been checked
		}
		return to
	case tables.Moment:
		at, _ := tables.ParseMoment(cell) // as has this
		to = binary.BigEndian.AppendUint32(to, 8)
		return binary.BigEndian.AppendUint64(to, uint64(at.UnixMicro()-postgresEpoch))
	case tables.Count, tables.Wide:
		to = binary.BigEndian.AppendUint32(to, 8)
		return binary.BigEndian.AppendUint64(to, uint64(tables.Integer(cell)))
	}
	return append(binary.BigEndian.AppendUint32(to, uint32(len(cell))), cell...)
}

// End makes the references again and tells the planner how large the tables are now, before it is asked anything.
func (l *postgresLoader) End(ctx context.Context) error {
	if err := l.run(ctx, l.add); err != nil {
		return err
	}
	_, err := l.tx.ExecContext(ctx, "ANALYZE "+l.all)
	return failure.Classify("analyze", err)
}
