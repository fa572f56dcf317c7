package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A suite measures the targets against servers it starts itself.
type suite struct {
	binary      string
	baseline    string
	dir         string // where the databases lie: the disk under test
	only        string // names of parts, separated by commas; empty: all
	rounds      int
	round       time.Duration
	clients     int
	rooms       int
	subscribers int
	strict      bool

	temp       string
	users      []user
	loginUsers []user // who sign in again and again
	roomIDs    []string

	roomStart string              // the cursor of the first room before anything was sent
	servers   []*process          // all that were started
	main      *process            // the Parley of the parts without subscribers
	filled    bool                // its first room has many pages
	backing   *backing            // what nodes share; nil until a part needs it
	running   map[string]*process // the servers of those with subscribers, by name
	r         report
}

// textSize is the length of all texts of the suite.
const textSize = 100

func prepareSuite(f *flag.FlagSet) func(context.Context) (*report, error) {
	s := &suite{running: map[string]*process{}}
	f.StringVar(&s.binary, "parley", "bin/parley", "the `program` to measure")
	f.StringVar(&s.baseline, "baseline", "bin/baseline", "the `program` with the servers that it is measured against")
	f.StringVar(&s.dir, "dir", "", "`directory` for the databases, on the disk that counts, which everybody may enter; empty: the system's for temporary files")
	f.StringVar(&s.only, "run", "", "`parts` to run, separated by commas; empty: all of "+strings.Join(s.names(), ", "))
	f.IntVar(&s.rounds, "rounds", 5, "rounds of each comparison")
	f.DurationVar(&s.round, "round", 1500*time.Millisecond, "how long each side of a round sends or reads")
	f.IntVar(&s.clients, "clients", 64, "clients that send")
	f.IntVar(&s.rooms, "rooms", 1, "rooms they send into")
	f.IntVar(&s.subscribers, "subscribers", 500, "subscribers of one room; many are ten times as many")
	f.BoolVar(&s.strict, "strict", false, "a missed target is a failure")
	return s.run
}

func (s *suite) run(ctx context.Context) (_ *report, err error) {
	if s.rounds < 1 || s.round <= 0 || s.clients < 1 || s.rooms < 1 || s.subscribers < 1 {
		return nil, usageError("rounds, their length, clients, rooms and subscribers must be above zero")
	}
	parts, err := s.chosenParts()
	if err != nil {
		return nil, err
	}
	if s.temp, err = os.MkdirTemp(s.dir, "parleybench-"); err != nil {
		return nil, fmt.Errorf("make a directory for the databases: %w", err)
	}
	s.r.strict = s.strict
	defer func() { err = errors.Join(err, s.stopAll(), os.RemoveAll(s.temp)) }()
	fsyncs, err := fsyncsPerSecond(s.temp)
	if err != nil {
		return nil, err
	}
	s.r.add("fsyncs_per_s", fsyncs)
	if err := s.seed(ctx); err != nil {
		return &s.r, err
	}
	for _, p := range parts {
		if err := s.runPart(ctx, p); err != nil {
			return &s.r, fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return &s.r, nil
}

// seed makes one database with the users and rooms of all parts. Its copies start equal, and the
// tokens are good on all of them, because the keys are copied too.
func (s *suite) seed(ctx context.Context) error {
	p, err := s.parley(ctx, "seed")
	if err != nil {
		return err
	}
	open := api{url: p.url}
	if s.users, err = open.register(ctx, s.clients); err != nil {
		return err
	}
	if s.loginUsers, err = open.register(ctx, loginUsersCount); err != nil {
		return err
	}
	if s.roomIDs, err = open.as(s.users[0].token).createRooms(ctx, s.rooms); err != nil {
		return err
	}
	if s.roomStart, err = open.as(s.users[0].token).syncCursor(ctx, s.roomIDs[0]); err != nil {
		return err
	}
	return p.stop()
}

// data is the directory of one of the servers.
func (s *suite) data(name string) string { return filepath.Join(s.temp, name) }

// database is the file that Parley keeps in its data directory.
func (s *suite) database(name string) string { return filepath.Join(s.data(name), "parley.db") }

// parley starts a server over the named data directory.
func (s *suite) parley(ctx context.Context, name string, more ...string) (*process, error) {
	p, err := startParley(ctx, s.binary, s.data(name), more...)
	if err == nil {
		s.servers = append(s.servers, p)
	}
	return p, err
}

// bare starts a bare server over the database of a directory.
func (s *suite) bare(ctx context.Context, mode, name string) (*process, error) {
	return s.bareOn(ctx, mode, s.database(name))
}

// bareOn starts a bare server over a file or a URL.
func (s *suite) bareOn(ctx context.Context, mode, database string) (*process, error) {
	p, err := start(ctx, exec.Command(s.baseline, "-mode", mode, "-db", database))
	if err == nil {
		s.servers = append(s.servers, p)
	}
	return p, err
}

// shared is the one server of its kind that the parts with subscribers share.
func (s *suite) shared(ctx context.Context, name string) (*process, error) {
	if p := s.running[name]; p != nil {
		return p, nil
	}
	p, err := s.startCopy(ctx, name, "live_"+name)
	if err == nil {
		s.running[name] = p
	}
	return p, err
}

// startCopy starts a server of a kind over a copy of the seeded database.
func (s *suite) startCopy(ctx context.Context, name, dir string) (*process, error) {
	if err := s.copySeed(dir); err != nil {
		return nil, err
	}
	if name == parley {
		return s.parley(ctx, dir)
	}
	return s.bare(ctx, name, dir)
}

// copySeed gives a server a database of its own, unless it has one.
func (s *suite) copySeed(name string) error {
	if _, err := os.Stat(s.data(name)); err == nil {
		return nil
	}
	if err := os.CopyFS(s.data(name), os.DirFS(s.data("seed"))); err != nil {
		return fmt.Errorf("copy the database: %w", err)
	}
	// CopyFS does not keep a mode stricter than 0777 and 0666; the keys ask for it.
	return filepath.WalkDir(s.data(name), func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return errors.Join(err, os.Chmod(path, 0o700))
		}
		return os.Chmod(path, 0o600)
	})
}

// stopAll stops what still runs; a server that was stopped says again how that went.
func (s *suite) stopAll() error {
	var errs []error
	for _, p := range slices.Backward(s.servers) { // what others need was started before them
		errs = append(errs, p.stop())
	}
	return errors.Join(errs...)
}

// fsyncsPerSecond says what a commit costs on this disk at least.
func fsyncsPerSecond(dir string) (float64, error) {
	f, err := os.CreateTemp(dir, "fsync-")
	if err != nil {
		return 0, fmt.Errorf("look at the disk: %w", err)
	}
	defer func() { _, _ = f.Close(), os.Remove(f.Name()) }()
	page := make([]byte, 4096)
	start, n := time.Now(), 0
	for ; time.Since(start) < 500*time.Millisecond; n++ {
		if _, err := f.WriteAt(page, int64(n%256)*int64(len(page))); err != nil {
			return 0, fmt.Errorf("look at the disk: %w", err)
		}
		if err := f.Sync(); err != nil {
			return 0, fmt.Errorf("look at the disk: %w", err)
		}
	}
	return perSecond(n, time.Since(start)), nil
}
