package db

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"

	"parley/db/failure"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
)

var errEnded = fmt.Errorf("%w: the read took too long", ErrBusy)

// readers is the driver of the reading pool. It ends reads that take too long, and before that the
// oldest when it is asked to.
type readers struct {
	dialect.Driver
	begins   *entsql.Driver // the same, which begins transactions with the options in view
	longest  time.Duration  // bounds a read: while it sees an old state, the WAL cannot be emptied and grows
	view     *sql.TxOptions // of a transaction that sees one state
	dropIdle func()         // called before a read is repeated whose connection was lost; nil: none is

	mu   sync.Mutex
	open map[*reading]struct{}
}

// A reading is a query or a transaction under way.
type reading struct {
	ctx   context.Context
	since time.Time
	stop  context.CancelCauseFunc
	timer *time.Timer
}

func newReaders(driver *entsql.Driver, longest time.Duration) *readers {
	return &readers{Driver: driver, begins: driver, longest: longest, open: map[*reading]struct{}{}}
}

func (d *readers) begin(ctx context.Context) *reading {
	r := &reading{since: time.Now()}
	r.ctx, r.stop = context.WithCancelCause(ctx)
	r.timer = time.AfterFunc(d.longest, func() { r.stop(errEnded) })
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open[r] = struct{}{}
	return r
}

func (d *readers) end(r *reading) {
	r.timer.Stop()
	r.stop(nil)
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.open, r)
}

// endOldest ends the oldest read; false: there is none.
func (d *readers) endOldest() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	var oldest *reading
	for r := range d.open {
		if r.ctx.Err() == nil && (oldest == nil || r.since.Before(oldest.since)) {
			oldest = r
		}
	}
	if oldest == nil {
		return false
	}
	oldest.stop(errEnded)
	return true
}

// why gives the error of a read that is over its reason, whatever the driver returns: withdrawn, or a
// transaction that has ended. A deadline of the caller reaches it on several ways too. Every other error
// gets its class.
func (r *reading) why(err error) error {
	if cause := context.Cause(r.ctx); err != nil && cause != nil {
		return cause
	}
	return failure.Classify("", err)
}

// Query is one read by itself. It lasts until its rows are closed.
func (d *readers) Query(ctx context.Context, query string, args, v any) error {
	r := d.begin(ctx)
	end := func() { d.end(r) }
	err := d.retryStale(r, func() error { return r.query(r.ctx, d.Driver, end, query, args, v) })
	if err != nil {
		end()
	}
	return err
}

// retryStale repeats what has handed nothing out when it lost its connection: after a restart of the server all
// are dead, and the first read on each would show it.
func (d *readers) retryStale(r *reading, read func() error) error {
	err := r.why(read())
	if d.dropIdle == nil || !failure.IsStale(err) {
		return err
	}
	d.dropIdle()
	return r.why(read())
}

// query runs a query of a read and sees that done is called at the end of its rows.
func (r *reading) query(ctx context.Context, on dialect.ExecQuerier, done func(), query string, args, v any) error {
	if err := on.Query(ctx, query, args, v); err != nil {
		return err
	}
	rows, ok := v.(*entsql.Rows)
	if !ok {
		panic(fmt.Sprintf("ent reads into %T", v))
	}
	rows.ColumnScanner = &readRows{rows.ColumnScanner, r, counter(ctx), done}
	return nil
}

// Tx is one read of many queries. It lasts until its end.
func (d *readers) Tx(ctx context.Context) (dialect.Tx, error) {
	r := d.begin(ctx)
	var tx dialect.Tx
	err := d.retryStale(r, func() (err error) { tx, err = d.begins.BeginTx(r.ctx, d.view); return err })
	if err != nil {
		d.end(r)
		return nil, err
	}
	return &readTx{tx, r, d}, nil
}

type readTx struct {
	dialect.Tx
	reading *reading
	readers *readers
}

// Query ends with its own context and with the transaction's.
func (t *readTx) Query(ctx context.Context, query string, args, v any) error {
	ctx, cancel := context.WithCancel(ctx)
	detach := context.AfterFunc(t.reading.ctx, cancel)
	done := func() { detach(); cancel() }
	err := t.reading.query(ctx, t.Tx, done, query, args, v)
	if err != nil {
		done()
	}
	return t.reading.why(err)
}

func (t *readTx) Commit() error {
	defer t.readers.end(t.reading)
	return t.Tx.Commit()
}

func (t *readTx) Rollback() error {
	defer t.readers.end(t.reading)
	return t.Tx.Rollback()
}

// readRows are the rows of a read.
type readRows struct {
	entsql.ColumnScanner
	reading *reading
	count   func(bytes int) error // of the text in each row; nil: nobody asks
	done    func()
}

func (r *readRows) Columns() ([]string, error) {
	names, err := r.ColumnScanner.Columns()
	return names, r.reading.why(err)
}

func (r *readRows) Err() error { return r.reading.why(r.ColumnScanner.Err()) }

func (r *readRows) Scan(into ...any) error {
	err := r.reading.why(r.ColumnScanner.Scan(into...))
	if err == nil && r.count != nil {
		err = r.count(textIn(into))
	}
	return err
}

func (r *readRows) Close() error {
	defer r.done()
	return r.ColumnScanner.Close()
}
