package limits

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/e2e/harness"
)

// upgradeFrom asks for a socket as if from an address, gives it up at once, and returns the status.
func upgradeFrom(s *harness.Server, address string) (status string) {
	conn, err := net.Dial("tcp", s.Addr)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(harness.Timeout))
	_, _ = io.WriteString(conn, strings.Replace(upgradeLines, "198.51.100.1", address, 1)+"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return err.Error()
	}
	return strings.Fields(line)[1]
}

// visitors is how many of a hundred addresses that come once get a socket, and how long nearly all of them wait.
func visitors(s *harness.Server, network string) (open int, p99 time.Duration) {
	took := make([]time.Duration, 100)
	for i := range took {
		begun := time.Now()
		if upgradeFrom(s, fmt.Sprint(network, i)) == "101" {
			open++
		}
		took[i] = time.Since(begun)
	}
	slices.Sort(took)
	return open, took[98]
}

// A dozen addresses open sockets as fast as they are let. They took the slots of all others; now nobody else notices.
func TestManyConnectionsOfAFew(t *testing.T) {
	s := harness.New(t, harness.BehindProxy)
	before, calm := visitors(s, "203.0.113.")
	var busy atomic.Int64
	var attack sync.WaitGroup
	over := make(chan struct{})
	for n := range 12 {
		attack.Go(func() {
			for {
				select {
				case <-over:
					return
				default:
					if upgradeFrom(s, fmt.Sprint("198.51.100.", n)) == "503" {
						busy.Add(1)
					}
				}
			}
		})
	}
	harness.Eventually(t, "an attack that is refused", func() bool { return busy.Load() > 100 })
	during, p99 := visitors(s, "192.0.2.")
	close(over)
	attack.Wait()
	t.Logf("sockets of others: %d of 100 before, %d during the attack (ratio %.2f); p99 %v and %v (ratio %.1f)",
		before, during, float64(during)/float64(before), calm, p99, float64(p99)/float64(calm))
	if before != 100 || during < 95 {
		t.Errorf("sockets of others: %d of 100 before, %d during the attack", before, during)
	}
}

// A query over an event stream is a query: it is answered while no new streams are taken.
func TestQueriesOverEventStreamsNeedNoToken(t *testing.T) {
	s, ann := newLimited(t, "--accept-rate", "1/1h")
	for range 2 { // the bucket
		leave(openFrom(s, ""))
	}
	for _, document := range []string{`{ me { id } }`, `mutation { sendChat(room: "general", text: "x") { id } }`, `{ nonsense }`} {
		for range 3 {
			e, a := sendFrom(s, "", ann, document, true)
			if e == nil {
				t.Fatalf("%s: %d %s", document, a.Status, a.Body)
			}
			e.leave()
		}
	}
	_, a := tryStream(s, "", ann)
	wantDenied(t, "an event stream", a, 503, "SERVER_BUSY", "")
}
