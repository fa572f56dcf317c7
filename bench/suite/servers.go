package suite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"parley/bench/client"
	"parley/bench/load"
	"parley/bench/process"
)

// The servers that deliver.
const (
	Parley = "parley"
	Raw    = "raw"   // a broadcast of bytes that are encoded beforehand, one write each
	Stock  = "stock" // gqlgen's own transports before Parley's resolvers
)

// Data is the directory of one of the servers.
func (s *Suite) Data(name string) string { return filepath.Join(s.Temp, name) }

// Database is the file that Parley keeps in its data directory.
func (s *Suite) Database(name string) string { return filepath.Join(s.Data(name), "parley.db") }

// Parley starts a server over the named data directory.
func (s *Suite) Parley(ctx context.Context, name string, more ...string) (*process.Process, error) {
	return s.Program(ctx, s.Binary, name, more...)
}

// Program does the same with another build.
func (s *Suite) Program(ctx context.Context, binary, name string, more ...string) (*process.Process, error) {
	p, err := process.StartParley(ctx, binary, s.Data(name), more...)
	if err == nil {
		s.servers = append(s.servers, p)
	}
	return p, err
}

// Shell runs a command of the program on the named data directory, whose server may run.
func (s *Suite) Shell(ctx context.Context, name string, args ...string) error {
	command := exec.CommandContext(ctx, s.Binary, args...)
	command.Env = append(process.CleanEnv(), "PARLEY_DATA="+s.Data(name))
	if said, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w: %s", args, err, said)
	}
	return nil
}

// Bare starts a bare server over the database of a directory.
func (s *Suite) Bare(ctx context.Context, mode, name string) (*process.Process, error) {
	return s.BareOn(ctx, mode, s.Database(name))
}

// BareOn starts a bare server over a file or a URL.
func (s *Suite) BareOn(ctx context.Context, mode, database string) (*process.Process, error) {
	p, err := process.Start(ctx, exec.Command(s.Baseline, "-mode", mode, "-db", database))
	if err == nil {
		s.servers = append(s.servers, p)
	}
	return p, err
}

// Shared is the one server of its kind that the parts with subscribers share.
func (s *Suite) Shared(ctx context.Context, name string) (*process.Process, error) {
	if p := s.shared[name]; p != nil {
		return p, nil
	}
	p, err := s.StartCopy(ctx, name, "live_"+name)
	if err == nil {
		if s.shared == nil {
			s.shared = map[string]*process.Process{}
		}
		s.shared[name] = p
	}
	return p, err
}

// StartCopy starts a server of a kind over a copy of the seeded database.
func (s *Suite) StartCopy(ctx context.Context, name, dir string) (*process.Process, error) {
	if err := s.CopySeed(dir); err != nil {
		return nil, err
	}
	if name == Parley {
		return s.Parley(ctx, dir)
	}
	return s.Bare(ctx, name, dir)
}

// CopySeed gives a server a database of its own, unless it has one.
func (s *Suite) CopySeed(name string) error {
	if _, err := os.Stat(s.Data(name)); err == nil {
		return nil
	}
	if err := os.CopyFS(s.Data(name), os.DirFS(s.Data("seed"))); err != nil {
		return fmt.Errorf("copy the database: %w", err)
	}
	// CopyFS does not keep a mode stricter than 0777 and 0666; the keys ask for it.
	return filepath.WalkDir(s.Data(name), func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return errors.Join(err, os.Chmod(path, 0o700))
		}
		return os.Chmod(path, 0o600)
	})
}

// stopAll stops what still runs; a server that was stopped says again how that went.
func (s *Suite) stopAll() error {
	var errs []error
	for _, p := range slices.Backward(s.servers) { // what others need was started before them
		errs = append(errs, p.Stop())
	}
	return errors.Join(errs...)
}

// NeedMain starts the main server, when no part has done that yet, and gives the first room enough chats for a page,
// however few a busy machine has sent.
func (s *Suite) NeedMain(ctx context.Context) (err error) {
	if s.filled {
		return nil
	}
	if s.Main == nil {
		if s.Main, err = s.StartCopy(ctx, Parley, "parley"); err != nil {
			return err
		}
	}
	s.filled = true
	sends, err := load.NewSender(client.ParleyRoute(s.Main.URL), s.Users[0], s.RoomIDs[0], TextSize)
	if err != nil {
		return err
	}
	defer sends.Conn.Close()
	return load.Fill(sends, 10*load.PageChats)
}
