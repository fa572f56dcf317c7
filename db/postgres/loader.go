package postgres

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"parley/db/failure"
	"parley/db/tables"
)

// A Loader copies rows in a transaction.
type Loader struct {
	conn *sql.Conn
	tx   *sql.Tx
	all  string // the names of the tables
	data []byte
	add  []string // statements that make the references again
}

// NewLoader keeps all others away until the transaction ends. References are taken off and made again over
// all rows at once: checked row by row they take as long as all the rest.
func NewLoader(ctx context.Context, conn *sql.Conn, tx *sql.Tx, into []*tables.Table) (*Loader, error) {
	names := make([]string, len(into))
	for i, t := range into {
		names[i] = `"` + t.Name + `"`
	}
	l := &Loader{conn: conn, tx: tx, all: strings.Join(names, ", ")}
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

func (l *Loader) run(ctx context.Context, statements []string) error {
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

// Write copies rows. What is wrong with one names its line, or the lines that it is among.
func (l *Loader) Write(ctx context.Context, b *tables.Batch) error {
	l.data = append(l.data[:0], "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"...) // no flags, no extension
	width := len(b.Table.Columns)
	for i, cell := range b.Cells {
		if i%width == 0 {
			l.data = binary.BigEndian.AppendUint16(l.data, uint16(width))
		}
		l.data = appendBinary(l.data, cell, b.Table.Columns[i%width].Kind)
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

// appendBinary adds a cell as COPY takes it.
func appendBinary(to, cell []byte, kind tables.Kind) []byte {
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
		return binary.BigEndian.AppendUint64(to, uint64(at.UnixMicro()-epoch))
	case tables.Flag:
		return append(binary.BigEndian.AppendUint32(to, 1), 1)
	case tables.Bool:
		to = binary.BigEndian.AppendUint32(to, 1)
		if string(cell) == "true" {
			return append(to, 1)
		}
		return append(to, 0)
	case tables.Count, tables.Wide:
		to = binary.BigEndian.AppendUint32(to, 8)
		return binary.BigEndian.AppendUint64(to, uint64(tables.Integer(cell)))
	}
	return append(binary.BigEndian.AppendUint32(to, uint32(len(cell))), cell...)
}

// End makes the references again and tells the planner how large the tables are now, before it is asked anything.
func (l *Loader) End(ctx context.Context) error {
	if err := l.run(ctx, l.add); err != nil {
		return err
	}
	_, err := l.tx.ExecContext(ctx, "ANALYZE "+l.all)
	return failure.Classify("analyze", err)
}
