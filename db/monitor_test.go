package db

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/db/dbtest"
	"parley/ent"
)

// monitored opens a database whose disk monitor looks all the time, and returns its log.
func monitored(t *testing.T, o Options) (*Store, *logText) {
	t.Helper()
	log := &logText{}
	o.URL, o.LookEvery, o.Logger = "sqlite:parley.db", 20*time.Millisecond, slog.New(slog.NewTextHandler(log, nil))
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // some tests close it themselves
	return s, log
}

type logText struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logText) has(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.buf.String(), text)
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("in vain waited for: %s", what)
		}
	}
}

func add(ctx context.Context, s *Store) error {
	return s.Write(ctx, func(tx *ent.Tx) error { return addUser(ctx, tx, uuid.NewString()+strings.Repeat("x", 2000)) })
}

func fill(t *testing.T, dir string, size int) (file string) {
	t.Helper()
	file = filepath.Join(dir, "filler")
	if err := os.WriteFile(file, make([]byte, size), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// Below the reserve writes are refused, from the start on too; reads go on, and space lifts it.
func TestReserveOfTheDisk(t *testing.T) {
	dir, ctx := dbtest.SmallDisk(t, "8m"), t.Context()
	s, log := monitored(t, Options{Dir: dir, DiskMinFree: 4 << 20})
	if err := add(ctx, s); err != nil {
		t.Fatal(err)
	}
	filler := fill(t, dir, 5<<20)
	eventually(t, "a refused write", func() bool { return errors.Is(add(ctx, s), ErrFull) })
	before, err := s.Read.User.Query().Count(ctx)
	if err != nil {
		t.Errorf("a read: %v", err)
	}
	again, _ := monitored(t, Options{Dir: dir, DiskMinFree: 4 << 20})
	if err := add(ctx, again); !errors.Is(err, ErrFull) {
		t.Errorf("the first write after the start: %v", err)
	}
	if after, err := s.Read.User.Query().Count(ctx); err != nil || after != before || s.Ping(ctx) != nil {
		t.Errorf("%d users before and %d after, %v", before, after, err)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a write", func() bool { return add(ctx, s) == nil })
	for _, text := range []string{"the disk is almost full", "there is space on the disk again"} {
		eventually(t, text, func() bool { return log.has(text) })
	}
}

// When the database itself finds the disk full, it is ErrFull too, nothing is stored, and it passes.
func TestFullDiskStoresNothing(t *testing.T) {
	dir, ctx := dbtest.SmallDisk(t, "4m"), t.Context()
	s, _ := monitored(t, Options{Dir: dir, DiskMinFree: 1, OnFault: func(err error) { t.Errorf("taken for a fault: %v", err) }})
	filler := fill(t, dir, 1<<20)
	stored, refused := 0, 0
	for refused < 20 {
		switch err := add(ctx, s); {
		case err == nil:
			stored++
		case errors.Is(err, ErrFull):
			refused++
		default:
			t.Fatal(err)
		}
	}
	if n, err := s.Read.User.Query().Count(ctx); err != nil || n != stored {
		t.Errorf("%d users, %v; %d were stored", n, err, stored)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a write", func() bool { return add(ctx, s) == nil })
	if n, err := s.Read.User.Query().Count(ctx); err != nil || n != stored+1 {
		t.Errorf("%d users, %v; %d were stored", n, err, stored+1)
	}
}

// hold begins a view. release ends it and returns its error.
func hold(t *testing.T, s *Store) (release func() error) {
	t.Helper()
	quit, ended, began := make(chan struct{}), make(chan error, 1), make(chan struct{})
	go func() {
		ended <- s.View(t.Context(), func(c *ent.Client) error {
			_, err := c.User.Query().Count(t.Context())
			close(began)
			<-quit
			_, again := c.User.Query().Count(t.Context())
			return errors.Join(err, again)
		})
	}()
	<-began
	return func() error { close(quit); return <-ended }
}

func walSize(t *testing.T, dir string) int64 {
	t.Helper()
	info, err := os.Stat(filepath.Join(dir, "parley.db-wal"))
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// Reads that are in the way when the WAL has reached its bound end with ErrBusy, and it is emptied.
func TestLargeWALEndsReads(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	s, log := monitored(t, Options{Dir: dir, WALMax: 1 << 20})
	s.readers.longest = time.Hour
	first := hold(t, s)
	for !log.has("a read was ended") { // the WAL grows until somebody looks at it
		if err := add(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	if err := first(); !errors.Is(err, ErrBusy) {
		t.Errorf("the read that was in the way: %v, want ErrBusy", err)
	}
	eventually(t, "a small WAL", func() bool { return walSize(t, dir) < 256<<10 })
	if !log.has("the WAL is large") || !log.has("a read was ended") {
		t.Errorf("the log says %s", &log.buf)
	}
	var timeout string
	if err := s.pools.write.QueryRow("PRAGMA busy_timeout").Scan(&timeout); err != nil || timeout != "25" {
		t.Errorf("the writer now waits for %s ms, %v", timeout, err)
	}
	if err := hold(t, s)(); err != nil {
		t.Errorf("a read afterwards: %v", err)
	}
}

// Below the bound the WAL is warned of, and nobody is ended.
func TestWALBelowItsBoundEndsNobody(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	s, log := monitored(t, Options{Dir: dir, WALMax: 8 << 20})
	read := hold(t, s)
	for !log.has("the WAL is large") {
		if err := add(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	for later := time.Now().Add(600 * time.Millisecond); time.Now().Before(later); { // the WAL is tried twice meanwhile
		if err := add(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	if err := read(); err != nil {
		t.Errorf("the read: %v", err)
	}
	eventually(t, "an empty WAL", func() bool { return walSize(t, dir) == 0 })
}

// Another process that has the database open does not keep the WAL from being emptied at the end.
func TestCloseEmptiesTheWAL(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	s := open(t, dir)
	other, err := sql.Open("sqlite3", filepath.Join(dir, "parley.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	if err := errors.Join(other.Ping(), add(ctx, s)); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Exec("SELECT count(*) FROM users"); err != nil {
		t.Fatal(err)
	}
	if walSize(t, dir) == 0 {
		t.Error("the WAL is empty before the end")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if n := walSize(t, dir); n != 0 {
		t.Errorf("the WAL has %d bytes", n)
	}
}
