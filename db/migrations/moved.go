package migrations

import (
	"context"
	"database/sql"

	"github.com/pressly/goose/v3"

	"parley/db/failure"
)

// moves are the migrations that change rows and no table, in order: what they did with rows that were there, MoveRows does with
// rows of an older release that come in behind them.
var moves = []string{nilIDs, "20261130000001_owners.sql", "20261130080001_read.sql"}

// MoveRows does with the rows of a database what the moves newer than a version do.
func MoveRows(ctx context.Context, tx *sql.Tx, folder string, since int64) error {
	for _, file := range moves {
		version, err := goose.NumericComponent(file)
		if err != nil || version <= since {
			continue
		}
		up, err := upOf(folder + "/" + file)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, up); err != nil {
			return failure.Classify("move rows of an older release", err)
		}
	}
	return nil
}
