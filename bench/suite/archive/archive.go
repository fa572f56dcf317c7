// Package archive measures export and import of very many chats, beside programs that move bare rows.
package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"parley/bench/process"
	"parley/bench/report"
	"parley/bench/suite"
)

// A database is one to move to and from.
type database struct {
	name     string   // of its data directory
	url      string   // as the bare programs take it
	settings []string // as Parley takes it
}

// moveTimes are in seconds, by round.
type moveTimes struct{ exports, imports, dumps, loads []float64 }

// ExportAndImport imports very many chats into an empty database, exports them again, which must give the same bytes,
// and has bare programs do as much on the same database: first SQLite, then Postgres.
func ExportAndImport(ctx context.Context, s *suite.Suite) error {
	chats := 1000 * s.Subscribers
	file := filepath.Join(s.Temp, "export.ndjson")
	if err := writeExport(ctx, s, file, chats); err != nil {
		return err
	}
	for _, kind := range []struct {
		name string
		make func(context.Context, *suite.Suite, string) (database, error)
	}{{"SQLite", newSQLite}, {"Postgres", newPostgres}} {
		t := &moveTimes{}
		for round := range (s.Rounds + 1) / 2 { // each takes as long as ten of others
			if err := moveOnce(ctx, s, t, fmt.Sprintf("move_%s_%d", kind.name, round), file, kind.make); err != nil {
				return fmt.Errorf("%s: %w", kind.name, err)
			}
		}
		n := make([]float64, len(t.exports))
		for i := range n {
			n[i] = float64(chats)
		}
		out, in := fmt.Sprintf("%s, export of %d chats: ", kind.name, chats), fmt.Sprintf("%s, import of %d chats: ", kind.name, chats)
		s.Report.AtLeast(100_000, out+"chats/s", report.Over(n, t.exports))
		s.Report.Compare(out+"time / bare rows", report.Over(t.exports, t.dumps))
		s.Report.AtLeast(50_000, in+"chats/s", report.Over(n, t.imports))
		s.Report.Compare(in+"time / bare rows", report.Over(t.imports, t.loads))
	}
	return nil
}

func moveOnce(ctx context.Context, s *suite.Suite, t *moveTimes, name, file string, empty func(context.Context, *suite.Suite, string) (database, error)) error {
	ours, err := empty(ctx, s, name)
	if err != nil {
		return err
	}
	theirs, err := empty(ctx, s, name+"_bare")
	if err != nil {
		return err
	}
	out, rows := filepath.Join(s.Temp, name+".ndjson"), filepath.Join(s.Temp, name+"_rows")
	if err := os.Mkdir(rows, 0o700); err != nil {
		return err
	}
	for _, step := range []struct {
		times *[]float64
		what  *exec.Cmd
	}{
		{&t.imports, tool(ctx, s, ours, "import", file)},
		{&t.exports, tool(ctx, s, ours, "export", out)},
		{&t.dumps, exec.CommandContext(ctx, s.Baseline, "-mode", "dump", "-db", ours.url, "-dir", rows)},
		{&t.loads, exec.CommandContext(ctx, s.Baseline, "-mode", "load", "-db", theirs.url, "-dir", rows)},
	} {
		start := time.Now()
		if output, err := step.what.CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w\n%s", step.what.Args[1:], err, output)
		}
		*step.times = append(*step.times, time.Since(start).Seconds())
	}
	same, err := sameBytes(file, out)
	if err == nil && !same {
		s.Report.Faults.Add("%s: export after import gives other bytes", name)
	}
	return errors.Join(err, os.Remove(out), os.RemoveAll(rows), os.RemoveAll(s.Data(ours.name)), os.RemoveAll(s.Data(theirs.name)))
}

// tool is one of Parley's commands for a database.
func tool(ctx context.Context, s *suite.Suite, at database, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, s.Binary, args...)
	command.Env = append(append(process.CleanEnv(), "PARLEY_DATA="+s.Data(at.name)), at.settings...)
	return command
}

func newSQLite(ctx context.Context, s *suite.Suite, name string) (database, error) {
	return migrate(ctx, s, database{name: name, url: s.Database(name)})
}

func newPostgres(ctx context.Context, s *suite.Suite, name string) (database, error) {
	b, err := s.NeedBacking(ctx)
	if err != nil {
		return database{}, err
	}
	url, err := b.Database(ctx, name, "")
	if err != nil {
		return database{}, err
	}
	return migrate(ctx, s, database{name: name, url: url, settings: []string{"PARLEY_DATABASE_URL=" + url}})
}

// migrate gives a database its tables.
func migrate(ctx context.Context, s *suite.Suite, at database) (database, error) {
	if output, err := tool(ctx, s, at, "migrate").CombinedOutput(); err != nil {
		return at, fmt.Errorf("migrate: %w\n%s", err, output)
	}
	return at, nil
}

// sameBytes compares two files.
func sameBytes(one, other string) (_ bool, err error) {
	a, err := os.Open(one)
	if err != nil {
		return false, err
	}
	defer func() { _ = a.Close() }()
	b, err := os.Open(other)
	if err != nil {
		return false, err
	}
	defer func() { _ = b.Close() }()
	x, y := make([]byte, 1<<20), make([]byte, 1<<20)
	for {
		n, errA := io.ReadFull(a, x)
		m, errB := io.ReadFull(b, y)
		if !bytes.Equal(x[:n], y[:m]) {
			return false, nil
		}
		if errA != nil || errB != nil {
			return ended(errA) && ended(errB), nil
		}
	}
}

// ended says that a file was read to its end.
func ended(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }
