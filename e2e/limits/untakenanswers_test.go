package limits

import (
	"fmt"
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

// largePage is answered with 3.4 MiB where 60 chats of controls have been said.
const largePage = `{ chats(room: "general", last: 60) { nodes { text } } }`

// idleReaders ask for an answer n times on one connection, out of a small buffer, and leave reading to the test.
var idleReaders = map[string]func(s *harness.Server, token, document string, n int) *net.TCPConn{
	"HTTP": func(s *harness.Server, token, document string, n int) *net.TCPConn {
		conn := frames.Narrow(s)
		pipeline(s, conn, token, document, "application/json", n)
		return conn
	},
	"SSE": func(s *harness.Server, token, document string, n int) *net.TCPConn {
		conn := frames.Narrow(s)
		pipeline(s, conn, token, document, "text/event-stream", n)
		return conn
	},
	"WebSocket": func(s *harness.Server, token, document string, n int) *net.TCPConn {
		w := frames.DialOver(s, frames.Narrow(s), "").Init(token)
		for i := range n {
			w.Send(frames.Frame(frames.FinBit|frames.OpText, fmt.Sprintf(`{"type":"subscribe","id":"%d","payload":%s}`, i, s.Body(document))))
		}
		return w.Conn
	},
}

// pipeline sends n requests behind one another. The server takes the next when the answer before is the kernel's.
func pipeline(s *harness.Server, conn net.Conn, token, document, accept string, n int) {
	s.T.Helper()
	body := s.Body(document)
	one := fmt.Sprintf("POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAccept: %s\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s", accept, token, len(body), body)
	if _, err := io.WriteString(conn, strings.Repeat(one, n)); err != nil {
		s.T.Fatal(err)
	}
}

// trickle reads single bytes until the connection has gone, which it sees when it has read what the kernels keep.
func trickle(conn net.Conn) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for one := make([]byte, 1); ; <-tick.C {
		if _, err := conn.Read(one); err != nil {
			return
		}
	}
}

// An answer has one time in all on every transport: who takes it byte by byte does not hold it for hours.
func TestAnswerTakenByteByByteHasOneTime(t *testing.T) {
	s, token, _ := harness.General(t, "--http-response-timeout", "1s", "--metrics-addr", "127.0.0.1:0", "--ws-pong-timeout", "60s")
	said(s, token, 60, controls)
	for name, ask := range idleReaders {
		t.Run(name, func(t *testing.T) {
			s := frames.ForTest(s, t)
			conn := ask(s, token, largePage, 6) // more than two kernels keep
			go trickle(conn)
			harness.Eventually(t, "the end of the connection", func() bool { return !frames.IsOpen(s, conn) }) // the kernel may take a few in their time
			harness.Eventually(t, "the room of its answers", func() bool { return counted(s, "parley_answer_bytes") == 0 })
			_ = conn.Close()
		})
	}
}

// Who leaves answers untaken gets no more for a while, and nobody else notices.
func TestUntakenAnswersAreCounted(t *testing.T) {
	const most = 5 * time.Second
	s, ann, _ := harness.General(t, "--http-response-timeout", most.String(), "--operation-timeout", "2s")
	bob, _ := s.Register("bob")
	said(s, ann, 60, controls)
	for name, ask := range idleReaders {
		t.Run(name, func(t *testing.T) {
			s := frames.ForTest(s, t)
			var refused harness.Answer
			harness.Eventually(t, "a refusal", func() bool {
				for range 6 { // anew, however long the last time took
					ask(s, ann, largePage, 6)
				}
				refused = s.Ask(ann, largePage)
				s.Must(nil, bob, largePage)
				return len(refused.Errors) > 0
			})
			if refused.Code() != "SERVER_BUSY" || refused.Status != http.StatusServiceUnavailable || refused.Header.Get("Retry-After") == "" || !refused.Retryable() {
				t.Errorf("%d %v %.300s", refused.Status, refused.Header, refused.Body)
			}
			harness.Eventually(t, "an answer", func() bool { return len(s.Ask(ann, largePage).Errors) == 0 })
		})
	}
}

// largeMutation sends ten chats of controls and is answered with 3.6 MB.
var largeMutation = `mutation($t: String! = "` + strings.Repeat(`\u0001`, len(controls)) + `") { ` + sends + ` }` + chatWithTexts(2)

// Large answers of mutations at once wait for each other: none of them is done and then not answered.
func TestMutationsWaitForRoomForTheirAnswers(t *testing.T) {
	s, ann, _ := harness.General(t, "--gql-max-aliases", "50", "--operation-timeout", "60s")
	var all sync.WaitGroup
	for range 8 { // 29 MB, of which one person may hold 12
		all.Go(func() {
			if a := s.Ask(ann, largeMutation); len(a.Errors) > 0 || len(a.Body) < 60*6*len(controls) {
				t.Errorf("%d bytes: %.300s", len(a.Body), a.Body)
			}
		})
	}
	all.Wait()
	if n := chatsIn(s, ann); n != 80 {
		t.Errorf("%d chats", n)
	}
}

// Who takes no answers loses those of mutations too, is told that they have been done, and gets answers again later.
func TestMutationsOfWhoTakesNoAnswers(t *testing.T) {
	s, ann, _ := harness.General(t, "--gql-max-aliases", "50", "--operation-timeout", "2s", "--http-response-timeout", "8s", "--metrics-addr", "127.0.0.1:0")
	for range 12 {
		idleReaders["HTTP"](s, ann, largeMutation, 4)
	}
	harness.Eventually(t, "a mutation without an answer", func() bool { return counted(s, `parley_refusals_total{code="UNKNOWN_OUTCOME"}`) > 0 })
	harness.Eventually(t, "an answer", func() bool {
		return len(s.Ask(ann, `mutation { sendChat(room: "general", text: "x") { text } }`).Errors) == 0
	})
}

// counted is the value of a metric.
func counted(s *harness.Server, name string) int {
	s.T.Helper()
	_, rest, _ := strings.Cut(s.Scrape(), "\n"+name+" ")
	var n float64              // large ones are written as 1e+07
	_, _ = fmt.Sscan(rest, &n) // there may be none yet
	return int(n)
}

// However many leave answers untaken, there is room for somebody who takes a large one.
func TestUntakenAnswersOfManyLeaveRoom(t *testing.T) {
	s, ann, _ := harness.General(t, "--operation-timeout", "2s", "--http-response-timeout", "60s", "--metrics-addr", "127.0.0.1:0")
	said(s, ann, 60, controls)
	var others []string
	for i := range 24 {
		eve, _ := s.Register(fmt.Sprint("eve", i))
		others = append(others, eve)
	}
	for _, eve := range others {
		for _, page := range []string{largePage, strings.ReplaceAll(largePage, "60", "12"), strings.ReplaceAll(largePage, "60", "3")} {
			for range 2 {
				idleReaders["WebSocket"](s, eve, page, 30)
			}
		}
	}
	harness.Eventually(t, "answers that nobody takes", func() bool { return counted(s, "parley_answer_bytes") > 24<<20 })
	for range 20 {
		harness.Eventually(t, "a large answer", func() bool { return len(s.Ask(ann, largePage).Errors) == 0 })
	}
}
