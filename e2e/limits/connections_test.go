package limits

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"parley/e2e/harness"
	"parley/e2e/harness/frames"
)

// Connections that have sent nothing, or half a request, do not hold up the end, for which http.Server
// would wait five seconds; those that rest do not either.
func TestIdleConnectionsDoNotDelayTheShutdown(t *testing.T) {
	var took time.Duration
	for range 5 { // a busy machine may be slow at one of them; what http.Server waits for it waits for each time
		if took = stopBesideIdle(t); took < 4*time.Second {
			return
		}
	}
	t.Errorf("it took %v", took)
}

// stopBesideIdle returns how long a server takes to end that has such connections.
func stopBesideIdle(t *testing.T) time.Duration {
	t.Helper()
	s := harness.New(t)
	var open []net.Conn
	for _, sent := range []string{"", "", "GET /graphql HTTP/1.1\r\nHost: x\r\n", harness.OpenGet + "\r\n"} {
		conn := s.Connect()
		if _, err := io.WriteString(conn, sent); err != nil {
			t.Fatal(err)
		}
		open = append(open, conn)
	}
	s.Register("ann") // behind the others, so they have been accepted
	begun := time.Now()
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	took := time.Since(begun)
	for _, conn := range open {
		if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error("a connection is still open")
		}
	}
	return took
}

// Connections that send nothing, or half a request, are closed for those that come later; sockets and event streams
// are not among them. While requests run on all, a new one is closed and the log says why, once.
func TestFullOfPlainConnections(t *testing.T) {
	s := harness.New(t, append(harness.NoLimits(), "--http-max-connections", "20")...)
	ann, _ := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	for range 20 {
		s.Dial(ann).Expect("connection_ack")
		defer followFrom(s, "", ann).leave()
	}
	first := frames.Connect(s)
	for range 60 {
		sendText(frames.Connect(s), harness.OpenGet)
		http.DefaultClient.CloseIdleConnections()
		s.Must(nil, ann, `{ me { id } }`)
	}
	if _, err := first.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the first one is still open: %v", err)
	}
	var running []net.Conn
	runs := func() bool {
		conn := frames.Connect(s)
		sendText(conn, "POST /graphql HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n")
		line, _ := bufio.NewReader(conn).ReadString('\n')
		if line == "HTTP/1.1 100 Continue\r\n" {
			running = append(running, conn)
		}
		return line != ""
	}
	harness.Eventually(t, "as many as there may be", func() bool { runs(); return len(running) == 20 }) // the last answer may be under way
	if runs() {
		t.Error("one more is answered")
	}
	for _, conn := range running {
		_ = conn.Close()
	}
	harness.Eventually(t, "room", func() bool {
		response, err := http.Get("http://" + s.Addr + "/healthz")
		if err == nil {
			_ = response.Body.Close()
		}
		return err == nil
	})
	const said = "refused for lack of room"
	harness.Eventually(t, "a line", func() bool { return strings.Contains(s.Log.String(), said) })
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	log := s.Log.String()
	if n := strings.Count(log, said); n < 1 || n > 2 || !strings.Contains(log, `"level":"WARN","msg":"refused for lack of room`) { // at once, and the rest at the end
		t.Errorf("it is said %d times", n)
	}
	if total := harness.RefusalsIn(t, log, "http_max_connections"); total < 60 {
		t.Errorf("%d are said to have had no room", total)
	}
}
