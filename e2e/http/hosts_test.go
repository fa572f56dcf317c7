package http

import (
	"net"
	"net/http"
	"strings"
	"testing"

	"parley/e2e/harness"
	"parley/e2e/harness/frames"
	"parley/graph"
)

// onIPv4 is for a server that listens on all addresses.
func onIPv4(s *harness.Server) {
	_, port, _ := net.SplitHostPort(s.Addr) // of the server
	s.Addr = net.JoinHostPort("127.0.0.1", port)
}

// A page at evil.example, whose name points at 127.0.0.1 by now, is at home in a browser on this machine: it sends
// its own name as Host and as Origin. It registered people and read rooms.
func TestRebindingGetsNothing(t *testing.T) {
	s := harness.New(t)
	_, port, _ := strings.Cut(s.Addr, ":")
	evil := "evil.example:" + port
	origin := "Origin: http://" + evil + "\r\n"
	said := map[string]bool{}
	for _, c := range []struct{ method, target, lines, body string }{
		{"POST", "/graphql", origin + "Content-Type: application/json\r\n", s.Body(`mutation { register(username: "ann", password: "correct horse battery") { accessToken } }`)},
		{"POST", "/graphql", origin + "Content-Type: application/json\r\nX-Forwarded-Host: localhost\r\nForwarded: host=localhost\r\n", harness.VersionBody},
		{"GET", "/graphql?query=%7Bserver%7Bversion%7D%7D", "", ""},
		{"GET", "/graphql", origin + frames.HandshakeLines + frames.ProtocolLine, ""},
		{"OPTIONS", "/graphql", origin + "Access-Control-Request-Method: POST\r\n", ""},
		{"GET", "/", "", ""},
		{"GET", "/room/general", "", ""},
		{"GET", "/playground", "", ""},
		{"GET", "/schema.graphqls", "", ""},
		{"GET", "/nothing.js", "", ""},
		{"GET", "/healthz/", "", ""},
		{"GET", "//readyz", "", ""},
	} {
		status, text := s.Called(evil, c.method, c.target, c.lines, c.body)
		if status != http.StatusMisdirectedRequest || !strings.Contains(text, "PARLEY_HOSTS") || strings.Contains(text, "evil") {
			t.Errorf("%s %s: %d %s", c.method, c.target, status, text)
		}
		said[strings.SplitN(c.target, "?", 2)[0]+text] = true
	}
	if len(said) != 8 { // one for each path
		t.Errorf("there are several answers: %v", said)
	}
	if status, _ := s.Called(s.Addr, "GET", "http://evil.example/graphql?query=%7Bserver%7Bversion%7D%7D", "", ""); status != http.StatusMisdirectedRequest {
		t.Errorf("a whole URL: %d", status) // RFC 9112 §3.2.2
	}
	if status, _ := s.Called(s.Addr, "GET", "/graphql", "Origin: http://"+s.Addr+"\r\n"+frames.HandshakeLines+frames.ProtocolLine, ""); status != http.StatusSwitchingProtocols {
		t.Errorf("its own page: %d", status)
	}
	if a := s.Ask("", `mutation { login(username: "ann", password: "correct horse battery") { accessToken } }`); a.Code() != "INVALID_CREDENTIALS" {
		t.Errorf("ann is there: %s", a.Body)
	}
}

// What says that the server lives is never judged: balancers ask under names of their own, HAProxy without any.
func TestHealthHasNoHost(t *testing.T) {
	s := harness.New(t, "--hosts", "chat.example.org")
	for _, path := range []string{"/healthz", "/readyz"} {
		for _, request := range []string{" HTTP/1.0\r\n\r\n", " HTTP/1.1\r\nHost: node1:8080\r\nConnection: close\r\n\r\n", " HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"} {
			if got := statuses(s.Wire("GET " + path + request)); got != "200" {
				t.Errorf("%s%q: %s", path, request, got)
			}
		}
	}
}

// The names of a server on loopback that nobody has declared anything for.
func TestHostsOnLoopback(t *testing.T) {
	s := harness.New(t, "--cors-allowed-origins", "https://friend.example:8443,http://bücher.example")
	s.WantHosts(200,
		"localhost", "LOCALHOST:8080", "localhost.", "chat.localhost:8080", "127.0.0.1", "127.9.9.9:1", "192.168.1.5:8080", "8.8.8.8",
		"[::1]:8080", "[::1]", "[fe80::1%25eth0]:8080", "[2001:db8::1]",
		"node1:8080", "parley", "proj_parley_1:8080", "mybox.local", "mybox.lan:8080", "MYBOX.LAN.", "chat.home.arpa", "chat.internal", "a.b.test",
		"friend.example", "friend.example:1", "xn--bcher-kva.example",
	)
	s.WantHosts(421,
		"evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.1.nip.io", "x.friend.example", "friend.example.evil.example",
		"evillocalhost.example", "lan.example", "home.arpa.example", "evil.arpa", "evil.example%00.lan", "[::1", "[evil.example]", "localhost:x", "localhost:99999",
		"127.1.evil", "0x7f.1", "a..lan", "*", "a,b",
	)
	if got := statuses(s.Wire("GET /graphql?query=%7Bserver%7Bversion%7D%7D HTTP/1.0\r\n\r\n")); got != "200" {
		t.Errorf("HTTP/1.0 without Host, which no browser sends: %s", got)
	}
}

// A proxy that is declared, or an address that others reach, may have any name in front of it.
func TestHostsElsewhere(t *testing.T) {
	for name, flags := range map[string][]string{
		"behind nginx or Caddy on this machine":        {"--trusted-proxies", "127.0.0.1"},
		"in a container":                               {"--addr", "0.0.0.0:0"},
		"in a container on IPv6":                       {"--addr", "[::]:0"},
		"in a container behind HAProxy":                {"--addr", "0.0.0.0:0", "--trusted-proxies", "10.213.7.2"},
		"asked for it":                                 {"--hosts", "*"},
		"asked for this name":                          {"--hosts", "Chat.Example.org."},
		"asked for it and all below":                   {"--hosts", "x.example,.example.org"},
		"asked for this name, behind a proxy, by name": {"--hosts", "chat.example.org", "--trusted-proxies", "127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			s := harness.New(t, flags...)
			onIPv4(s)
			s.WantHosts(200, "chat.example.org", "CHAT.example.org.:8080", "localhost", s.Addr)
			if status, text := s.Called("chat.example.org", "GET", "/schema.graphqls", "", ""); status != 200 || text != graph.Schema {
				t.Errorf("the schema: %d", status)
			}
		})
	}
}

// Names that are given are judged everywhere, and the usual ones stay.
func TestGivenHostsAreJudgedEverywhere(t *testing.T) {
	for _, flags := range [][]string{{}, {"--trusted-proxies", "127.0.0.1"}, {"--addr", "0.0.0.0:0"}} {
		s := harness.New(t, append(flags, "--hosts", "chat.example.org, .team.example,bücher.example")...)
		onIPv4(s)
		s.WantHosts(200, "chat.example.org:443", "team.example", "a.b.team.example", "xn--bcher-kva.example", "localhost:8080", "192.0.2.7", "node1")
		s.WantHosts(421, "www.chat.example.org", "example.org", "evilteam.example", "evil.example")
	}
	if s := harness.New(t, "--hosts", "*"); !strings.Contains(s.Log.String(), "PARLEY_HOSTS is *") {
		t.Error("no warning")
	}
}
