package db

import (
	"database/sql"
	"net"
	"testing"

	"github.com/jackc/pgx/v5/stdlib"
)

// A stop ended with status 1 now and then: a connection that had been lost while it lay in the pool could not be
// closed once more. What was committed is there all the same.
func TestCloseOfLostConnections(t *testing.T) {
	t.Parallel()
	for how, lose := range map[string]func(way net.Conn) error{
		"closed here": net.Conn.Close,
		"ended there": func(way net.Conn) error { _, err := way.Write([]byte{'X', 0, 0, 0, 4}); return err }, // Terminate
		"untouched":   func(net.Conn) error { return nil },
	} {
		s := openPostgresStore(t, 4)
		mustAdd(t, s, "ann")
		for _, pool := range []*sql.DB{s.pools.read, s.pools.write} {
			conn, err := pool.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var way net.Conn
			err = conn.Raw(func(d any) error { way = d.(*stdlib.Conn).Conn().PgConn().Conn(); return nil })
			if err != nil {
				t.Fatal(err)
			}
			if err := lose(way); err != nil {
				t.Errorf("%s: %v", how, err)
			}
			_ = conn.Close() // back into the pool
		}
		if err := s.Close(); err != nil {
			t.Errorf("%s: %v", how, err)
		}
	}
}
