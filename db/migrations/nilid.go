package migrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"parley/db/failure"
)

// nilIDs is the migration that gives a chat with the nil UUID an id.
const nilIDs = "20261129180000_nil_ids.sql"

// ReplaceNilID does what that migration did, if there is such a chat: behind it, nodes of an older release may still have
// stored one. A start does not fail for that: the chat can be read, it is only an export with it that no import takes.
func ReplaceNilID(ctx context.Context, pool *sql.DB, folder string, logger *slog.Logger) error {
	var found int
	err := pool.QueryRowContext(ctx, `SELECT 1 FROM "chats" WHERE "id" = '00000000-0000-0000-0000-000000000000'`).Scan(&found)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return failure.Classify("look for a chat with the nil UUID", err)
	}
	if err := runUp(ctx, pool, folder+"/"+nilIDs); err != nil {
		logger.Warn("a chat keeps the nil UUID for an id, so no import takes an export; the next start tries again", "error", err)
	}
	return nil
}

// runUp runs what a migration does once more, in a transaction.
func runUp(ctx context.Context, pool *sql.DB, file string) error {
	up, err := upOf(file)
	if err != nil {
		return err
	}
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return failure.Classify("begin", err)
	}
	defer func() { _ = tx.Rollback() }() // behind a commit it does nothing
	if _, err := tx.ExecContext(ctx, up); err != nil {
		return failure.Classify("", err)
	}
	return failure.Classify("commit", tx.Commit())
}

// upOf is what a migration runs.
func upOf(file string) (string, error) {
	text, err := files.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("migrations: %w", err)
	}
	up, _, _ := strings.Cut(string(text), "-- +goose Down")
	return up, nil
}
