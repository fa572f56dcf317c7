package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/db/failure"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	listenPing = 10 * time.Second // without a notification, after which the connection is tried
	listenWait = 5 * time.Second  // for the reply
)

// Notify hands a payload of at most 7,999 bytes to all nodes that listen to a channel, this one too.
func (d *Database) Notify(ctx context.Context, channel, payload string) error {
	// A NOTIFY has a commit of its own, under a lock of the whole server: nobody waits for the disk there.
	_, err := d.Write.ExecContext(ctx, "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, $2)", channel, payload)
	return failure.Classify("notify", err)
}

// Listen hands on what nodes notify over channels, whose names are words, over a connection of its own, until that or ctx ends. ready is called
// when it hears. Not through a pooler that takes the connection away after a transaction.
func (d *Database) Listen(ctx context.Context, channels []string, ready func(), got func(channel, payload string)) error {
	conn, err := pgx.ConnectConfig(ctx, d.config.Copy())
	if err != nil {
		return fmt.Errorf("listen: %w", failure.OneLine(err))
	}
	defer closeListening(conn)
	for _, channel := range channels {
		if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
			return fmt.Errorf("listen: %w", failure.OneLine(err))
		}
	}
	ready()
	for {
		n, err := nextNotification(ctx, conn)
		switch {
		case err == nil:
			got(n.Channel, n.Payload)
		case ctx.Err() != nil:
			return ctx.Err()
		case !errors.Is(err, context.DeadlineExceeded):
			return fmt.Errorf("listen: %w", failure.OneLine(err))
		default: // a peer that has vanished says nothing
			if err := pingListening(ctx, conn); err != nil {
				return fmt.Errorf("listen: %w", failure.OneLine(err))
			}
		}
	}
}

func nextNotification(ctx context.Context, conn *pgx.Conn) (*pgconn.Notification, error) {
	ctx, cancel := context.WithTimeout(ctx, listenPing)
	defer cancel()
	return conn.WaitForNotification(ctx)
}

func pingListening(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, listenWait)
	defer cancel()
	return conn.Ping(ctx)
}

// closeListening closes a connection, for a moment at most.
func closeListening(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = conn.Close(ctx)
}
