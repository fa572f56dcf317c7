package postgres

import (
	"context"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
)

// withReadTimeout makes connections end when the server says nothing for longer although it is asked: it ends statements
// earlier itself. Not every context has a deadline, and TCP alone waits for many minutes.
func withReadTimeout(config *pgx.ConnConfig, longest time.Duration) *pgx.ConnConfig {
	config = config.Copy()
	dial := config.DialFunc
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &timeoutConn{conn, longest}, nil
	}
	return config
}

// A timeoutConn is a connection that is closed when a read of it takes too long. The driver reads only when it
// waits for a reply.
type timeoutConn struct {
	net.Conn
	longest time.Duration
}

func (c *timeoutConn) Read(into []byte) (int, error) {
	defer time.AfterFunc(c.longest, func() { _ = c.Conn.Close() }).Stop()
	return c.Conn.Read(into)
}
