package main

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"testing"
	"time"
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

// One that is accepted while the server stops is closed at once, and one that sent its request is left alone.
func TestStrangersWhileTheServerStops(t *testing.T) {
	var s strangers
	known, _ := net.Pipe()
	waiting, _ := net.Pipe()
	late, _ := net.Pipe()
	s.see(known, http.StateNew)
	s.see(waiting, http.StateNew)
	s.see(known, http.StateActive)
	s.close()
	s.see(late, http.StateNew)
	for conn, closed := range map[net.Conn]bool{known: false, waiting: true, late: true} {
		_ = conn.SetReadDeadline(time.Unix(1, 0))
		if _, err := conn.Read(make([]byte, 1)); errors.Is(err, io.ErrClosedPipe) != closed {
			t.Errorf("got %v, want it closed: %v", err, closed)
		}
		_ = conn.Close()
	}
}
