// Package natstest starts real NATS servers within the process of a test.
package natstest

import (
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// Server is a NATS server on 127.0.0.1. It keeps its port when it is stopped and started again.
type Server struct {
	t       testing.TB
	options server.Options
	running *server.Server
}

// New starts a server, which ends with the test. configure may change its options.
func New(t testing.TB, configure ...func(*server.Options)) *Server {
	t.Helper()
	s := &Server{t: t, options: server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoLog: true, NoSigs: true}}
	for _, change := range configure {
		change(&s.options)
	}
	s.Start()
	t.Cleanup(s.Stop)
	return s
}

// Start starts it again, with other options if configure changes them.
func (s *Server) Start(configure ...func(*server.Options)) {
	s.t.Helper()
	for _, change := range configure {
		change(&s.options)
	}
	options := s.options // the server fills in what is missing
	running, err := server.NewServer(&options)
	if err != nil {
		s.t.Fatal(err)
	}
	running.Start()
	if !running.ReadyForConnections(5 * time.Minute) {
		running.Shutdown()
		s.t.Fatal(errors.New("the NATS server does not start"))
	}
	s.running = running
	s.options.Port, s.options.Websocket.Port = options.Port, options.Websocket.Port
}

// Stop ends it, and its connections.
func (s *Server) Stop() {
	if s.running != nil {
		s.running.Shutdown()
		s.running.WaitForShutdown()
		s.running = nil
	}
}

// URL is where it listens, as nats://127.0.0.1:4222.
func (s *Server) URL() string { return s.running.ClientURL() }

// Running is the server itself; nil while it is stopped.
func (s *Server) Running() *server.Server { return s.running }

// Connect returns what sends a message on Parley's subject.
func Connect(t testing.TB, s *Server) (send func(data []byte)) {
	t.Helper()
	conn, err := nats.Connect(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return func(data []byte) {
		t.Helper()
		if err := errors.Join(conn.Publish("parley.bell", data), conn.Flush()); err != nil {
			t.Fatal(err)
		}
	}
}

// Addr is its address, as 127.0.0.1:4222.
func (s *Server) Addr() string { return s.running.Addr().String() }
