package server

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// largePage is answered with 3.4 MiB where 60 chats of controls have been said.
const largePage = `{ chats(room: "general", last: 60) { nodes { text } } }`

// hoarders ask for an answer n times on one connection, out of a small buffer, and leave reading to the test.
var hoarders = map[string]func(s *testServer, token, document string, n int) *net.TCPConn{
	"HTTP": func(s *testServer, token, document string, n int) *net.TCPConn {
		conn := s.narrow()
		s.pipeline(conn, token, document, "application/json", n)
		return conn
	},
	"SSE": func(s *testServer, token, document string, n int) *net.TCPConn {
		conn := s.narrow()
		s.pipeline(conn, token, document, "text/event-stream", n)
		return conn
	},
	"WebSocket": func(s *testServer, token, document string, n int) *net.TCPConn {
		w := s.bareOver(s.narrow(), "").init(token)
		for i := range n {
			w.send(frame(finBit|opText, fmt.Sprintf(`{"type":"subscribe","id":"%d","payload":%s}`, i, s.request(document))))
		}
		return w.conn
	},
}

// pipeline sends n requests behind one another. The server takes the next when the answer before is the kernel's.
func (s *testServer) pipeline(conn net.Conn, token, document, accept string, n int) {
	s.t.Helper()
	body := s.request(document)
	one := fmt.Sprintf("POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAccept: %s\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s", accept, token, len(body), body)
	if _, err := io.WriteString(conn, strings.Repeat(one, n)); err != nil {
		s.t.Fatal(err)
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
	s, token, _ := general(t, "--http-response-timeout", "1s", "--metrics-addr", "127.0.0.1:0", "--ws-pong-timeout", "60s")
	s.said(token, 60, controls)
	for name, ask := range hoarders {
		t.Run(name, func(t *testing.T) {
			s := s.in(t)
			conn := ask(s, token, largePage, 6) // more than two kernels keep
			go trickle(conn)
			eventually(t, "the end of the connection", func() bool { return !s.isOpen(conn) }) // the kernel may take a few in their time
			eventually(t, "the room of its answers", func() bool { return s.counted("parley_answer_bytes") == 0 })
			_ = conn.Close()
		})
	}
}

// Who leaves answers untaken gets no more for a while, and nobody else notices.
func TestUntakenAnswersAreCounted(t *testing.T) {
	const most = 5 * time.Second
	s, ann, _ := general(t, "--http-response-timeout", most.String(), "--operation-timeout", "500ms")
	bob, _ := s.register("bob")
	s.said(ann, 60, controls)
	for name, ask := range hoarders {
		t.Run(name, func(t *testing.T) {
			s := s.in(t)
			var refused answer
			eventually(t, "a refusal", func() bool {
				for range 6 { // anew, however long the last time took
					ask(s, ann, largePage, 6)
				}
				refused = s.ask(ann, largePage)
				s.must(nil, bob, largePage)
				return len(refused.Errors) > 0
			})
			if refused.code() != "SERVER_BUSY" || refused.Status != http.StatusServiceUnavailable || refused.Header.Get("Retry-After") == "" || !refused.passes() {
				t.Errorf("%d %v %.300s", refused.Status, refused.Header, refused.Body)
			}
			eventually(t, "an answer", func() bool { return len(s.ask(ann, largePage).Errors) == 0 })
		})
	}
}

// largeMutation sends ten chats of controls and is answered with 3.6 MB.
var largeMutation = `mutation($t: String! = "` + strings.Repeat(`\u0001`, len(controls)) + `") { ` + sends + ` }` + chatWithTexts(2)

// Large answers of mutations at once wait for each other: none of them is done and then not answered.
func TestMutationsWaitForRoomForTheirAnswers(t *testing.T) {
	s, ann, _ := general(t, "--gql-max-aliases", "50", "--operation-timeout", "60s")
	var all sync.WaitGroup
	for range 8 { // 29 MB, of which one person may hold 12
		all.Go(func() {
			if a := s.ask(ann, largeMutation); len(a.Errors) > 0 || len(a.Body) < 60*6*len(controls) {
				t.Errorf("%d bytes: %.300s", len(a.Body), a.Body)
			}
		})
	}
	all.Wait()
	if n := s.chatsIn(ann); n != 80 {
		t.Errorf("%d chats", n)
	}
}

// Who takes no answers loses those of mutations too, is told that they have been done, and gets answers again later.
func TestMutationsOfWhoTakesNoAnswers(t *testing.T) {
	s, ann, _ := general(t, "--gql-max-aliases", "50", "--operation-timeout", "2s", "--http-response-timeout", "8s", "--metrics-addr", "127.0.0.1:0")
	for range 12 {
		hoarders["HTTP"](s, ann, largeMutation, 4)
	}
	eventually(t, "a mutation without an answer", func() bool { return s.counted(`parley_refusals_total{code="UNKNOWN_OUTCOME"}`) > 0 })
	eventually(t, "an answer", func() bool {
		return len(s.ask(ann, `mutation { sendChat(room: "general", text: "x") { text } }`).Errors) == 0
	})
}

// counted is the value of a metric.
func (s *testServer) counted(name string) int {
	s.t.Helper()
	_, rest, _ := strings.Cut(s.scrape(), "\n"+name+" ")
	var n float64              // large ones are written as 1e+07
	_, _ = fmt.Sscan(rest, &n) // there may be none yet
	return int(n)
}

// However many leave answers untaken, there is room for somebody who takes a large one.
func TestUntakenAnswersOfManyLeaveRoom(t *testing.T) {
	s, ann, _ := general(t, "--operation-timeout", "2s", "--http-response-timeout", "60s", "--metrics-addr", "127.0.0.1:0")
	s.said(ann, 60, controls)
	for i := range 24 {
		eve, _ := s.register(fmt.Sprint("eve", i))
		for _, page := range []string{largePage, strings.ReplaceAll(largePage, "60", "12"), strings.ReplaceAll(largePage, "60", "3")} {
			for range 2 {
				hoarders["WebSocket"](s, eve, page, 30)
			}
		}
	}
	eventually(t, "answers that nobody takes", func() bool { return s.counted("parley_answer_bytes") > 24<<20 })
	for range 20 {
		if a := s.ask(ann, largePage); len(a.Errors) > 0 {
			t.Errorf("%.300s", a.Body)
		}
	}
}
