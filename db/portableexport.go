package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"parley/db/disk"
	"parley/db/failure"
	"parley/db/migrations"
	"parley/db/tables"
)

// Export writes all that the database holds, as it is at one moment, in the format of docs/export.md.
// Others may read and write meanwhile; the database is only read. It takes the same memory for any number
// of rows, and w is written by one goroutine, which may still be in a call when a withdrawn Export answers.
// ErrNewer, ErrOlder: the schema is not that of this binary.
func Export(ctx context.Context, o Options, w io.Writer) (Held, error) {
	from, err := openSource(ctx, o)
	if err != nil {
		return Held{}, err
	}
	defer from.end()
	read, err := from.conn.BeginTx(ctx, from.view)
	if err != nil {
		return Held{}, failure.Classify("begin", err)
	}
	defer func() { _ = read.Rollback() }()                           // nothing was written
	if err := migrations.Check(ctx, read, from.folder); err != nil { // the first read: it decides which state is written
		return Held{}, err
	}
	if err := checkLogs(ctx, read); err != nil {
		return Held{}, fmt.Errorf("the database is not sound: %w", err)
	}
	return from.write(ctx, w)
}

// ExportFile is Export into a new file of mode 0600, which appears when it is whole and on disk.
// fs.ErrExist: the file is there already.
func ExportFile(ctx context.Context, o Options, file string) (_ Held, err error) {
	if _, err := os.Lstat(file); err == nil {
		return Held{}, fmt.Errorf("%s: %w", file, fs.ErrExist)
	}
	temp, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+"-")
	if err != nil {
		return Held{}, err
	}
	defer func() { _, _ = temp.Close(), os.Remove(temp.Name()) }() // what it held is on disk, or not wanted
	held, err := Export(ctx, o, temp)
	if err != nil {
		return Held{}, err
	}
	if err := temp.Sync(); err != nil {
		return Held{}, err
	}
	return held, disk.Publish(temp.Name(), file)
}

// A source is a connection that reads rows.
type source struct {
	conn   *sql.Conn
	end    func()
	folder string         // of its migrations
	view   *sql.TxOptions // of a transaction that reads one state
	rows   func(ctx context.Context, conn *sql.Conn, t *tables.Table, each func([][]byte) error) error
}

func openSource(ctx context.Context, o Options) (*source, error) {
	if isPostgres(o.URL) {
		return postgresSource(ctx, o)
	}
	path, err := o.sqliteFile()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	// mode=ro: else the last connection that closes would fold the WAL into the file.
	conn, end, err := singleConn(ctx, sqliteDSN(path, "mode=ro&_query_only=1&_busy_timeout=5000"))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return &source{conn, end, "sqlite", nil, sqliteRows}, nil
}

// write writes all lines.
func (s *source) write(ctx context.Context, w io.Writer) (held Held, err error) {
	out := newOutlet(ctx, w)
	rows, err := s.tables(ctx, out)
	if ended := out.end(); err == nil || errors.Is(err, errOutlet) {
		err = ended
	}
	if err != nil {
		return held, err
	}
	trailer := appendTrailer(nil, out.sum.Sum(nil), rows)
	if _, err := w.Write(trailer); err != nil {
		return held, err
	}
	held.Bytes = out.bytes + int64(len(trailer))
	for i, t := range portables {
		held.count(t, rows[i])
	}
	return held, nil
}

func (s *source) tables(ctx context.Context, out *outlet) (rows []int64, err error) {
	if out.buffer, err = appendHeader(out.buffer); err != nil {
		return nil, err
	}
	rows = make([]int64, len(portables))
	for i, t := range portables {
		if rows[i], err = s.table(ctx, out, t); err != nil {
			return nil, fmt.Errorf("read %s: %w", t.Name, failure.Classify("", err))
		}
	}
	return rows, out.flush()
}

func (s *source) table(ctx context.Context, out *outlet, t *tables.Table) (rows int64, err error) {
	writer, check := newPortableWriter(t), logCheck{}
	check.begin(t)
	err = s.rows(ctx, s.conn, t, func(row [][]byte) error {
		if err := check.check(row); err != nil {
			return fmt.Errorf("the database is not sound: %w", err)
		}
		var err error
		if out.buffer, err = writer.append(out.buffer, row); err != nil {
			return err
		}
		if rows++; len(out.buffer) < outletBuffer {
			return nil
		}
		return out.flush()
	})
	return rows, err
}
