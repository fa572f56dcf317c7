package edge

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"parley/server/settings"
)

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
func TestNewConnectionsWhileTheServerStops(t *testing.T) {
	s := newConnections(10, 10, nil)
	known, rests, waiting, late := from("::1"), from("::1"), from("::1"), from("::1")
	for _, conn := range []net.Conn{known, rests, waiting} {
		s.ConnState(conn, http.StateNew)
	}
	s.ConnState(known, http.StateActive)
	s.ConnState(rests, http.StateActive)
	s.ConnState(rests, http.StateIdle)
	s.Close()
	s.ConnState(late, http.StateNew)
	for conn, closed := range map[pipeFrom]bool{known: false, rests: false, waiting: true, late: true} {
		if conn.isClosed() != closed {
			t.Errorf("%v is closed: %v", conn, !closed)
		}
		s.ConnState(conn, http.StateClosed)
	}
	if s.Len() != 0 || len(s.all)+len(s.peers) != 0 {
		t.Errorf("still counted: %d, %v, %v", s.Len(), s.all, s.peers)
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
	s.ConnState(running, http.StateNew)
	s.ConnState(running, http.StateActive)
	s.ConnState(waiting, http.StateNew)
	s.ConnState(third, http.StateNew)
	if running.isClosed() || !waiting.isClosed() || third.isClosed() {
		t.Error("it was not the waiting one that was closed")
	}
	s.ConnState(third, http.StateActive)
	if s.ConnState(fourth, http.StateNew); !fourth.isClosed() {
		t.Error("a third one runs")
	}
	s.ConnState(fourth, http.StateClosed)
	s.Stream(third, true) // is counted elsewhere
	more := from("198.51.100.1")
	if s.ConnState(more, http.StateNew); more.isClosed() || third.isClosed() {
		t.Error("an event stream is counted")
	}
	for _, address := range []string{"198.51.100.2", "127.0.0.1", "127.0.0.1", "127.0.0.1", "10.1.2.3", "10.1.2.3", "10.1.2.3", "2001:db8::7", "2001:db8::7", "2001:db8::7"} {
		conn := from(address)
		if s.ConnState(conn, http.StateNew); conn.isClosed() {
			t.Errorf("%s is refused", address)
		}
	}
	if got := s.Refused()[limitOfAddress]; got != 2 {
		t.Errorf("%d are counted", got)
	}
}

// When there is no room at all, the address with most makes some. So few addresses with many connections keep nobody out.
func TestAddressWithMostConnectionsLosesOne(t *testing.T) {
	s := newConnections(100, 50, nil)
	many := map[string][]pipeFrom{}
	for i := range 100 {
		address := []string{"198.51.100.1", "198.51.100.2"}[i%2]
		conn := from(address)
		many[address] = append(many[address], conn)
		s.ConnState(conn, http.StateNew)
	}
	var others []pipeFrom
	for i := range 40 {
		conn := from(fmt.Sprint("203.0.113.", i))
		others = append(others, conn)
		s.ConnState(conn, http.StateNew)
		back := from([]string{"198.51.100.1", "198.51.100.2"}[i%2]) // the many come again
		s.ConnState(back, http.StateNew)
	}
	for i, conn := range others {
		if conn.isClosed() {
			t.Errorf("other %d was closed", i)
		}
	}
	if s.Len() != 100 || s.Refused()[limitOfAll]+s.Refused()[limitOfAddress] != 80 {
		t.Errorf("%d are open, %v were refused", s.Len(), s.Refused())
	}
}
