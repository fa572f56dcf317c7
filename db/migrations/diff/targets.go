package main

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/schema"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "github.com/mattn/go-sqlite3"    // the driver "sqlite3"

	"parley/db/dbtest"
	entmigrate "parley/ent/migrate"
)

// target is a database that migrations are written for.
type target struct {
	folder    string
	collation string // of the columns that hold folded text
	empty     func(context.Context) (driver *entsql.Driver, drop func(), err error)
}

var targets = []target{
	{folder: "sqlite", empty: emptySQLite},
	{folder: "postgres", collation: "C", empty: emptyPostgres},
}

func emptySQLite(context.Context) (*entsql.Driver, func(), error) {
	dir, err := os.MkdirTemp("", "diff")
	if err != nil {
		return nil, nil, err
	}
	pool, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, "empty.db")+"?_fk=1")
	if err != nil {
		return nil, nil, err
	}
	return entsql.OpenDB(dialect.SQLite, pool), func() { _, _ = pool.Close(), os.RemoveAll(dir) }, nil
}

func emptyPostgres(ctx context.Context) (*entsql.Driver, func(), error) {
	url, stop, err := dbtest.Postgres(ctx)
	if err != nil {
		return nil, nil, err
	}
	pool, err := sql.Open("pgx", url)
	if err != nil {
		stop()
		return nil, nil, err
	}
	return entsql.OpenDB(dialect.Postgres, pool), func() { _ = pool.Close(); stop() }, nil
}

// tables returns the schema with its folded columns in a collation. On Postgres that is "C": SQLite
// compares bytes, and a database's own locale would sort otherwise and change with an upgrade of libc.
func (t target) tables() []*schema.Table {
	for _, table := range entmigrate.Tables {
		for _, column := range table.Columns {
			if strings.HasSuffix(column.Name, "_key") {
				column.Collation = t.collation
			}
		}
	}
	return entmigrate.Tables
}
