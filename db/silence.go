package db

import (
	"context"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
)

// bounded makes connections end when the server says nothing for longestEnd although it is asked: it ends
// statements earlier itself. Not every context has a deadline, and TCP alone waits for many minutes.
func bounded(config *pgx.ConnConfig) *pgx.ConnConfig {
	config = config.Copy()
	dial := config.DialFunc
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &impatient{conn, longestEnd}, nil
	}
	return config
}

// impatient is a connection that is closed when a read of it takes too long. The driver reads only when it
// waits for an answer.
type impatient struct {
	net.Conn
	longest time.Duration
}

func (c *impatient) Read(into []byte) (int, error) {
	defer time.AfterFunc(c.longest, func() { _ = c.Conn.Close() }).Stop()
	return c.Conn.Read(into)
}
