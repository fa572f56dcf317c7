package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"parley/db/disk"
	"parley/db/failure"
	"parley/db/migrations"

	"github.com/mattn/go-sqlite3"
)

// A Copy says what a backup holds.
type Copy struct {
	Bytes int64
	Rooms int // without deleted ones
	Chats int
}

// Backup copies the database, as it is at one moment, into a new file of mode 0600, while others read
// and write it. The file appears when it is whole, checked and on disk; after an error there is none.
// The database is only read. fs.ErrExist: the file is there already. ErrNewer, ErrOlder: the schema is
// not that of this binary, so what the copy holds could not be checked.
func Backup(ctx context.Context, o Options, file string) (_ *Copy, err error) {
	if isPostgres(o.URL) {
		return nil, errors.New("only SQLite is copied by Parley: use pg_dump for Postgres")
	}
	path, err := o.sqliteFile()
	if err != nil {
		return nil, err
	}
	if _, err := os.Lstat(file); err == nil {
		return nil, fmt.Errorf("%s: %w", file, fs.ErrExist)
	}
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	temp, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+"-")
	if err != nil {
		return nil, err
	}
	defer func() { _, _ = temp.Close(), os.Remove(temp.Name()) }() // what it held is on disk, or not wanted
	if err := copyDatabase(ctx, path, temp.Name()); err != nil {
		return nil, fmt.Errorf("copy %s: %w", path, err)
	}
	if err := temp.Sync(); err != nil {
		return nil, err
	}
	c, err := checkCopy(ctx, temp.Name())
	if err != nil {
		return nil, fmt.Errorf("the copy of %s is not sound: %w", path, err)
	}
	return c, disk.Publish(temp.Name(), file)
}

// copyDatabase fills an empty file with one state of a database.
func copyDatabase(ctx context.Context, from, to string) error {
	// mode=ro: else the last connection that closes would fold the WAL into the file.
	source, end, err := singleConn(ctx, sqliteDSN(from, "mode=ro&_query_only=1&_busy_timeout=5000"))
	if err != nil {
		return err
	}
	defer end()
	read, err := source.BeginTx(ctx, nil)
	if err != nil {
		return failure.Classify("", err)
	}
	defer func() { _ = read.Rollback() }()                                 // nothing was written
	if err := migrations.Check(ctx, read, migrations.SQLite); err != nil { // the first read: it decides which state is copied
		return err
	}
	// Without a journal, because a copy that breaks off is thrown away; it is put on disk as a whole.
	target, end, err := singleConn(ctx, sqliteDSN(to, "_journal=OFF&_sync=OFF"))
	if err != nil {
		return err
	}
	defer end()
	return failure.Classify("", target.Raw(func(t any) error {
		return source.Raw(func(s any) error {
			return copyPages(ctx, s.(*sqlite3.SQLiteConn), t.(*sqlite3.SQLiteConn))
		})
	}))
}

// singleConn opens a database for one connection.
func singleConn(ctx context.Context, dsn string) (_ *sql.Conn, end func(), err error) {
	pool, err := sqlitePool(ctx, dsn, 1)
	if err != nil {
		return nil, nil, err
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, nil, errors.Join(err, pool.Close())
	}
	return conn, func() { _, _ = conn.Close(), pool.Close() }, nil
}

// copyPages copies a database page by page, some at a time so that ctx is heard.
func copyPages(ctx context.Context, from, to *sqlite3.SQLiteConn) (err error) {
	const pages = 4096
	b, err := to.Backup("main", from, "main")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Finish()) }()
	for left := -1; ; {
		done, err := b.Step(pages)
		if done || err != nil {
			return err
		}
		if b.Remaining() == left { // the driver does not say that the file is locked
			return ErrBusy
		}
		if left = b.Remaining(); ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// unsoundRooms finds rooms whose counters do not say what their logs hold: the last event is the head,
// nothing is missing before it, and a deleted room holds nothing but that event once it has been purged.
const unsoundRooms = `
SELECT count(*), coalesce(min(r.id), '') FROM rooms r LEFT JOIN room_events e ON e.room_id = r.id AND e.place = r.last_place
WHERE r.last_place > 0 AND (e.tag IS NOT r.last_tag OR e.number IS NOT r.last_number)
   OR (SELECT max(x.place) FROM room_events x WHERE x.room_id = r.id) > r.last_place
   OR (SELECT max(c.number) FROM chats c WHERE c.room_id = r.id) > r.last_number
   OR r.purging AND r.deleted_at IS NULL
   OR r.purging IS NULL AND (
      (SELECT count(*) FROM room_events x WHERE x.room_id = r.id) <> iif(r.deleted_at IS NULL, r.last_place, 1)
      OR (SELECT count(*) FROM chats c WHERE c.room_id = r.id) <> iif(r.deleted_at IS NULL, r.last_number, 0)
      OR EXISTS (SELECT 1 FROM room_events x LEFT JOIN chats c ON c.id = x.chat_id AND c.room_id = x.room_id
                 WHERE x.room_id = r.id AND x.chat_id IS NOT NULL AND c.id IS NULL))`

// checkCopy reads a copy through and says what it holds.
func checkCopy(ctx context.Context, file string) (*Copy, error) {
	conn, end, err := singleConn(ctx, sqliteDSN(file, "immutable=1&_query_only=1"))
	if err != nil {
		return nil, err
	}
	defer end()
	var c Copy
	var unsound int
	var whole, room, orphan string
	for _, check := range []struct {
		query string
		into  []any
	}{
		{"SELECT group_concat(integrity_check, '; ') FROM (SELECT integrity_check FROM pragma_integrity_check LIMIT 3)", []any{&whole}},
		{`SELECT coalesce(min("table"), '') FROM pragma_foreign_key_check`, []any{&orphan}},
		{unsoundRooms, []any{&unsound, &room}},
		{"SELECT count(*) FILTER (WHERE deleted_at IS NULL), (SELECT count(*) FROM chats WHERE room_id NOT IN " + inPurge + ") FROM rooms", []any{&c.Rooms, &c.Chats}},
		{"SELECT page_count * page_size FROM pragma_page_count, pragma_page_size", []any{&c.Bytes}},
	} {
		if err := conn.QueryRowContext(ctx, check.query).Scan(check.into...); err != nil {
			return nil, failure.Classify("", err)
		}
	}
	switch {
	case whole != "ok":
		return nil, errors.New(strings.ReplaceAll(whole, "\n", " "))
	case orphan != "":
		return nil, fmt.Errorf("a row of %s points nowhere", orphan)
	case unsound > 0:
		return nil, fmt.Errorf("%d rooms do not hold what their counters say, among them %s", unsound, room)
	}
	return &c, nil
}
