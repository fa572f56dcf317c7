package db

import (
	"bytes"
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

	"entgo.io/ent/dialect"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// endless are settings of a connection that moves all there is.
var endless = map[string]string{"statement_timeout": "0", "lock_timeout": "0", "idle_in_transaction_session_timeout": "0"}

// postgresConn opens one connection that may take its time.
func postgresConn(ctx context.Context, config *pgx.ConnConfig, more map[string]string) (_ *sql.Conn, end func(), err error) {
	config = config.Copy()
	for name, value := range endless {
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
func postgresRows(ctx context.Context, conn *sql.Conn, t *portable, each func([][]byte) error) error {
	return conn.Raw(func(d any) error {
		rows, err := d.(*stdlib.Conn).Conn().Query(ctx, selectPortable(t, dialect.Postgres), pgx.QueryResultFormats{pgx.BinaryFormatCode})
		if err != nil {
			return err
		}
		defer rows.Close()
		row := make([][]byte, len(t.columns))
		var cells []byte
		for rows.Next() {
			cells = cells[:0]
			for i, raw := range rows.RawValues() {
				if cells, row[i], err = postgresCell(cells, raw, t.columns[i].kind); err != nil {
					return fmt.Errorf("%s.%s: %w", t.name, t.columns[i].name, err)
				}
			}
			if err := each(row); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

// postgresEpoch is where Postgres counts microseconds from: 2000-01-01.
const postgresEpoch = 946_684_800_000_000

// postgresCell adds the bytes of a cell to a row's, or leaves them where they are.
func postgresCell(to, raw []byte, kind portableKind) (row, cell []byte, err error) {
	if raw == nil || kind == textKind || kind == octetsKind {
		return to, raw, nil
	}
	from := len(to)
	switch {
	case kind == uidKind && len(raw) == 16:
		to = append(to, make([]byte, 36)...)
		encodeUID(to[from:], raw)
	case len(raw) != 8:
		return nil, nil, errOtherType
	case kind == momentKind:
		at := int64(binary.BigEndian.Uint64(raw))
		to = time.UnixMicro(at+postgresEpoch).UTC().AppendFormat(to, portableTime)
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

// postgresSink copies rows in a transaction.
type postgresSink struct {
	conn *sql.Conn
	tx   *sql.Tx
	data []byte
	add  []string // statements that make the references again
}

// newPostgresSink keeps all others away until the transaction ends. References are taken off and made again over
// all rows at once: checked row by row they take as long as all the rest.
func newPostgresSink(ctx context.Context, conn *sql.Conn, tx *sql.Tx) (*postgresSink, error) {
	if _, err := tx.ExecContext(ctx, "LOCK TABLE "+portableNames()+" IN ACCESS EXCLUSIVE MODE"); err != nil {
		return nil, failure.Classify("lock the tables", err)
	}
	s := &postgresSink{conn: conn, tx: tx}
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
		s.add = append(s.add, "ALTER TABLE "+table+" ADD CONSTRAINT "+name+" "+text)
	}
	if err := firstError(rows.Close(), rows.Err()); err != nil {
		return nil, failure.Classify("read references", err)
	}
	return s, s.all(ctx, drop)
}

func (s *postgresSink) all(ctx context.Context, statements []string) error {
	for _, statement := range statements {
		_, err := s.tx.ExecContext(ctx, statement)
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

func portableNames() string {
	names := make([]string, len(portables))
	for i, t := range portables {
		names[i] = `"` + t.name + `"`
	}
	return strings.Join(names, ", ")
}

func (s *postgresSink) write(ctx context.Context, b *portableBatch) error {
	s.data = append(s.data[:0], "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"...) // no flags, no extension
	width := len(b.table.columns)
	for i, cell := range b.cells {
		if i%width == 0 {
			s.data = binary.BigEndian.AppendUint16(s.data, uint16(width))
		}
		s.data = appendPostgres(s.data, cell, b.table.columns[i%width].kind)
	}
	s.data = append(s.data, 0xff, 0xff)
	copying := fmt.Sprintf(`COPY %q ("%s") FROM STDIN (FORMAT binary)`, b.table.name, strings.Join(b.table.names(), `", "`))
	err := s.conn.Raw(func(d any) error {
		_, err := d.(*stdlib.Conn).Conn().PgConn().CopyFrom(ctx, bytes.NewReader(s.data), copying)
		return err
	})
	return copyRefused(err, b)
}

// copyRefused tells the line of a row that was refused, or the lines that it is among.
func copyRefused(err error, b *portableBatch) error {
	var said *pgconn.PgError
	if !errors.As(err, &said) || !strings.HasPrefix(said.Code, "23") && !strings.HasPrefix(said.Code, "22") && !strings.HasPrefix(said.Code, "54") {
		return err // not of a row
	}
	var row int
	if _, err := fmt.Sscanf(said.Where, "COPY "+b.table.name+", line %d", &row); err == nil {
		return fmt.Errorf("line %d: %s", b.line+row-1, said.Message)
	}
	return fmt.Errorf("line %d to %d: %s", b.line, b.line+len(b.cells)/len(b.table.columns)-1, said.Message)
}

// appendPostgres adds a cell as COPY takes it.
func appendPostgres(to, cell []byte, kind portableKind) []byte {
	if cell == nil {
		return binary.BigEndian.AppendUint32(to, 0xffffffff)
	}
	switch kind {
	case uidKind:
		to = binary.BigEndian.AppendUint32(to, 16)
		for _, p := range uidParts {
			to, _ = hex.AppendDecode(to, cell[p[2]:p[2]+2*(p[1]-p[0])]) // its form has been checked
		}
		return to
	case momentKind:
		at, _ := parseMoment(cell) // as has this
		to = binary.BigEndian.AppendUint32(to, 8)
		return binary.BigEndian.AppendUint64(to, uint64(at.UnixMicro()-postgresEpoch))
	case countKind, wideKind:
		to = binary.BigEndian.AppendUint32(to, 8)
		return binary.BigEndian.AppendUint64(to, uint64(integer(cell)))
	}
	return append(binary.BigEndian.AppendUint32(to, uint32(len(cell))), cell...)
}

// end makes the references again and tells the planner how large the tables are now, before it is asked anything.
func (s *postgresSink) end(ctx context.Context) error {
	if err := s.all(ctx, s.add); err != nil {
		return err
	}
	_, err := s.tx.ExecContext(ctx, "ANALYZE "+portableNames())
	return failure.Classify("analyze", err)
}
