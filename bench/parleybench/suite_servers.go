package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"parley/bench/client"
	"parley/bench/process"
	"parley/bench/load"
)

// The servers that deliver.
const (
	parley = "parley"
	raw    = "raw"   // a broadcast of bytes that are encoded beforehand, one write each
	stock  = "stock" // gqlgen's own transports before Parley's resolvers
)

// data is the directory of one of the servers.
func (s *suite) data(name string) string { return filepath.Join(s.temp, name) }

// database is the file that Parley keeps in its data directory.
func (s *suite) database(name string) string { return filepath.Join(s.data(name), "parley.db") }

// parley starts a server over the named data directory.
func (s *suite) parley(ctx context.Context, name string, more ...string) (*process.Process, error) {
	p, err := process.StartParley(ctx, s.binary, s.data(name), more...)
	if err == nil {
		s.servers = append(s.servers, p)
	}
	return p, err
}

// bare starts a bare server over the database of a directory.
func (s *suite) bare(ctx context.Context, mode, name string) (*process.Process, error) {
	return s.bareOn(ctx, mode, s.database(name))
}

// bareOn starts a bare server over a file or a URL.
func (s *suite) bareOn(ctx context.Context, mode, database string) (*process.Process, error) {
	p, err := process.Start(ctx, exec.Command(s.baseline, "-mode", mode, "-db", database))
	if err == nil {
		s.servers = append(s.servers, p)
	}
	return p, err
}

// shared is the one server of its kind that the parts with subscribers share.
func (s *suite) shared(ctx context.Context, name string) (*process.Process, error) {
	if p := s.running[name]; p != nil {
		return p, nil
	}
	p, err := s.startCopy(ctx, name, "live_"+name)
	if err == nil {
		if s.running == nil {
			s.running = map[string]*process.Process{}
		}
		s.running[name] = p
	}
	return p, err
}

// startCopy starts a server of a kind over a copy of the seeded database.
func (s *suite) startCopy(ctx context.Context, name, dir string) (*process.Process, error) {
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
		errs = append(errs, p.Stop())
	}
	return errors.Join(errs...)
}

// needMain starts the main server, when no part has done that yet, and gives the first room enough chats for a page,
// however few a busy machine has sent.
func (s *suite) needMain(ctx context.Context) (err error) {
	if s.filled {
		return nil
	}
	if s.main == nil {
		if s.main, err = s.startCopy(ctx, parley, "parley"); err != nil {
			return err
		}
	}
	s.filled = true
	sends, err := load.NewSender(client.ParleyRoute(s.main.URL), s.users[0], s.roomIDs[0], textSize)
	if err != nil {
		return err
	}
	defer sends.Conn.Close()
	return load.Fill(sends, 10*load.PageChats)
}
