package broker_test

import (
	"io"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/broker"
)

// A server that takes a connection and nothing more blocks nobody, neither at the start nor when notifications
// fill its buffers.
func TestNATSThatReadsNothingBlocksNobody(t *testing.T) {
	listener := listenTCP(t)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = conn.Close() })
			_, _ = io.WriteString(conn, `INFO {"server_id":"x","version":"2.15.2","proto":1,"headers":true,"max_payload":1048576}`+"\r\nPONG\r\n")
		}
	}()
	rooms := make([]uuid.UUID, 1000)
	longest := func() (longest time.Duration) {
		n, _ := dial(t, broker.NATSOptions{URL: "nats://" + listener.Addr().String()})
		received := subscribe(t, n)
		for range 2000 { // 32 MB, if each was sent
			for i := range rooms {
				rooms[i] = uuid.New()
			}
			began := time.Now()
			n.Notify(rooms...)
			longest = max(longest, time.Since(began))
			received.await(t, names(rooms[0]))
		}
		return longest
	}
	for try := 1; ; try++ { // a busy machine may be slow once; what writes waits for each connection
		took := longest()
		if took < time.Second {
			return
		}
		if try == 5 {
			t.Fatalf("Notify took %v", took)
		}
	}
}
