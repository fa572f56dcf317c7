//go:build linux && !race

package ws

import (
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/e2e/harness"
	"parley/e2e/harness/frames"
)

// Thousands of connections send all but the last byte of a large message, or of a body, and hold it. What the server
// keeps of that stays within 300 MiB and 64 KiB for each, and a person is served beside it. (The race detector needs
// many times the memory, so this does not run under it.)
func TestHalfMessages(t *testing.T) {
	const connections = 2500
	upgrade := "GET /graphql HTTP/1.1\r\nHost: x\r\n" + frames.HandshakeLines + "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
	large := frames.Frame(frames.FinBit|frames.OpText, strings.Repeat(" ", 128<<10))
	for name, sent := range map[string]string{
		"messages":  upgrade + frames.Frame(frames.FinBit|frames.OpText, frames.InitText) + large[:len(large)-1],
		"fragments": upgrade + frames.Frame(frames.FinBit|frames.OpText, frames.InitText) + frames.Frame(frames.OpText, strings.Repeat(" ", 64<<10)) + frames.Frame(frames.OpMore, strings.Repeat(" ", 60<<10)),
		"bodies":    "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 131072\r\n\r\n" + strings.Repeat(" ", 128<<10-1),
	} {
		t.Run(name, func(t *testing.T) {
			p := harness.StartProcess(t, harness.DataDir(t), append(harness.DefaultTimes(), "--accept-rate", "0", "--log-level", "error")...)
			ann, _ := p.Register("ann")
			var conns [connections]net.Conn
			var next sync.Mutex
			i := 0
			var all sync.WaitGroup
			for range 16 {
				all.Go(func() {
					for {
						next.Lock()
						n := i
						i++
						next.Unlock()
						if n >= connections {
							return
						}
						conn, err := net.Dial("tcp", p.Addr)
						if err != nil {
							t.Error(err)
							return
						}
						conns[n] = conn
						_ = conn.SetDeadline(time.Now().Add(harness.Timeout))
						_, _ = io.WriteString(conn, sent) // it may be closed within it
					}
				})
			}
			all.Wait()
			http.DefaultClient.CloseIdleConnections() // which may have made room
			harness.Eventually(t, "an answer beside it", func() bool {
				response, err := http.Get("http://" + p.Addr + "/readyz")
				if err == nil {
					_ = response.Body.Close()
				}
				return err == nil
			})
			p.Must(nil, ann, `{ me { id } }`)
			k := p.Dial(ann)
			k.Expect("connection_ack")
			peak := p.Memory("VmHWM")
			t.Logf("at most %d MiB", peak>>20)
			if most := 300<<20 + connections*64<<10; peak > most {
				t.Errorf("the server had %d MiB, at most %d MiB are promised", peak>>20, most>>20)
			}
			for _, conn := range conns {
				if conn != nil {
					_ = conn.Close()
				}
			}
		})
	}
}
