package sqlite

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

// DiskStats is how the file of the database lies on its disk.
type DiskStats struct {
	Full bool  // writes are refused, because less is free than PARLEY_DISK_MIN_FREE
	Free int64 // bytes, at the last look
	WAL  int64 // bytes of the log that SQLite writes before the database
}

// A monitor looks at the disk and at the WAL every few seconds.
type monitor struct {
	path      string // of the database
	o         Options
	writer    *sql.DB // one connection
	faults    *faults
	endOldest func() bool // ends the oldest read
	full      atomic.Bool // writes are refused
	free      atomic.Int64
	large     bool      // the WAL was at the last look
	written   time.Time // the WAL then
	stop      func()    // ends the monitor and waits for it
}

func (m *monitor) start(endOldest func() bool) {
	m.endOldest = endOldest
	m.lookAtDisk()
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { m.run(ctx) })
	m.stop = func() { cancel(); wg.Wait() }
}

func (m *monitor) stats() DiskStats {
	stats := DiskStats{Full: m.full.Load(), Free: m.free.Load()}
	if info, err := os.Stat(m.path + "-wal"); err == nil { // there may be none
		stats.WAL = info.Size()
	}
	return stats
}

func (m *monitor) run(ctx context.Context) {
	tick := time.NewTicker(m.o.LookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			m.look(ctx)
		}
	}
}

func (m *monitor) look(ctx context.Context) {
	defer func() {
		if p := recover(); p != nil {
			m.o.Logger.Error("panic while looking at the disk", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	m.lookAtDisk()
	if err := m.lookAtWAL(ctx); err != nil && ctx.Err() == nil {
		m.o.Logger.Error("truncate the WAL", "error", err)
	}
}

// lookAtDisk refuses writes while little is free, before the database does it half way, and lets them
// through when there is space again.
func (m *monitor) lookAtDisk() {
	free, err := disk.Free(filepath.Dir(m.path))
	if err != nil {
		m.o.Logger.Warn("look at the free space of the disk", "error", err)
		return
	}
	m.free.Store(free)
	full := free < m.o.DiskMinFree
	if m.full.Swap(full) == full {
		return
	}
	if full {
		m.o.Logger.Warn("the disk is almost full, and writes are refused", "free", free, "min", m.o.DiskMinFree)
	} else {
		m.o.Logger.Info("there is space on the disk again, and writes go on", "free", free)
	}
}

// mayWrite returns failure.ErrFull while the disk is.
func (m *monitor) mayWrite() error {
	if m.full.Load() {
		return fmt.Errorf("%w: less than %d bytes are free", failure.ErrFull, m.o.DiskMinFree)
	}
	return nil
}

// lookAtWAL empties a WAL that nobody has written to since the last look: texts that were edited or deleted do not
// stay there. It warns of a large one and empties it too. When that has reached its bound, the reads that are in the
// way are ended, the oldest first.
func (m *monitor) lookAtWAL(ctx context.Context) error {
	info, err := os.Stat(m.path + "-wal")
	if err != nil {
		return err
	}
	quiet := info.ModTime().Equal(m.written)
	m.written = info.ModTime()
	if info.Size() < m.o.WALMax/4 {
		m.large = false
		if !quiet || info.Size() == 0 {
			return nil
		}
		return ignoreBusy(m.truncate(ctx, 0))
	}
	if !m.large {
		m.large = true
		m.o.Logger.Warn("the WAL is large", "bytes", info.Size(), "max", m.o.WALMax)
	}
	for {
		err := m.truncate(ctx, truncateWait)
		if !errors.Is(err, failure.ErrBusy) || info.Size() < m.o.WALMax {
			return ignoreBusy(err)
		}
		if !m.endOldest() {
			return fmt.Errorf("%w: another process reads the database", err)
		}
		m.o.Logger.Warn("a read was ended, because the WAL is too large", "bytes", info.Size())
	}
}

func ignoreBusy(err error) error {
	if errors.Is(err, failure.ErrBusy) {
		return nil
	}
	return err
}

// truncateWait is how long writers wait for the readers that a truncation waits for.
const truncateWait = 250 * time.Millisecond

// truncate folds the WAL into the database and empties it. ErrBusy: a read is in the way. It takes the
// writer's connection, because from another one it would hardly ever find a gap between two commits.
func (m *monitor) truncate(ctx context.Context, wait time.Duration) (err error) {
	conn, err := m.writer.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if _, err := conn.ExecContext(ctx, fmt.Sprint("PRAGMA busy_timeout = ", wait.Milliseconds())); err != nil {
		return err
	}
	var busy, frames, moved int
	err = conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &moved)
	if fault := m.faults.see(err); fault != nil {
		err = fault
	}
	if err == nil && busy != 0 {
		err = failure.ErrBusy
	}
	_, after := conn.ExecContext(context.WithoutCancel(ctx), "PRAGMA busy_timeout = "+writerPragmas["busy_timeout"])
	return errors.Join(failure.Classify("checkpoint", err), after)
}
