package limits

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/e2e/harness"
	"parley/e2e/harness/frames"
	"parley/rounds"
)

// worst are documents that take as much as they may, or would take more.
var worst = []string{
	largePage,
	`{ chats(room: "general", last: 60) { nodes { ` + harness.Times(15, "a#: text ") + `} edges { node { text room { lastChat { text } } } } } }`,
	`{ ` + harness.Times(10, `a#: chats(room: "general", last: 200) { nodes { number } } `) + `}`,
	`{ chats(room: "general", last: 200) { nodes { id number username createdAt editedAt deletedAt cursor __typename user { id username createdAt }
		room { id name topic createdAt } ` + harness.Times(6, "a#: cursor ") + `} } }`,
	`mutation { ` + harness.Times(10, `a#: sendChat(room: "general", text: "x") { text room { lastChat { text room { lastChat { text } } } } } `) + `}`,
	`{ __schema { types { name description fields { name description args { name description defaultValue } type { name ofType { name ofType { name } } } } enumValues { name description } } } }`,
}

// readNothing asks for one of the worst on one connection, over and over, and takes nothing, or a byte now and then, until
// the server has enough.
func readNothing(ctx context.Context, s *harness.Server, token string, i int) {
	ways := []string{"HTTP", "SSE", "WebSocket"}
	conn, err := net.Dial("tcp", s.Addr)
	if err != nil {
		return
	}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	defer conn.Close()
	_ = conn.(*net.TCPConn).SetReadBuffer(frames.SmallBuffer)
	body := s.Body(worst[i/len(ways)%len(worst)])
	switch ways[i%len(ways)] {
	case "WebSocket":
		_, _ = fmt.Fprintf(conn, "GET /graphql HTTP/1.1\r\nHost: x\r\n%sSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n%s", frames.HandshakeLines,
			frames.Frame(frames.FinBit|frames.OpText, `{"type":"connection_init","payload":{"authorization":"`+token+`"}}`))
		_, _ = io.ReadFull(conn, make([]byte, 250)) // up to the acknowledgement, or a little less
		for j := range 20 {
			_, _ = io.WriteString(conn, frames.Frame(frames.FinBit|frames.OpText, fmt.Sprintf(`{"type":"subscribe","id":"%d","payload":%s}`, j, body)))
		}
	default:
		accept := map[string]string{"HTTP": "application/json", "SSE": "text/event-stream"}[ways[i%len(ways)]]
		one := fmt.Sprintf("POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAccept: %s\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s", accept, token, len(body), body)
		_, _ = io.WriteString(conn, strings.Repeat(one, 20))
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for one := make([]byte, 1); ctx.Err() == nil && i%2 == 0; <-tick.C {
		if _, err := conn.Read(one); err != nil {
			return
		}
	}
	<-ctx.Done()
}

// Many people ask for the largest answers there are, over and over, and take nothing or next to nothing of them. The
// server keeps within what it promises, and somebody else reads on.
func TestWorstAnswersFitIntoMemory(t *testing.T) {
	if harness.RaceEnabled {
		t.Skip("the race detector takes memory and time of its own; make e2e runs without it")
	}
	const people, connections = 20, 240
	lasting := time.Duration(rounds.Of(t, 5, 15)) * time.Second
	p := harness.StartProcess(t, harness.DataDir(t), slices.Concat(harness.NoLimits(), harness.DefaultTimes(), []string{"--address-request-rate", "0", "--login-attempts", "1000/1s"})...)
	ann, _ := p.Register("ann")
	p.Must(nil, ann, `mutation { createRoom(name: "general", topic: "`+strings.Repeat("t", 250)+`") { id } }`)
	said(&p.Server, ann, 140, strings.Repeat("😀", 10_000))
	said(&p.Server, ann, 60, controls)
	bob, _ := p.Register("bob")
	tokens := make([]string, people)
	for i := range tokens {
		tokens[i], _ = p.Register(fmt.Sprint("eve", i))
	}
	ctx, over := context.WithCancel(t.Context())
	defer over()
	var attack sync.WaitGroup
	for i, token := range tokens {
		for j := range connections / people {
			attack.Go(func() {
				for ctx.Err() == nil {
					readNothing(ctx, &p.Server, token, i*connections/people+j)
				}
			})
		}
	}
	read, most := 0, 0
	for begun := time.Now(); time.Since(begun) < lasting || read == 0 && time.Since(begun) < harness.Timeout; {
		if a := p.Ask(bob, `{ chats(room: "general", last: 10) { nodes { id text user { username } } } }`); len(a.Errors) == 0 {
			read++
		}
		most = max(most, p.Memory("RssAnon"))
	}
	over()
	attack.Wait()
	peak := p.Memory("VmHWM")
	t.Logf("RssAnon at most %d MiB, VmHWM %d MiB, %d pages for somebody else", most>>20, peak>>20, read)
	if allowed := 300<<20 + connections*64<<10; peak > allowed {
		t.Errorf("%d MiB were needed, %d are promised", peak>>20, allowed>>20)
	}
	if read == 0 {
		t.Error("nobody else could read")
	}
}
