// Command hash computes atlas.sum of both databases again, behind SQL that was written by hand:
//
//	go run ./db/migrations/hash
//
// A file that has been released must not change: a database that has applied it does not apply it again.
package main

import (
	"fmt"
	"os"

	"ariga.io/atlas/sql/migrate"

	"parley/db/migrations"
)

func main() {
	for _, folder := range []string{migrations.SQLite, migrations.Postgres} {
		changed, err := hash("db/migrations/" + folder)
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", folder, err)
			os.Exit(1)
		}
		fmt.Printf("%s: %s\n", folder, map[bool]string{true: "written", false: "nothing to do"}[changed])
	}
}

// hash writes the sums of the files in path, if those that are there are others.
func hash(path string) (changed bool, err error) {
	dir, err := migrate.NewLocalDir(path)
	if err != nil {
		return false, err
	}
	if migrate.Validate(dir) == nil {
		return false, nil
	}
	sum, err := dir.Checksum()
	if err != nil {
		return false, err
	}
	return true, migrate.WriteSumFile(dir, sum)
}
