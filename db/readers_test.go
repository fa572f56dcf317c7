package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"parley/ent"
)

// forever is a query that takes very long inside SQLite.
const forever = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"

func TestReadsEnd(t *testing.T) {
	s, ctx := open(t, t.TempDir()), t.Context()
	for name, read := range map[string]func(ctx context.Context) error{
		"a query": func(ctx context.Context) error {
			return s.readers.Query(ctx, forever, []any{}, &entsql.Rows{})
		},
		"a query of a view": func(ctx context.Context) error {
			tx, err := s.readers.Tx(ctx)
			if err != nil {
				return err
			}
			return errors.Join(tx.Query(ctx, forever, []any{}, &entsql.Rows{}), ignoreDone(tx.Rollback()))
		},
		"a view between queries": func(ctx context.Context) error {
			return s.View(ctx, func(c *ent.Client) error {
				if _, err := c.User.Query().Count(ctx); err != nil {
					return err
				}
				for {
					if _, err := c.User.Query().Count(ctx); err != nil {
						return err
					}
				}
			})
		},
		"rows": func(ctx context.Context) error {
			rows := &entsql.Rows{}
			if err := s.readers.Query(ctx, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n", []any{}, rows); err != nil {
				return err
			}
			for rows.Next() {
			}
			return errors.Join(rows.Err(), rows.Close())
		},
	} {
		s.readers.longest = 30 * time.Millisecond
		if err := read(ctx); !errors.Is(err, ErrBusy) {
			t.Errorf("%s: got %v, want ErrBusy", name, err)
		}
		s.readers.longest = time.Hour
		mine, cancel := context.WithTimeout(ctx, 5*time.Millisecond)
		if err := read(mine); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrBusy) {
			t.Errorf("%s, given up by its caller: got %v, want its deadline", name, err)
		}
		cancel()
	}
	if n := len(s.readers.open); n != 0 {
		t.Errorf("%d reads are still counted", n)
	}
	if err := s.Ping(ctx); err != nil {
		t.Errorf("a read afterwards: %v", err)
	}
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// The oldest read is ended first, and only as many as are in the way.
func TestOldestReadIsEndedFirst(t *testing.T) {
	d := newReaders(nil, time.Hour)
	var all []*reading
	for range 3 {
		all = append(all, d.begin(t.Context()))
		for begun := time.Now(); !time.Now().After(begun); { // their ages differ
		}
	}
	for n := range 3 {
		if !d.endOldest() {
			t.Error("there was nobody to end")
		}
		got := fmt.Sprint(all[0].ctx.Err() != nil, all[1].ctx.Err() != nil, all[2].ctx.Err() != nil)
		if want := fmt.Sprint(n >= 0, n >= 1, n >= 2); got != want {
			t.Errorf("ended: %s, want %s", got, want)
		}
	}
	if d.endOldest() {
		t.Error("somebody was ended twice")
	}
}
