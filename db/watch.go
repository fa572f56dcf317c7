package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"parley/db/disk"
	"parley/db/failure"
)

// A watch looks at the disk and at the WAL every few seconds.
type watch struct {
	path    string // of the database
	o       Options
	writer  *sql.DB // one connection
	readers *readers
	faults  *faults
	full    atomic.Bool // writes are refused
	free    atomic.Int64
	large   bool      // the WAL was at the last look
	written time.Time // the WAL then
	stop    func()    // ends the watch and waits for it
}

func newWatch(path string, o Options, writer *sql.DB, readers *readers, faults *faults) *watch {
	w := &watch{path: path, o: o, writer: writer, readers: readers, faults: faults}
	w.lookAtDisk()
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { w.run(ctx) })
	w.stop = func() { cancel(); wg.Wait() }
	return w
}

func (w *watch) run(ctx context.Context) {
	tick := time.NewTicker(w.o.LookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			w.look(ctx)
		}
	}
}

func (w *watch) look(ctx context.Context) {
	defer func() {
		if p := recover(); p != nil {
			w.o.Logger.Error("panic while looking at the disk", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	w.lookAtDisk()
	if err := w.lookAtWAL(ctx); err != nil && ctx.Err() == nil {
		w.o.Logger.Error("truncate the WAL", "error", err)
	}
}

// lookAtDisk refuses writes while little is free, before the database does it half way, and lets them
// through when there is space again.
func (w *watch) lookAtDisk() {
	free, err := disk.Free(filepath.Dir(w.path))
	if err != nil {
		w.o.Logger.Warn("look at the free space of the disk", "error", err)
		return
	}
	w.free.Store(free)
	full := free < w.o.DiskMinFree
	if w.full.Swap(full) == full {
		return
	}
	if full {
		w.o.Logger.Warn("the disk is almost full, and writes are refused", "free", free, "min", w.o.DiskMinFree)
	} else {
		w.o.Logger.Info("there is space on the disk again, and writes go on", "free", free)
	}
}

// mayWrite answers ErrFull while the disk is.
func (w *watch) mayWrite() error {
	if w.full.Load() {
		return fmt.Errorf("%w: less than %d bytes are free", ErrFull, w.o.DiskMinFree)
	}
	return nil
}

// lookAtWAL empties a WAL that nobody has written to since the last look: texts that were edited or deleted do not
// stay there. It warns of a large one and empties it too. When that has reached its bound, the reads that are in the
// way are ended, the oldest first.
func (w *watch) lookAtWAL(ctx context.Context) error {
	info, err := os.Stat(w.path + "-wal")
	if err != nil {
		return err
	}
	quiet := info.ModTime().Equal(w.written)
	w.written = info.ModTime()
	if info.Size() < w.o.WALMax/4 {
		w.large = false
		if !quiet || info.Size() == 0 {
			return nil
		}
		return ignoreBusy(w.truncate(ctx, 0))
	}
	if !w.large {
		w.large = true
		w.o.Logger.Warn("the WAL is large", "bytes", info.Size(), "max", w.o.WALMax)
	}
	for {
		err := w.truncate(ctx, truncatePatience)
		if !errors.Is(err, ErrBusy) || info.Size() < w.o.WALMax {
			return ignoreBusy(err)
		}
		if !w.readers.endOldest() {
			return fmt.Errorf("%w: another process reads the database", err)
		}
		w.o.Logger.Warn("a read was ended, because the WAL is too large", "bytes", info.Size())
	}
}

func ignoreBusy(err error) error {
	if errors.Is(err, ErrBusy) {
		return nil
	}
	return err
}

// truncatePatience is how long writers wait for the readers that a truncation waits for.
const truncatePatience = 250 * time.Millisecond

// truncate folds the WAL into the database and empties it. ErrBusy: a read is in the way. It takes the
// writer's connection, because from another one it would hardly ever find a gap between two commits.
func (w *watch) truncate(ctx context.Context, patience time.Duration) (err error) {
	conn, err := w.writer.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if _, err := conn.ExecContext(ctx, fmt.Sprint("PRAGMA busy_timeout = ", patience.Milliseconds())); err != nil {
		return err
	}
	var busy, frames, moved int
	err = conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &moved)
	if fault := w.faults.see(err); fault != nil {
		err = fault
	}
	if err == nil && busy != 0 {
		err = ErrBusy
	}
	_, after := conn.ExecContext(context.WithoutCancel(ctx), "PRAGMA busy_timeout = "+writerPragmas["busy_timeout"])
	return errors.Join(failure.Classify("checkpoint", err), after)
}
