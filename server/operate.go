package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"parley/auth/operator"
	"parley/db"
	"parley/server/logs"
	"parley/server/settings"
)

// Operate calls do with what changes accounts in the database of a server that runs, or does not. The database is there and of this
// release: a word in the shell changes no schema under a node that is running. The audit goes to stderr.
func Operate(ctx context.Context, c *settings.Config, stderr io.Writer, do func(*operator.Operator) error) (err error) {
	there, err := db.OpenSnapshot(ctx, databaseOptions(c))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("there is no database yet: start the server once, or run parley migrate")
	case err != nil:
		return fmt.Errorf("PARLEY_DATABASE_URL: %w", err)
	}
	there.Close()
	logger := logs.New(stderr, c.LogLevel, c.LogFormat)
	store, err := openStore(ctx, c, logger, stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return do(operator.New(store, logger))
}
