package server

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"parley/server/settings"
)

// Connections that have sent nothing, or half a request, do not hold up the end, for which http.Server
// would wait five seconds; those that rest do not either.
func TestStrangersDoNotHoldUpTheEnd(t *testing.T) {
	s := newServer(t)
	var open []net.Conn
	for _, sent := range []string{"", "", "GET /graphql HTTP/1.1\r\nHost: x\r\n", openGet + "\r\n"} {
		conn := s.connect()
		if _, err := io.WriteString(conn, sent); err != nil {
			t.Fatal(err)
		}
		open = append(open, conn)
	}
	s.register("ann") // behind the others, so they have been accepted
	begun := time.Now()
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took > 4*time.Second {
		t.Errorf("it took %v", took)
	}
	for _, conn := range open {
		if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error("a connection is still open")
		}
	}
}

// A pipeFrom is one end of a connection from an address.
type pipeFrom struct {
	net.Conn
	address string
}

func (c pipeFrom) RemoteAddr() net.Addr {
	return &net.TCPAddr{IP: net.ParseIP(c.address), Port: 1}
}

func from(address string) pipeFrom {
	conn, _ := net.Pipe()
	return pipeFrom{conn, address}
}

func (c pipeFrom) isClosed() bool {
	_ = c.SetReadDeadline(time.Unix(1, 0))
	_, err := c.Read(make([]byte, 1))
	return errors.Is(err, io.ErrClosedPipe)
}

// One that is accepted while the server stops is closed at once, and one that sent its request is left alone.
func TestStrangersWhileTheServerStops(t *testing.T) {
	s := newConnections(10, 10, nil)
	known, rests, waiting, late := from("::1"), from("::1"), from("::1"), from("::1")
	for _, conn := range []net.Conn{known, rests, waiting} {
		s.see(conn, http.StateNew)
	}
	s.see(known, http.StateActive)
	s.see(rests, http.StateActive)
	s.see(rests, http.StateIdle)
	s.close()
	s.see(late, http.StateNew)
	for conn, closed := range map[pipeFrom]bool{known: false, rests: false, waiting: true, late: true} {
		if conn.isClosed() != closed {
			t.Errorf("%v is closed: %v", conn, !closed)
		}
		s.see(conn, http.StateClosed)
	}
	if s.len() != 0 || len(s.all)+len(s.peers) != 0 {
		t.Errorf("still counted: %d, %v, %v", s.len(), s.all, s.peers)
	}
}

// An address that has enough gets a new connection for the one that has waited the longest, and none while requests
// run on all. Others are not concerned; loopback and proxies are not counted.
func TestPlainConnectionsOfAnAddress(t *testing.T) {
	var proxies settings.Networks
	if err := proxies.UnmarshalText([]byte("10.0.0.0/8,2001:db8::7")); err != nil {
		t.Fatal(err)
	}
	s := newConnections(100, 2, proxies)
	running, waiting, third, fourth := from("198.51.100.1"), from("198.51.100.1"), from("198.51.100.1"), from("198.51.100.1")
	s.see(running, http.StateNew)
	s.see(running, http.StateActive)
	s.see(waiting, http.StateNew)
	s.see(third, http.StateNew)
	if running.isClosed() || !waiting.isClosed() || third.isClosed() {
		t.Error("it was not the waiting one that made room")
	}
	s.see(third, http.StateActive)
	if s.see(fourth, http.StateNew); !fourth.isClosed() {
		t.Error("a third one runs")
	}
	s.see(fourth, http.StateClosed)
	s.stream(third, true) // is counted elsewhere
	more := from("198.51.100.1")
	if s.see(more, http.StateNew); more.isClosed() || third.isClosed() {
		t.Error("an event stream takes room")
	}
	for _, address := range []string{"198.51.100.2", "127.0.0.1", "127.0.0.1", "127.0.0.1", "10.1.2.3", "10.1.2.3", "10.1.2.3", "2001:db8::7", "2001:db8::7", "2001:db8::7"} {
		conn := from(address)
		if s.see(conn, http.StateNew); conn.isClosed() {
			t.Errorf("%s has no room", address)
		}
	}
	if got := s.noRoom.Counts()[roomForAddress]; got != 2 {
		t.Errorf("%d are counted", got)
	}
}

// When there is no room at all, the address with most makes some. So few addresses with many connections keep nobody out.
func TestFullestMakesRoom(t *testing.T) {
	s := newConnections(100, 50, nil)
	many := map[string][]pipeFrom{}
	for i := range 100 {
		address := []string{"198.51.100.1", "198.51.100.2"}[i%2]
		conn := from(address)
		many[address] = append(many[address], conn)
		s.see(conn, http.StateNew)
	}
	var others []pipeFrom
	for i := range 40 {
		conn := from(fmt.Sprint("203.0.113.", i))
		others = append(others, conn)
		s.see(conn, http.StateNew)
		back := from([]string{"198.51.100.1", "198.51.100.2"}[i%2]) // the many come again
		s.see(back, http.StateNew)
	}
	for i, conn := range others {
		if conn.isClosed() {
			t.Errorf("other %d was closed", i)
		}
	}
	if s.len() != 100 || s.noRoom.Counts()[roomForHTTP]+s.noRoom.Counts()[roomForAddress] != 80 {
		t.Errorf("%d are open, %v had no room", s.len(), s.noRoom.Counts())
	}
}

// Connections that send nothing, or half a request, are closed for those that come later; sockets and event streams
// are not among them. While requests run on all, a new one is closed and the log says why, once.
func TestFullOfPlainConnections(t *testing.T) {
	s := newServer(t, append(roomy(), "--http-max-connections", "20")...)
	ann, _ := s.register("ann")
	s.must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	for range 20 {
		s.dial(ann).expect("connection_ack")
		defer s.openStream("", ann).leave()
	}
	first := s.tcp()
	for range 60 {
		sendText(s.tcp(), openGet)
		http.DefaultClient.CloseIdleConnections()
		s.must(nil, ann, `{ me { id } }`)
	}
	if _, err := first.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the first one is still open: %v", err)
	}
	var running []net.Conn
	runs := func() bool {
		conn := s.tcp()
		sendText(conn, "POST /graphql HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n")
		line, _ := bufio.NewReader(conn).ReadString('\n')
		if line == "HTTP/1.1 100 Continue\r\n" {
			running = append(running, conn)
		}
		return line != ""
	}
	eventually(t, "as many as there may be", func() bool { runs(); return len(running) == 20 }) // the last answer may be under way
	if runs() {
		t.Error("one more is answered")
	}
	for _, conn := range running {
		_ = conn.Close()
	}
	eventually(t, "room", func() bool {
		response, err := http.Get("http://" + s.addr + "/healthz")
		if err == nil {
			_ = response.Body.Close()
		}
		return err == nil
	})
	const said = "refused for lack of room"
	eventually(t, "a line", func() bool { return strings.Contains(s.log.String(), said) })
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	log := s.log.String()
	if n := strings.Count(log, said); n < 1 || n > 2 || !strings.Contains(log, `"level":"WARN","msg":"refused for lack of room`) { // at once, and the rest at the end
		t.Errorf("it is said %d times", n)
	}
	if total := saidOf(t, log, roomForHTTP); total < 60 {
		t.Errorf("%d are said to have had no room", total)
	}
}
