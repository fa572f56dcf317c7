// Package lossyproxy is a proxy between a test's clients and its Postgres, which loses and cuts what the test names.
package lossyproxy

import (
	"fmt"
	"net"
	"sync"
	"sync/atomic"

	"parley/db/dbtest"
)

// Proxy stands between clients, by TCP, and a server, by its socket, and misbehaves as a test wants.
type Proxy struct {
	// Asked sees what a client sends before it is passed on. It must not block for long.
	Asked func([]byte) Then
	// Answered sees what the server sends and may change it in place.
	Answered func([]byte)

	listener net.Listener
	socket   atomic.Value // of the server
	mu       sync.Mutex
	open     map[net.Conn]struct{} // nil: closed
	pumps    sync.WaitGroup
}

// Then is what becomes of a connection.
type Then int32

// What can become of a connection.
const (
	Pass       Then = iota // it goes on
	Cut                    // what was sent is swallowed, both ends are closed
	PassAndCut             // what was sent is passed on; when the server answers, both ends are closed
	Swallow                // what was sent is swallowed, and all that follows on both ways
)

// New makes a proxy in front of a server. It serves from Serve on, until Close.
func New(s *dbtest.Server) (*Proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{listener: listener, open: map[net.Conn]struct{}{}, Asked: func([]byte) Then { return Pass }, Answered: func([]byte) {}}
	p.Lead(s)
	return p, nil
}

// Lead leads new connections to another server.
func (p *Proxy) Lead(s *dbtest.Server) { p.socket.Store(s.Socket()) }

// URL is the address of a database behind the proxy, for a user with or without a password.
func (p *Proxy) URL(user, database string) string {
	return fmt.Sprintf("postgres://%s@%s/%s?sslmode=disable", user, p.listener.Addr(), database)
}

// Serve takes connections until Close.
func (p *Proxy) Serve() {
	p.pumps.Go(func() {
		for {
			client, err := p.listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("unix", p.socket.Load().(string))
			if err != nil { // refused, like the server's own
				_ = client.Close()
				continue
			}
			p.join(client, server)
		}
	})
}

// join passes on what both ends say until one of them closes.
func (p *Proxy) join(client, server net.Conn) {
	end := func() { _, _ = client.Close(), server.Close() }
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == nil {
		end()
		return
	}
	p.open[client], p.open[server] = struct{}{}, struct{}{}
	var then atomic.Int32
	p.pumps.Go(func() {
		defer end()
		pump(client, server, func(b []byte) Then {
			if Then(then.Load()) == Pass {
				then.Store(int32(p.Asked(b)))
			}
			return Then(then.Load())
		})
	})
	p.pumps.Go(func() {
		defer end()
		pump(server, client, func(b []byte) Then {
			p.Answered(b)
			if t := Then(then.Load()); t != PassAndCut {
				return t
			}
			return Cut
		})
	})
}

func pump(from, to net.Conn, decide func([]byte) Then) {
	b := make([]byte, 64<<10)
	for {
		n, err := from.Read(b)
		if err != nil {
			return
		}
		switch decide(b[:n]) {
		case Pass, PassAndCut:
			if _, err := to.Write(b[:n]); err != nil {
				return
			}
		case Cut:
			return
		case Swallow:
		}
	}
}

// Close ends all connections.
func (p *Proxy) Close() {
	_ = p.listener.Close()
	p.mu.Lock()
	for c := range p.open {
		_ = c.Close()
	}
	p.open = nil
	p.mu.Unlock()
	p.pumps.Wait()
}
