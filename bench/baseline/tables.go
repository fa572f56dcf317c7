package main

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
)

// tables are those with data, in an order in which rows come behind what they point to.
var tables = []string{"users", "sessions", "blacklisted_tokens", "login_limits", "rooms", "members", "bans", "invites", "chats", "room_events"}

// move dumps the rows of a database into files of a directory, or loads an empty one from there: what each
// database does at most, without a format of its own or checks.
func move(ctx context.Context, o options) error {
	m, err := newMover(ctx, o.database)
	if err != nil {
		return err
	}
	defer m.close()
	each := m.dump
	if o.mode == "load" {
		each = m.load
	}
	for _, table := range tables {
		if err := each(ctx, table, filepath.Join(o.dir, table)); err != nil {
			return fmt.Errorf("%s %s: %w", o.mode, table, err)
		}
	}
	return m.end()
}

type mover interface {
	dump(ctx context.Context, table, file string) error
	load(ctx context.Context, table, file string) error
	end() error // after all tables
	close()
}

func newMover(ctx context.Context, database string) (mover, error) {
	if strings.HasPrefix(database, "postgres://") {
		conn, err := pgx.Connect(ctx, database)
		if err != nil {
			return nil, fmt.Errorf("open the database: %w", err)
		}
		return &pgMover{conn}, nil
	}
	db, err := openWriter(database)
	if err != nil {
		return nil, err
	}
	tx, err := db.Begin()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("begin: %w", err), db.Close())
	}
	return &sqliteMover{db, tx}, nil
}

// pgMover lets Postgres copy, one transaction a table.
type pgMover struct{ conn *pgx.Conn }

func (m *pgMover) end() error { return nil }
func (m *pgMover) close()     { _ = m.conn.Close(context.Background()) }

func (m *pgMover) dump(ctx context.Context, table, file string) error {
	return create(file, func(to io.Writer) error {
		_, err := m.conn.PgConn().CopyTo(ctx, to, "COPY "+table+" TO STDOUT")
		return err
	})
}

func (m *pgMover) load(ctx context.Context, table, file string) error {
	from, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	_, err = m.conn.PgConn().CopyFrom(ctx, from, "COPY "+table+" FROM STDIN")
	return err
}

// sqliteMover is one transaction over all tables.
type sqliteMover struct {
	db *sql.DB
	tx *sql.Tx
}

func (m *sqliteMover) end() error { return m.tx.Commit() }
func (m *sqliteMover) close()     { _, _ = m.tx.Rollback(), m.db.Close() }

func (m *sqliteMover) dump(ctx context.Context, table, file string) error {
	found, err := m.tx.QueryContext(ctx, "SELECT * FROM "+table)
	if err != nil {
		return err
	}
	defer func() { _ = found.Close() }()
	names, err := found.Columns()
	if err != nil {
		return err
	}
	raw, to, line := make([]sql.RawBytes, len(names)), make([]any, len(names)), make([]string, len(names))
	for i := range raw {
		to[i] = &raw[i]
	}
	return create(file, func(w io.Writer) error {
		out := csv.NewWriter(w)
		if err := out.Write(names); err != nil {
			return err
		}
		for found.Next() {
			if err := found.Scan(to...); err != nil {
				return err
			}
			for i, value := range raw {
				line[i] = string(value)
			}
			if err := out.Write(line); err != nil {
				return err
			}
		}
		out.Flush()
		return errors.Join(out.Error(), found.Err())
	})
}

func (m *sqliteMover) load(ctx context.Context, table, file string) error {
	from, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	in := csv.NewReader(bufio.NewReaderSize(from, 1<<20))
	in.ReuseRecord = true
	names, err := in.Read()
	if err != nil {
		return err
	}
	insert, err := m.tx.PrepareContext(ctx, "INSERT INTO "+table+" ("+strings.Join(names, ",")+") VALUES ("+rows("?", len(names))+")")
	if err != nil {
		return err
	}
	defer func() { _ = insert.Close() }()
	return insertLines(ctx, insert, in, len(names))
}

// insertLines executes a statement with the values of each line.
func insertLines(ctx context.Context, insert *sql.Stmt, in *csv.Reader, columns int) error {
	values := make([]any, columns)
	for {
		line, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for i, text := range line {
			values[i] = nil
			if text != "" { // no column of ours is empty and not NULL
				values[i] = text
			}
		}
		if _, err := insert.ExecContext(ctx, values...); err != nil {
			return err
		}
	}
}

// create writes a file.
func create(file string, write func(io.Writer) error) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	to := bufio.NewWriterSize(f, 1<<20)
	return errors.Join(write(to), to.Flush(), f.Close())
}
