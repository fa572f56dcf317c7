package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"parley/db/failure"
	"parley/db/waiting"
)

// slowOpen is after how long an open counts as slow.
const slowOpen = 3 * time.Second

// openFirst opens the first pool of a database. Where the file system has no locks SQLite calls it busy, or its call
// never returns. So when this takes long, a file that nobody else knows is locked: if that is busy too, it is for good.
func openFirst(ctx context.Context, path string, o Options) (*sql.DB, error) {
	defer waiting.Warn(o.Logger, "the locks of "+path)()
	var pool *sql.DB
	opened := make(chan error, 1)
	go func() { // in a call that never returns it ends with the process
		var err error
		pool, err = checkedPool(ctx, path, writerDSN, 1, writerPragmas)
		opened <- err
	}()
	slow := time.NewTimer(slowOpen)
	defer slow.Stop()
	select {
	case err := <-opened:
		return pool, err
	case <-slow.C:
	}
	if !canLock(ctx, filepath.Dir(path)) {
		return nil, fmt.Errorf("%s lies on a file system without working locks, and SQLite needs them: put it on a local disk", path)
	}
	select {
	case err := <-opened:
		if errors.Is(err, failure.ErrBusy) {
			err = fmt.Errorf("%w; another process has locked it", err)
		}
		return pool, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// canLock tries whether files of a directory can be locked; false: no, or it takes too long.
func canLock(ctx context.Context, dir string) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	busy := make(chan bool, 1)
	go func() { busy <- errors.Is(failure.Classify("", tryLock(ctx, dir)), failure.ErrBusy) }()
	select {
	case busy := <-busy:
		return !busy
	case <-ctx.Done():
		return false
	}
}

// tryLock writes to a database of its own.
func tryLock(ctx context.Context, dir string) (err error) {
	file, err := os.CreateTemp(dir, ".parley-locks-")
	if err != nil {
		return err
	}
	path := file.Name()
	defer func() {
		for _, suffix := range []string{"", "-wal", "-shm"} {
			_ = os.Remove(path + suffix) // it may not be there
		}
	}()
	if err := file.Close(); err != nil {
		return err
	}
	pool, err := sql.Open("sqlite3", dsn(path, "_journal=WAL&_sync=OFF&_busy_timeout=0"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	_, err = pool.ExecContext(ctx, "CREATE TABLE t (x)")
	return err
}
