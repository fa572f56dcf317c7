// Command diff writes the next migration of both databases from the Ent schema:
//
//	go run ./db/migrations/diff NAME
//
// It replays the files of each folder on an empty database and writes what is missing there.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/sqltool"
	"entgo.io/ent/dialect/sql/schema"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./db/migrations/diff NAME")
		os.Exit(2)
	}
	for _, target := range targets {
		wrote, err := target.diff(context.Background(), "db/migrations/"+target.folder, os.Args[1])
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", target.folder, err)
			os.Exit(1)
		}
		fmt.Printf("%s: %s\n", target.folder, map[bool]string{true: "written; read it", false: "nothing to do"}[wrote])
	}
}

// diff compares the schema with the files in path and writes a file when they differ. An applied
// file that was changed is an error, because atlas.sum then does not fit.
func (t target) diff(ctx context.Context, path, name string) (wrote bool, err error) {
	driver, drop, err := t.empty(ctx)
	if err != nil {
		return false, err
	}
	defer drop()
	dir, err := sqltool.NewGooseDir(path)
	if err != nil {
		return false, err
	}
	m, err := schema.NewMigrate(driver, schema.WithDir(dir), schema.WithFormatter(sqltool.GooseFormatter),
		schema.WithMigrationMode(schema.ModeReplay), schema.WithDropColumn(true), schema.WithDropIndex(true), schema.WithErrNoPlan(true))
	if err != nil {
		return false, err
	}
	err = m.NamedDiff(ctx, name, t.tables()...)
	if errors.Is(err, migrate.ErrNoPlan) {
		return false, nil
	}
	return err == nil, err
}
