// Package crowd fills a database with very many rooms and with people who are in some of them and signed in. It rests on
// one idea: rows are written by statements over all of them at once, because over the API they would take longer than
// what is measured.
package crowd

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	_ "github.com/mattn/go-sqlite3" // the driver Parley uses

	"parley/audit"
	"parley/auth"
	"parley/auth/accounts"
	"parley/auth/rows"
	"parley/auth/sessions"
	"parley/db"
	"parley/ent"
)

// How many of the rooms people are in, all of them in the same.
const (
	Many = 200
	Few  = 50
)

// A Person is signed in.
type Person struct{ ID, Name, Token string }

// A Crowd is who was added, and where they are.
type Crowd struct {
	Many  []Person // who are in all of Rooms
	Few   []Person // who are in the first Few of them
	Rooms []string // ids, as many as Many
}

// Fill adds rooms, at least Many, each with one chat and two members that are not returned, and twice as many people as
// said: those of the Crowd. file is the database in a data directory of Parley that nobody uses.
func Fill(ctx context.Context, file string, rooms, people int) (*Crowd, error) {
	c := &Crowd{}
	if err := c.fill(ctx, file, rooms, people); err != nil {
		return nil, fmt.Errorf("fill %s: %w", file, err)
	}
	if err := signIn(ctx, file, c.Many, c.Few); err != nil {
		return nil, fmt.Errorf("sign a crowd in: %w", err)
	}
	return c, nil
}

// fill adds the rows and reads who has come of them.
func (c *Crowd) fill(ctx context.Context, file string, rooms, people int) error {
	return inFile(ctx, file, statements(rooms, people), func(pool *sql.DB) (err error) {
		if c.Many, err = peopleCalled(ctx, pool, "many"); err != nil {
			return err
		}
		if c.Few, err = peopleCalled(ctx, pool, "few"); err != nil {
			return err
		}
		c.Rooms, err = roomsOf(ctx, pool, c.Many[0].ID)
		return err
	})
}

// inFile runs statements, which are one transaction, and then reads. A crash would leave a database that nobody needs, so nothing
// is waited for.
func inFile(ctx context.Context, file string, statements []string, read func(*sql.DB) error) error {
	pool, err := sql.Open("sqlite3", "file:"+file+"?_journal=WAL&_sync=OFF&_cache_size=-200000")
	if err != nil {
		return err
	}
	defer func() { _ = pool.Close() }()
	pool.SetMaxOpenConns(1)
	for _, statement := range statements {
		if _, err := pool.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%.60s …: %w", statement, err)
		}
	}
	return read(pool)
}

func peopleCalled(ctx context.Context, pool *sql.DB, prefix string) (people []Person, err error) {
	return all(ctx, pool, func(found *sql.Rows) (p Person, err error) {
		return p, found.Scan(&p.ID, &p.Name)
	}, `SELECT id, username FROM users WHERE username_key LIKE ? ORDER BY id`, prefix+"%")
}

func roomsOf(ctx context.Context, pool *sql.DB, person string) ([]string, error) {
	return all(ctx, pool, func(found *sql.Rows) (id string, err error) {
		return id, found.Scan(&id)
	}, `SELECT r.id FROM members m JOIN rooms r ON r.id = m.room_id WHERE m.user_id = ? ORDER BY r.last_at`, person)
}

// all reads what a query finds.
func all[T any](ctx context.Context, pool *sql.DB, scan func(*sql.Rows) (T, error), query string, args ...any) (values []T, err error) {
	found, err := pool.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = found.Close() }()
	for found.Next() {
		value, err := scan(found)
		if err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, found.Err()
}

// signIn begins a session for each, without the hash of a password.
func signIn(ctx context.Context, file string, groups ...[]Person) error {
	dir := filepath.Dir(file)
	store, err := db.Open(ctx, db.Options{URL: "sqlite:" + filepath.Base(file), Dir: dir})
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	ring, err := accounts.OpenKeys(ctx, dir, store)
	if err != nil {
		return err
	}
	all := sessions.New(&rows.Store{Store: store, Clock: time.Now}, ring, audit.New(nil, nil, audit.OfSignIn), sessions.Defaults())
	for _, people := range groups {
		if err := begin(ctx, store, all, people); err != nil {
			return err
		}
	}
	return nil
}

func begin(ctx context.Context, store *db.Store, all *sessions.Sessions, people []Person) error {
	begun := make([]sessions.Begun, len(people))
	err := store.Write(ctx, func(tx *ent.Tx) (err error) {
		for i, p := range people {
			if begun[i], err = all.Begin(ctx, tx, &auth.User{ID: uuid.MustParse(p.ID), Username: p.Name}, auth.Client{}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i := range people {
		tokens, err := all.Issue(ctx, begun[i])
		if err != nil {
			return err
		}
		people[i].Token = tokens.AccessToken
	}
	return nil
}
