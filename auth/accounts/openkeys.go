package accounts

import (
	"context"
	"fmt"

	"parley/auth/keys"
	"parley/db"
	"parley/ent"
)

// OpenKeys opens the keys of a server with that data directory and store, as keys.Open says.
func OpenKeys(ctx context.Context, dir string, store *db.Store) (*keys.Ring, error) {
	return keys.Open(dir, store.Shared(), func() (bool, error) { return hasSessions(ctx, store) })
}

func hasSessions(ctx context.Context, store *db.Store) (used bool, err error) {
	err = store.View(ctx, func(c *ent.Client) error {
		used, err = c.Session.Query().Exist(ctx)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("look for sessions: %w", err)
	}
	return used, nil
}
