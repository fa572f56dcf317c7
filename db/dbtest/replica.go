package dbtest

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"parley/children"
)

// Replica copies a server that runs and starts the copy as its standby, reachable by a socket.
func (s *Server) Replica(ctx context.Context) (_ *Server, err error) {
	dir, err := children.Folder(filepath.Dir(s.dir), "pg")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	r := &Server{dir: dir, bin: s.bin}
	if r.as, err = unprivileged(dir); err != nil {
		return nil, err
	}
	if _, err := s.client(ctx, "pg_basebackup", "-D", r.data(), "--write-recovery-conf", "--checkpoint=fast", "--no-sync"); err != nil {
		return nil, err
	}
	return r, r.Start(ctx)
}

// Folder makes an empty folder in dir that the server may write, such as for a tablespace.
func (s *Server) Folder(dir string) (string, error) {
	folder, err := os.MkdirTemp(dir, "pg")
	if err != nil || s.as.Credential == nil {
		return folder, err
	}
	return folder, errors.Join(os.Chmod(dir, 0o755), os.Chown(folder, int(s.as.Credential.Uid), int(s.as.Credential.Gid)))
}
