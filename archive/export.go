package archive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"parley/chat/roomlog/logcheck"
	"parley/db"
	"parley/db/disk"
	"parley/db/tables"
)

// Export writes all that the database holds, as it is at one moment, in the format of docs/export.md.
// Others may read and write meanwhile; the database is only read. It takes the same memory for any number
// of rows, and w is written by one goroutine, which may still be in a call when a withdrawn Export returns.
// db.ErrNewer, db.ErrOlder: the schema is not that of this binary.
func Export(ctx context.Context, o db.Options, w io.Writer) (Summary, error) {
	from, err := db.OpenSnapshot(ctx, o)
	if err != nil {
		return Summary{}, err
	}
	defer from.Close()
	if err := logcheck.Links(from.First(ctx)); err != nil {
		return Summary{}, fmt.Errorf("the database is not sound: %w", err)
	}
	return write(ctx, from, w)
}

// ExportFile is Export into a new file of mode 0600, which appears when it is whole and on disk.
// fs.ErrExist: the file is there already.
func ExportFile(ctx context.Context, o db.Options, file string) (s Summary, err error) {
	err = writeFile(file, func(temp *os.File) error {
		if s, err = Export(ctx, o, temp); err != nil {
			return err
		}
		return temp.Sync()
	})
	return s, err
}

// writeFile makes a new file of mode 0600, which gets its name once it has been filled and put on disk.
// fs.ErrExist: the file is there already.
func writeFile(file string, fill func(temp *os.File) error) error {
	if _, err := os.Lstat(file); err == nil {
		return fmt.Errorf("%s: %w", file, fs.ErrExist)
	}
	temp, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+"-")
	if err != nil {
		return err
	}
	defer func() { _, _ = temp.Close(), os.Remove(temp.Name()) }() // what it held is on disk, or not wanted
	if err := fill(temp); err != nil {
		return err
	}
	return disk.Publish(temp.Name(), file)
}

// write writes all lines.
func write(ctx context.Context, from *db.Snapshot, w io.Writer) (s Summary, err error) {
	out := newAsyncWriter(ctx, w)
	rows, err := writeTables(ctx, from, out)
	if ended := out.end(); err == nil || errors.Is(err, errWriter) {
		err = ended
	}
	if err != nil {
		return s, err
	}
	trailer := appendTrailer(nil, out.sum.Sum(nil), rows)
	if _, err := w.Write(trailer); err != nil {
		return s, err
	}
	s.Bytes = out.bytes + int64(len(trailer))
	for i, t := range allTables {
		s.count(t, rows[i])
	}
	return s, nil
}

func writeTables(ctx context.Context, from *db.Snapshot, out *asyncWriter) (rows []int64, err error) {
	if out.buffer, err = appendHeader(out.buffer); err != nil {
		return nil, err
	}
	rows = make([]int64, len(allTables))
	for i, t := range allTables {
		if rows[i], err = writeTable(ctx, from, out, t); err != nil {
			return nil, fmt.Errorf("read %s: %w", t.Name, err)
		}
	}
	return rows, out.flush()
}

func writeTable(ctx context.Context, from *db.Snapshot, out *asyncWriter, t *tables.Table) (rows int64, err error) {
	lines, order, log := newLineWriter(t), orderCheck{}, logcheck.Checker{}
	err = from.Rows(ctx, t, func(row tables.Row) error {
		if err := cmp.Or(order.check(row), log.Check(row)); err != nil {
			return fmt.Errorf("the database is not sound: %w", err)
		}
		var err error
		if out.buffer, err = lines.append(out.buffer, row.Cells); err != nil {
			return err
		}
		if rows++; len(out.buffer) < writeBuffer {
			return nil
		}
		return out.flush()
	})
	return rows, err
}
