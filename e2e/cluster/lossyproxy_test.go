package cluster

import (
	"bufio"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	nats "github.com/nats-io/nats-server/v2/server"

	"parley/e2e/harness"
)

// A natsServer is a NATS server in this process, and a proxy in front of it through which the nodes reach it.
type natsServer struct {
	t      *testing.T
	net    loopback
	url    string
	server *nats.Server
	proxy  *lossyProxy
}

func startNATS(t *testing.T, l loopback) *natsServer {
	t.Helper()
	b := &natsServer{t: t, net: l, url: "nats://" + l.host(proxyHost) + ":4222"}
	b.start()
	b.proxy = newLossyProxy(t, l.host(proxyHost)+":4222", l.host(natsHost)+":4222")
	t.Cleanup(func() { b.stop() })
	return b
}

func (b *natsServer) start() {
	b.t.Helper()
	s, err := nats.NewServer(&nats.Options{Host: b.net.host(natsHost), Port: 4222, NoLog: true, NoSigs: true})
	if err != nil {
		b.t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(harness.Timeout) {
		b.t.Fatal("NATS does not start")
	}
	b.server = s
}

func (b *natsServer) stop() {
	b.server.Shutdown()
	b.server.WaitForShutdown()
}

// A lossyProxy forwards connections to NATS, and what clients publish only as long as it is not told to drop that:
// then everything looks well, and no notification arrives.
type lossyProxy struct {
	to      string
	drops   atomic.Bool
	dropped atomic.Int64
	passed  atomic.Int64

	mu    sync.Mutex
	ends  sync.WaitGroup
	conns map[net.Conn]struct{}
}

func newLossyProxy(t *testing.T, from, to string) *lossyProxy {
	t.Helper()
	listener, err := net.Listen("tcp", from)
	if err != nil {
		t.Fatal(err)
	}
	s := &lossyProxy{to: to, conns: map[net.Conn]struct{}{}}
	s.ends.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.ends.Go(func() { s.join(conn) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		s.mu.Lock()
		for conn := range s.conns {
			_ = conn.Close()
		}
		s.mu.Unlock()
		s.ends.Wait()
	})
	return s
}

// join connects a client with NATS until one of them has enough.
func (s *lossyProxy) join(client net.Conn) {
	bus, err := net.Dial("tcp", s.to)
	if err != nil {
		_ = client.Close()
		return
	}
	s.mu.Lock()
	s.conns[client], s.conns[bus] = struct{}{}, struct{}{}
	s.mu.Unlock()
	end := sync.OnceFunc(func() {
		_, _ = client.Close(), bus.Close()
		s.mu.Lock()
		delete(s.conns, client)
		delete(s.conns, bus)
		s.mu.Unlock()
	})
	s.ends.Go(func() { defer end(); _, _ = io.Copy(client, bus) })
	defer end()
	s.forward(bus, bufio.NewReader(client))
}

// forward speaks the protocol of clients: lines, and behind PUB and HPUB as many bytes as they say last.
func (s *lossyProxy) forward(bus io.Writer, client *bufio.Reader) {
	for {
		line, err := client.ReadString('\n')
		if err != nil {
			return
		}
		message := []byte(line)
		fields := strings.Fields(line)
		publishes := len(fields) > 2 && (strings.EqualFold(fields[0], "PUB") || strings.EqualFold(fields[0], "HPUB"))
		if publishes {
			n, err := strconv.Atoi(fields[len(fields)-1])
			if err != nil {
				return
			}
			body := make([]byte, n+2)
			if _, err := io.ReadFull(client, body); err != nil {
				return
			}
			message = append(message, body...)
		}
		if publishes && s.drops.Load() {
			s.dropped.Add(1)
			continue
		}
		if publishes {
			s.passed.Add(1)
		}
		if _, err := bus.Write(message); err != nil {
			return
		}
	}
}
