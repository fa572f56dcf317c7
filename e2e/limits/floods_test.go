package limits

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"parley/e2e/harness"
)

// A client that sends as fast as it can is read as fast as the rate says. Nothing that it sent is lost, and
// others are answered as before.
func TestFloodOfMessages(t *testing.T) {
	const sends, rate = 200, 40
	s, ann := newLimited(t, "--send-rate", "0", "--room-send-rate", "0", "--ws-message-rate", fmt.Sprintf("%d/1s", rate))
	bob, _ := s.Register("bob")
	theirs := s.Dial(bob)
	theirs.Expect("connection_ack")
	before := roundTrips(s, bob, 40)

	flood, over := context.WithCancel(t.Context())
	var flooders sync.WaitGroup
	flooders.Go(func() { pingsWithoutEnd(flood, s, t) })
	k := s.Dial(ann)
	k.Expect("connection_ack")
	begun := time.Now()
	flooders.Go(func() {
		for i := range sends {
			k.Subscribe(fmt.Sprint(i), `mutation($t: String!) { sendChat(room: "general", text: $t) { id } }`, map[string]any{"t": fmt.Sprint("text ", i)})
		}
	})
	during := roundTrips(s, bob, 40)
	theirs.Write(harness.Message{Type: "ping"})
	theirs.Expect("pong")
	wantEach(k, sends)
	if took := time.Since(begun); took < time.Second*(sends-3*rate)/rate*9/10 {
		t.Errorf("%d messages in %v", sends, took)
	}
	for try := 1; during > 10*before+500*time.Millisecond && try < 5; try++ { // a busy machine may be slow at one of them
		during = roundTrips(s, bob, 40)
	}
	over()
	flooders.Wait()
	if chatsIn(s, ann) != sends {
		t.Errorf("%d chats are stored", chatsIn(s, ann))
	}
	t.Logf("round trips of others: %v before, %v during the flood", before, during)
	if during > 10*before+500*time.Millisecond {
		t.Errorf("round trips of others: %v before, %v during the flood", before, during)
	}
}

// roundTrips returns the median of n queries.
func roundTrips(s *harness.Server, token string, n int) time.Duration {
	took := make([]time.Duration, n)
	for i := range took {
		begun := time.Now()
		s.Must(nil, token, `{ me { id } }`)
		took[i] = time.Since(begun)
	}
	slices.Sort(took)
	return took[n/2]
}

// pingsWithoutEnd sends pings and never reads the answers.
func pingsWithoutEnd(ctx context.Context, s *harness.Server, t *testing.T) {
	conn, _, err := websocket.Dial(ctx, "ws://"+s.Addr+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = conn.CloseNow() }()
	sent := 0
	for ; conn.Write(ctx, websocket.MessageText, []byte(`{"type":"ping"}`)) == nil; sent++ {
	}
	if ctx.Err() == nil {
		t.Error("the flooded socket was closed")
	}
}

// wantEach wants an answer without errors and a completion for each id from 0, in any order.
func wantEach(k *harness.Socket, n int) {
	k.T.Helper()
	kinds := map[string]string{}
	for range 2 * n {
		m, code := k.Read()
		if code != 0 || strings.Contains(string(m.Payload), `"errors"`) {
			k.T.Fatalf("close code %d, %s %s", code, m.Type, m.Payload)
		}
		kinds[m.ID] += m.Type + " "
	}
	for i := range n {
		if got := kinds[fmt.Sprint(i)]; got != "next complete " {
			k.T.Errorf("%d: got %q", i, got)
		}
	}
}

// chatsIn counts the chats of the room general.
func chatsIn(s *harness.Server, token string) int {
	var room struct {
		Chats struct{ Nodes []struct{ Number int } }
	}
	s.Must(&room, token, `{ chats(room: "general", last: 1) { nodes { number } } }`)
	if len(room.Chats.Nodes) == 0 {
		return 0
	}
	return room.Chats.Nodes[0].Number
}

const upgradeLines = "GET /graphql HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 198.51.100.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\n"

// Five thousand upgrades that are given up, refused or cut leave no goroutine and no slot behind.
func TestUpgradesLeaveNothing(t *testing.T) {
	s, _ := newLimited(t, "--http-header-timeout", "1s", "--max-connections", "40", "--max-connections-per-address", "30",
		"--max-unsigned-per-address", "20", "--accept-rate", "0", "--address-request-rate", "0")
	http.DefaultClient.CloseIdleConnections()
	before := runtime.NumGoroutine()
	key := "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	ways := []func(conn net.Conn){
		func(conn net.Conn) { sendText(conn, upgradeLines) },                                   // and is gone
		func(conn net.Conn) { sendText(conn, upgradeLines); _, _ = io.Copy(io.Discard, conn) }, // and waits
		func(conn net.Conn) { sendText(conn, upgradeLines+"Sec-WebSocket-Key: x\r\n\r\n"); status(conn) },
		func(conn net.Conn) {
			sendText(conn, upgradeLines+key+"Origin: http://evil.example\r\n\r\n")
			status(conn)
		},
		func(conn net.Conn) { sendText(conn, upgradeLines+key+"\r\n") },
		func(conn net.Conn) { sendText(conn, upgradeLines+key+"\r\n"); status(conn) },
		func(conn net.Conn) { _ = conn.(*net.TCPConn).SetLinger(0); sendText(conn, upgradeLines+key+"\r\n") },
	}
	var next atomic.Int64
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			for i := next.Add(1); i <= 5000; i = next.Add(1) {
				conn, err := net.Dial("tcp", s.Addr)
				if err != nil {
					t.Error(err)
					return
				}
				way := i % int64(len(ways))
				if way == 1 && i > 500 {
					way = 0 // each of these waits for a second
				}
				ways[way](conn)
				_ = conn.Close()
			}
		})
	}
	all.Wait()
	harness.Eventually(t, "the goroutines of before", func() bool { return runtime.NumGoroutine() <= before })
	for range 20 { // as many as may be unsigned
		defer leave(opensAgain(s, t, "198.51.100.1"))
	}
}

func sendText(conn net.Conn, text string) { _, _ = io.WriteString(conn, text) }

func status(conn net.Conn) { _, _ = bufio.NewReader(conn).ReadString('\n') }

// A process that may open few files takes fewer connections, and says so.
func TestFewOpenFiles(t *testing.T) {
	few := harness.Environment{Before: []string{"/bin/sh", "-c", `ulimit -n 515 && exec "$@"`, "sh"}}
	p := harness.StartProcessIn(t, few, harness.DataDir(t))
	for range 3 {
		defer leave(openFrom(&p.Server, ""))
	}
	_, a := tryDial(&p.Server, "")
	wantDenied(t, "a fourth", a, 503, "SERVER_BUSY", "")
	if log := p.Log.String(); strings.Count(log, "PARLEY_MAX_CONNECTIONS is lowered") != 1 || !strings.Contains(log, "WARN") {
		t.Errorf("got %s", log)
	}
	many := harness.StartProcess(t, harness.DataDir(t), "--max-connections", "7")
	if strings.Contains(many.Log.String(), "lowered") {
		t.Errorf("got %s", many.Log)
	}
}

// Near GOMEMLIMIT no new connection is taken, and requests are answered.
func TestLittleMemory(t *testing.T) {
	little := harness.StartProcessIn(t, harness.Environment{Env: []string{"GOMEMLIMIT=4MiB"}}, harness.DataDir(t))
	ann, _ := little.Register("ann")
	_, a := tryDial(&little.Server, "")
	wantDenied(t, "a socket", a, 503, "SERVER_BUSY", "")
	_, a = tryStream(&little.Server, "", ann)
	wantDenied(t, "an event stream", a, 503, "SERVER_BUSY", "")
	little.Must(nil, ann, `{ me { id } }`)
	enough := harness.StartProcessIn(t, harness.Environment{Env: []string{"GOMEMLIMIT=1GiB"}}, harness.DataDir(t))
	leave(openFrom(&enough.Server, ""))
}
