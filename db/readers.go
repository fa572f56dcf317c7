package db

import (
	"context"
	"fmt"
	"sync"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
)

// longestRead bounds a read: while it sees an old state, the WAL cannot be emptied and grows.
const longestRead = 5 * time.Second

var errEnded = fmt.Errorf("%w: the read took too long", ErrBusy)

// readers is the driver of the reading pool. It ends reads that take too long, and before that the
// oldest when it is asked to.
type readers struct {
	dialect.Driver
	longest time.Duration

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

func newReaders(driver dialect.Driver) *readers {
	return &readers{Driver: driver, longest: longestRead, open: map[*reading]struct{}{}}
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

// why gives the error of a read that is over its reason, whatever the driver calls it: withdrawn, or a
// transaction that has ended. A deadline of the caller reaches it on several ways too. Every other error
// gets its class.
func (r *reading) why(err error) error {
	if cause := context.Cause(r.ctx); err != nil && cause != nil {
		return cause
	}
	return classify("", err)
}

// Query is one read by itself. It lasts until its rows are closed.
func (d *readers) Query(ctx context.Context, query string, args, v any) error {
	r := d.begin(ctx)
	return r.query(r.ctx, d.Driver, func() { d.end(r) }, query, args, v)
}

// query runs a query of a read and calls done at its end.
func (r *reading) query(ctx context.Context, on dialect.ExecQuerier, done func(), query string, args, v any) error {
	if err := on.Query(ctx, query, args, v); err != nil {
		defer done() // which ends the context, and would be taken for the reason
		return r.why(err)
	}
	rows, ok := v.(*entsql.Rows)
	if !ok {
		panic(fmt.Sprintf("ent reads into %T", v))
	}
	rows.ColumnScanner = &readRows{rows.ColumnScanner, r, done}
	return nil
}

// Tx is one read of many queries. It lasts until its end.
func (d *readers) Tx(ctx context.Context) (dialect.Tx, error) {
	r := d.begin(ctx)
	tx, err := d.Driver.Tx(r.ctx)
	if err != nil {
		defer d.end(r)
		return nil, r.why(err)
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
	return t.reading.query(ctx, t.Tx, func() { detach(); cancel() }, query, args, v)
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
	done    func()
}

func (r *readRows) Columns() ([]string, error) {
	names, err := r.ColumnScanner.Columns()
	return names, r.reading.why(err)
}

func (r *readRows) Err() error { return r.reading.why(r.ColumnScanner.Err()) }

func (r *readRows) Scan(into ...any) error { return r.reading.why(r.ColumnScanner.Scan(into...)) }

func (r *readRows) Close() error {
	defer r.done()
	return r.ColumnScanner.Close()
}
