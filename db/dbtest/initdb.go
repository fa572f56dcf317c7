package dbtest

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"sync"

	"parley/children"
)

// blank is what initdb made for the first server of this process. The others copy it, which is ten times as fast.
var blank struct {
	sync.Mutex
	dir string // has a folder "data", once it is there
}

// initialise makes the files of an empty server.
func (s *Server) initialise(ctx context.Context) error {
	blank.Lock()
	defer blank.Unlock()
	if blank.dir != "" {
		return copyAll(ctx, filepath.Join(blank.dir, "data"), s.data())
	}
	initdb := s.command(ctx, "initdb", "-D", s.data(), "-U", "parley", "-E", "UTF8", "--locale=C.UTF-8", "-A", "trust", "--no-sync")
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	dir, err := children.Folder(OnDisk, "pg")
	if err != nil {
		return err
	}
	if err := copyAll(ctx, s.data(), filepath.Join(dir, "data")); err != nil {
		return err
	}
	blank.dir = dir
	return nil
}

// copyAll copies a folder with the owners and modes of what is in it.
func copyAll(ctx context.Context, from, to string) error {
	if out, err := exec.CommandContext(ctx, "cp", "-a", from, to).CombinedOutput(); err != nil {
		return fmt.Errorf("copy an empty server: %w: %s", err, out)
	}
	return nil
}
