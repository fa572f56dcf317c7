package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// The statements of a send as Postgres has them; many rows are columns.
const (
	pgReserve = `UPDATE rooms SET last_place = last_place + $1, last_number = last_number + $2, last_tag = $3, last_at = $4
		WHERE id = $5 RETURNING last_place, last_number`
	pgChat      = insertChats + `($1,$2,$3,$4,$5,$6,$7,$8,$9)`
	pgEvent     = insertEvents + `($1,$2,$3,'CHAT_SENT',$4,$5,$6,$7)`
	pgManyChats = `INSERT INTO chats (id, room_id, number, place, tag, user_id, username, text, created_at) SELECT * FROM
		unnest($1::uuid[],$2::uuid[],$3::bigint[],$4::bigint[],$5::bigint[],$6::uuid[],$7::text[],$8::text[],$9::timestamptz[])`
	pgManyEvents = `INSERT INTO room_events (room_id, place, number, tag, at, actor_id, chat_id, kind) SELECT *, 'CHAT_SENT' FROM
		unnest($1::uuid[],$2::bigint[],$3::bigint[],$4::bigint[],$5::timestamptz[],$6::uuid[],$7::uuid[])`
)

// pgSingle is single on Postgres: whoever sends has a connection of the pool for one transaction.
type pgSingle struct{ pool *pgxpool.Pool }

func newPgSingle(ctx context.Context, url string, connections int) (*pgSingle, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("-db: %w", err)
	}
	config.MaxConns = int32(connections)
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	return &pgSingle{pool}, nil
}

func (s *pgSingle) close() { s.pool.Close() }

func (s *pgSingle) send(c chat) (int, error) {
	ctx := context.Background()
	e := entry{chat: c, tag: newTag(), at: now()}
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, pgReserve, 1, 1, e.tag, e.at, e.Room).Scan(&e.place, &e.number)
		if err != nil {
			return fmt.Errorf("reserve a number: %w", err)
		}
		if _, err := tx.Exec(ctx, pgChat, e.chatValues(nil)...); err != nil {
			return fmt.Errorf("insert the chat: %w", err)
		}
		if _, err := tx.Exec(ctx, pgEvent, e.eventValues(nil)...); err != nil {
			return fmt.Errorf("insert the event: %w", err)
		}
		return nil
	})
	return e.number, err
}

// pgBatches commits to Postgres over one connection.
type pgBatches struct{ conn *pgx.Conn }

func newPgBatches(ctx context.Context, url string) (*pgBatches, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	return &pgBatches{conn}, nil
}

func (b *pgBatches) close() { _ = b.conn.Close(context.Background()) }

func (b *pgBatches) commit(batch []*waiting) error {
	ctx := context.Background()
	return pgx.BeginFunc(ctx, b.conn, func(tx pgx.Tx) error {
		err := number(batch, func(args ...any) scanner { return tx.QueryRow(ctx, pgReserve, args...) })
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, pgManyChats, columns(batch, (*entry).chatValues)...); err != nil {
			return fmt.Errorf("insert the chats: %w", err)
		}
		if _, err := tx.Exec(ctx, pgManyEvents, columns(batch, (*entry).eventValues)...); err != nil {
			return fmt.Errorf("insert the events: %w", err)
		}
		return nil
	})
}

// columns makes the values of a batch, which go row by row, one list for each column.
func columns(batch []*waiting, values func(*entry, []any) []any) []any {
	var lists [][]any
	for _, w := range batch {
		for i, value := range values(&w.entry, nil) {
			if i == len(lists) {
				lists = append(lists, nil)
			}
			lists[i] = append(lists[i], value)
		}
	}
	all := make([]any, len(lists))
	for i, list := range lists {
		all[i] = list
	}
	return all
}
