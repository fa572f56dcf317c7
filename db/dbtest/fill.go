package dbtest

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// Fill gives an empty room so many chats of somebody, as if they had been sent, in a moment.
func Fill(ctx context.Context, pool *sql.DB, room, user uuid.UUID, chats int) (err error) {
	id, series := "printf('%08x-0000-4000-8000-%012x', i, abs(random()) % 281474976710656)",
		"WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < $2)"
	at := "'2026-01-31 12:00:00+00:00'"
	if OnPostgres() {
		id, series, at = "gen_random_uuid()", "WITH s(i) AS (SELECT generate_series(1, $2::int))", "timestamptz '2026-01-31 12:00:00Z'"
	}
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	for _, fill := range []struct {
		text string
		args []any
	}{
		{series + ` INSERT INTO chats (id, room_id, number, place, tag, user_id, username, text, created_at)
			SELECT ` + id + `, $1, i, i, i, $3, 'somebody', 'what somebody said in a room that is large', ` + at + ` FROM s`, []any{room.String(), chats, user.String()}},
		{`INSERT INTO room_events (room_id, place, number, tag, kind, at, actor_id, chat_id)
			SELECT room_id, place, number, tag, 'CHAT_SENT', created_at, user_id, id FROM chats WHERE room_id = $1 ORDER BY place`, []any{room.String()}},
		{`UPDATE rooms SET last_place = $2, last_number = $2, last_tag = $2 WHERE id = $1`, []any{room.String(), chats}},
	} {
		if !OnPostgres() {
			fill.text = strings.ReplaceAll(fill.text, "$", "?") // a $1 is a name there, and the first is the first that comes
		}
		if _, err := tx.ExecContext(ctx, fill.text, fill.args...); err != nil {
			return fmt.Errorf("fill: %w", err)
		}
	}
	return tx.Commit()
}
