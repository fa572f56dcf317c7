package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/db/failure"

	"github.com/jackc/pgx/v5"
)

// bellChannel is what nodes on one Postgres listen on.
const bellChannel = "parley_bell"

const (
	listenPing = 10 * time.Second // silence after which the connection is tried
	listenWait = 5 * time.Second  // for the answer
)

// Notify hands a payload of at most 7,999 bytes to all nodes that listen, this one too. Only with Postgres.
func (s *Store) Notify(ctx context.Context, payload string) error {
	// A NOTIFY has a commit of its own, under a lock of the whole server: nobody waits for the disk there.
	_, err := s.pools.write.ExecContext(ctx, "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, $2)", bellChannel, payload)
	return failure.Classify("notify", err)
}

// Listen hands on what nodes notify, over a connection of its own, until that or ctx ends. ready is called
// when it hears. Only with Postgres; not through a pooler that takes the connection away after a transaction.
func (s *Store) Listen(ctx context.Context, ready func(), got func(payload string)) error {
	conn, err := pgx.ConnectConfig(ctx, s.postgres.Copy())
	if err != nil {
		return fmt.Errorf("listen: %w", failure.OneLine(err))
	}
	defer closeListening(conn)
	if _, err := conn.Exec(ctx, "LISTEN "+bellChannel); err != nil {
		return fmt.Errorf("listen: %w", failure.OneLine(err))
	}
	ready()
	for {
		payload, err := nextNotification(ctx, conn)
		switch {
		case err == nil:
			got(payload)
		case ctx.Err() != nil:
			return ctx.Err()
		case !errors.Is(err, context.DeadlineExceeded):
			return fmt.Errorf("listen: %w", failure.OneLine(err))
		default: // a peer that has vanished answers nothing, and says nothing
			if err := pingListening(ctx, conn); err != nil {
				return fmt.Errorf("listen: %w", failure.OneLine(err))
			}
		}
	}
}

func nextNotification(ctx context.Context, conn *pgx.Conn) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, listenPing)
	defer cancel()
	n, err := conn.WaitForNotification(ctx)
	if err != nil {
		return "", err
	}
	return n.Payload, nil
}

func pingListening(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, listenWait)
	defer cancel()
	return conn.Ping(ctx)
}

// closeListening says good-bye for a moment only.
func closeListening(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = conn.Close(ctx)
}
