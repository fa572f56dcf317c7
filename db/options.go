package db

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// Options says which database to open. The zero value of every field but URL works.
type Options struct {
	URL         string                           // "sqlite:FILE"; a relative FILE lies in Dir. Or "postgres://…"
	Dir         string                           // default ".": where relative files lie
	Readers     int                              // SQLite: connections that read; default the larger of 4 and the cores
	Connections int                              // PARLEY_DATABASE_CONNECTIONS, default 24: to Postgres, a third of them to write
	DiskMinFree int64                            // PARLEY_DISK_MIN_FREE, bytes, default 256 MiB: with less, writes get ErrFull
	WALMax      int64                            // PARLEY_SQLITE_WAL_MAX, bytes, default 256 MiB: beyond it the oldest read gets ErrBusy
	LookEvery   time.Duration                    // default 5 s: how often both are looked at
	Patience    time.Duration                    // default 5 s: how long a read or a statement may take, a commit twice as long; for tests on busy machines
	Logger      *slog.Logger                     // told of a full disk and a large WAL; default: nobody is
	Trace       func(ctx context.Context, s any) // told of each statement before it runs; for tests that count them

	// OnFault is told once that a write met a disk or a file that cannot be trusted any more; what that write
	// stored is unknown. It should end the process and not return: until then no write returns, and when it
	// does, that one and all later ones return ErrDown. Default: nobody is told.
	OnFault func(error)
}

// WithDefaults returns the options with a default for what is zero.
func (o Options) WithDefaults() Options {
	o.Readers = cmp.Or(o.Readers, max(4, runtime.GOMAXPROCS(0)))
	o.Connections = cmp.Or(o.Connections, 24)
	o.DiskMinFree = cmp.Or(o.DiskMinFree, 256<<20)
	o.WALMax = cmp.Or(o.WALMax, 256<<20)
	o.LookEvery = cmp.Or(o.LookEvery, 5*time.Second)
	o.Patience = cmp.Or(o.Patience, 5*time.Second)
	o.Logger = cmp.Or(o.Logger, slog.New(slog.DiscardHandler))
	if o.OnFault == nil {
		o.OnFault = func(error) {}
	}
	return o
}

// sqliteFile is the path of the database.
func (o Options) sqliteFile() (string, error) {
	file, ok := strings.CutPrefix(o.URL, "sqlite:")
	switch {
	case !ok || file == "":
		return "", errors.New("database URL: want sqlite:FILE or postgres://…")
	case filepath.IsAbs(file):
		return file, nil
	}
	return filepath.Join(o.Dir, file), nil
}
