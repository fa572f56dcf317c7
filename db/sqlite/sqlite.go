// Package sqlite opens a file of SQLite so that what was committed is on disk, and looks after it: its locks, its WAL, the
// space on its disk and writes that the disk has failed. It moves whole tables and copies the file. It knows no table.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"log/slog"
	"path/filepath"
	"time"

	_ "github.com/mattn/go-sqlite3" // the driver "sqlite3"

	"parley/db/disk"
	"parley/db/failure"
)

// Options says how a file is opened and looked after. All are needed.
type Options struct {
	Readers     int           // connections that read
	DiskMinFree int64         // bytes: with less, writes get failure.ErrFull
	WALMax      int64         // bytes: beyond it the oldest read is ended
	LookEvery   time.Duration // how often both are looked at
	Logger      *slog.Logger
	OnFault     func(error) // told once that a write met a disk or a file that cannot be trusted any more
}

// A Database is an open file.
type Database struct {
	Read    *sql.DB // cannot write
	Write   *sql.DB // one connection
	faults  *faults
	monitor *monitor
}

// Open opens a file, makes it if it is missing, and brings its schema up to date.
func Open(ctx context.Context, path string, o Options) (*Database, error) {
	for _, needed := range []string{filepath.Dir(path), path} {
		if err := disk.CheckWritable(needed); err != nil && (needed != path || !errors.Is(err, fs.ErrNotExist)) {
			return nil, err
		}
	}
	if err := disk.KeepPrivate(path, o.Logger); err != nil {
		return nil, err
	}
	write, err := openFirst(ctx, path, o)
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, path, o.Logger); err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read, err := checkedPool(ctx, path, readerDSN, o.Readers, readerPragmas)
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	faults := &faults{tell: o.OnFault}
	return &Database{Read: read, Write: write, faults: faults, monitor: &monitor{path: path, o: o, writer: write, faults: faults}}, nil
}

// Monitor begins to look at the disk and the WAL. endOldest ends the oldest read; false: there is none.
func (d *Database) Monitor(endOldest func() bool) { d.monitor.start(endOldest) }

// MayWrite returns failure.ErrFull while the disk is.
func (d *Database) MayWrite() error { return d.monitor.mayWrite() }

// Disk is how the file lies on its disk.
func (d *Database) Disk() DiskStats { return d.monitor.stats() }

// Fault returns failure.ErrDown when err is a fault of the disk or the file, or another write has met one.
func (d *Database) Fault(err error) error { return d.faults.see(err) }

// Commit commits, unless another write has met a fault meanwhile.
func (d *Database) Commit(tx Transaction) error { return d.faults.commit(tx) }

// BeginAgain says whether a transaction that could not begin, at the first try at begun, is worth another try: while
// another process writes, SQLite itself would wait for the lock whether a context has ended or not.
func (d *Database) BeginAgain(begun time.Time, err error) bool {
	return time.Since(begun) < longestBusy && errors.Is(failure.Classify("", err), failure.ErrBusy)
}

// Close closes the readers first and then empties the WAL. What it cannot fold into the file,
// because another process reads it or the disk is full, stays there for the next start.
func (d *Database) Close() error {
	d.monitor.stop()
	err := d.Read.Close()
	folded := d.monitor.truncate(context.Background(), truncateWait)
	if errors.Is(folded, failure.ErrBusy) || errors.Is(folded, failure.ErrFull) {
		folded = nil
	}
	return errors.Join(err, folded, d.Write.Close())
}
