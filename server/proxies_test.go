package server

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"parley/server/settings"
)

func TestOnlyTrustedProxiesAreBelieved(t *testing.T) {
	var trusted settings.Networks
	if err := trusted.UnmarshalText([]byte("10.0.0.0/8, 192.0.2.7,2001:db8::/32,fe80::/10")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		peer  string
		says  []string
		want  string
		blame string // who is said to write what cannot be read
	}{
		{"203.0.113.1:5", nil, "203.0.113.1:5", ""},
		{"203.0.113.1:5", []string{"198.51.100.9"}, "203.0.113.1:5", ""}, // a stranger says so
		{"203.0.113.1:5", []string{"unknown"}, "203.0.113.1:5", ""},
		{"10.1.2.3:5", []string{"198.51.100.9"}, "198.51.100.9:0", ""},
		{"10.1.2.3:5", []string{"1.1.1.1, 198.51.100.9"}, "198.51.100.9:0", ""}, // the client's own invention
		{"10.1.2.3:5", []string{"unknown, 198.51.100.9"}, "198.51.100.9:0", ""}, // the same
		{"10.1.2.3:5", []string{"1.1.1.1", "198.51.100.9, 10.9.9.9"}, "198.51.100.9:0", ""},
		{"192.0.2.7:5", []string{"198.51.100.9,10.9.9.9", "192.0.2.7"}, "198.51.100.9:0", ""},
		{"10.1.2.3:5", []string{""}, "10.1.2.3:0", ""},
		{"10.1.2.3:5", []string{"10.4.4.4"}, "10.4.4.4:0", ""},
		{"[2001:db8::1]:5", []string{"2001:db9::2"}, "[2001:db9::2]:0", ""},
		{"[::ffff:10.1.2.3]:5", []string{"::ffff:198.51.100.9"}, "198.51.100.9:0", ""},
		{"[fe80::1%eth0]:5", []string{"198.51.100.9"}, "198.51.100.9:0", ""},

		{"10.1.2.3:5", []string{"198.51.100.9:4711"}, "198.51.100.9:0", ""}, // Azure
		{"10.1.2.3:5", []string{"[2001:db9::2]:4711"}, "[2001:db9::2]:0", ""},
		{"10.1.2.3:5", []string{"[2001:db9::2]"}, "[2001:db9::2]:0", ""},
		{"10.1.2.3:5", []string{`"[2001:db9::2]:4711"`}, "[2001:db9::2]:0", ""},
		{"10.1.2.3:5", []string{`"198.51.100.9"`}, "198.51.100.9:0", ""},
		{"10.1.2.3:5", []string{"[fe81::2%eth0]:4711, fe80::3%1"}, "[fe81::2]:0", ""},
		{"10.1.2.3:5", []string{"[::ffff:198.51.100.9]:4711"}, "198.51.100.9:0", ""},
		{"10.1.2.3:5", []string{"198.51.100.9:4711, 10.9.9.9:80", "10.8.8.8:80"}, "198.51.100.9:0", ""},
		{"10.1.2.3:5", []string{"198.51.100.9, ,", "", ", 10.9.9.9,\t"}, "198.51.100.9:0", ""},

		{"10.1.2.3:5", []string{"unknown"}, "10.1.2.3:0", "10.1.2.3"},
		{"10.1.2.3:5", []string{"1.1.1.1, unknown"}, "10.1.2.3:0", "10.1.2.3"},
		{"10.1.2.3:5", []string{"1.1.1.1, junk, 10.9.9.9"}, "10.9.9.9:0", "10.9.9.9"},
		{"10.1.2.3:5", []string{"1.1.1.1, _hidden, 10.9.9.9:80"}, "10.9.9.9:0", "10.9.9.9"},
		{"10.1.2.3:5", []string{"1.1.1.1, unix:"}, "10.1.2.3:0", "10.1.2.3"},
		{"10.1.2.3:5", []string{"1.1.1.1 2.2.2.2"}, "10.1.2.3:0", "10.1.2.3"},
		{"10.1.2.3:5", []string{"300.1.1.1:80"}, "10.1.2.3:0", "10.1.2.3"},
	} {
		var got string
		said := &logBuffer{}
		h := behindProxies(trusted, slog.New(slog.NewTextHandler(said, nil)), http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RemoteAddr }))
		for range 3 {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = c.peer
			r.Header["X-Forwarded-For"] = c.says
			h.ServeHTTP(nil, r)
			if got != c.want {
				t.Errorf("%s says %q: got %s, want %s", c.peer, c.says, got, c.want)
			}
		}
		if lines := said.String(); strings.Count(lines, "\n") != map[bool]int{true: 1}[c.blame != ""] || !strings.Contains(lines, "proxy="+c.blame+" ") && c.blame != "" {
			t.Errorf("%s says %q: the log has %q", c.peer, c.says, lines)
		}
	}
}

// Each client has limits of its own, with whatever its proxy writes beside the address; who cannot be told apart
// has them with all others of that proxy, and the log says once which proxy it is.
func TestProxiesThatWritePorts(t *testing.T) {
	s := newServer(t, behindProxy, "--register-rate", "1/1h")
	registered := func(name, from string) string {
		return s.registerAs(name, "correct horse battery", "X-Forwarded-For", from).code()
	}
	for name, from := range map[string]string{"a1": "198.51.100.1:4711", "a2": "198.51.100.2:4711", "a3": "[2001:db8:1::1]:4711", "a4": "[2001:db8:2::1]:4711"} {
		if code := registered("ann"+name, from); code != "" {
			t.Errorf("from %s: %s", from, code)
		}
	}
	for _, from := range []string{"198.51.100.1:1", "198.51.100.2", "[2001:db8:1::2]:1", "2001:db8:2::1"} {
		if code := registered("bob", from); code != "RATE_LIMITED" {
			t.Errorf("from %s: %q", from, code)
		}
	}
	if first, second := registered("cat", "1.1.1.1, unknown"), registered("dan", "2.2.2.2, unknown"); first != "" || second != "RATE_LIMITED" {
		t.Errorf("those who are unknown: %q, %q", first, second)
	}
	if said := s.log.String(); strings.Count(said, "X-Forwarded-For") != 1 || !strings.Contains(said, `"proxy":"127.0.0.1"`) || !strings.Contains(said, `"unknown"`) {
		t.Errorf("the log: %s", said)
	}
}

func TestEverybodyIsTrusted(t *testing.T) {
	if s := newServer(t, "--trusted-proxies", "0.0.0.0/0"); !strings.Contains(s.log.String(), "PARLEY_TRUSTED_PROXIES holds every address") {
		t.Error("no warning")
	}
}

// Clients that came by TLS are at home on https, whatever their proxies call it.
func TestForwardedProto(t *testing.T) {
	s := newServer(t, append(roomy(), "--trusted-proxies", "127.0.0.1")...)
	const all = upgradeLine + webSocket + versionLine + keyLine + protocolLine
	for _, c := range []struct {
		proto, origin string
		want          int
	}{
		{"X-Forwarded-Proto: https\r\n", "https", 101},
		{"X-Forwarded-Proto: wss\r\n", "https", 101}, // Traefik
		{"X-Forwarded-Proto: HTTPS\r\n", "https", 101},
		{"X-Forwarded-Proto: https, https\r\n", "https", 101},
		{"X-Forwarded-Proto: https,http\r\n", "https", 101}, // TLS ends at the outer one
		{"X-Forwarded-Proto: https\r\nX-Forwarded-Proto: http\r\n", "https", 101},
		{"X-Forwarded-Proto: WSS , ws\r\n", "wss", 101},
		{"X-Forwarded-Proto: wss\r\n", "http", 403},
		{"X-Forwarded-Proto: ws\r\n", "http", 101},
		{"X-Forwarded-Proto: ws\r\n", "https", 403},
		{"X-Forwarded-Proto: http, https\r\n", "https", 403},
		{"X-Forwarded-Proto: httpsx\r\n", "https", 403},
		{"", "https", 403},
		{"", "ws", 101},
	} {
		s.shake(all+c.proto+"Origin: "+c.origin+"://"+s.addr+"\r\n", c.want)
	}
	for _, c := range []struct {
		host, origin string
		want         int
	}{
		{"chat.example.org:443", "https://chat.example.org", 101},
		{"chat.example.org", "https://chat.example.org:443", 101},
		{"Chat.Example.org.", "wss://chat.example.org", 101},
		{"XN--BCHER-kva.example", "https://bücher.example", 101},
		{"chat.example.org:80", "https://chat.example.org", 403},
		{"chat.example.org:443", "http://chat.example.org", 403},
	} {
		if got, text := s.called(c.host, "GET", "/graphql", all+"X-Forwarded-Proto: https\r\nOrigin: "+c.origin+"\r\n", ""); got != c.want {
			t.Errorf("Host %s, Origin %s: %d %s", c.host, c.origin, got, text)
		}
	}
	unproxied := newServer(t, roomy()...)
	unproxied.shake(all+"X-Forwarded-Proto: https\r\nOrigin: https://"+unproxied.addr+"\r\n", 403)
	unproxied.shake(all+"Origin: ws://"+unproxied.addr+"\r\n", 101)
}

// A network in which no peer can be is a mistake that nobody would notice: the limits would count the proxy.
func TestNetworksThatMatchNobody(t *testing.T) {
	for text, hint := range map[string]string{
		"10.0.0.1/8":             "10.0.0.0/8",
		"2001:db8::1/32":         "2001:db8::/32",
		"::ffff:10.0.0.0/104":    "IPv4",
		"::ffff:10.0.0.1":        "IPv4",
		"0.0.0.0":                "matches nobody",
		"::":                     "matches nobody",
		"255.255.255.255":        "matches nobody",
		"224.0.0.0/4":            "matches nobody",
		"ff02::1":                "matches nobody",
		"fe80::1%eth0":           "no network",
		"10.0.0.0/33":            "no network",
		"proxy.lan":              "no network",
		"10.0.0.1:80":            "no network",
		"10.0.0.0/8 192.0.2.7":   "no network",
		"192.0.2.7,172.17.0.1/1": "128.0.0.0/1",
	} {
		var stderr strings.Builder
		t.Setenv("PARLEY_TRUSTED_PROXIES", text)
		status := start([]string{"version"}, os.Environ(), io.Discard, &stderr)
		if said := stderr.String(); status != 1 || strings.Count(said, "\n") != 1 || !strings.Contains(said, "trusted-proxies") || !strings.Contains(said, hint) {
			t.Errorf("%s: status %d, %s", text, status, said)
		}
	}
	var n settings.Networks
	if err := n.UnmarshalText([]byte("0.0.0.0/0,::/0,127.0.0.1,::1,10.0.0.0/8,fe80::/10,192.0.2.7/32")); err != nil {
		t.Error(err)
	}
}

// A proxy that cannot be understood is told of once, and others beside it too; how many is bounded.
func TestWarningsOfProxiesAreBounded(t *testing.T) {
	said := &logBuffer{}
	var trusted settings.Networks
	if err := trusted.UnmarshalText([]byte("10.0.0.0/8")); err != nil {
		t.Fatal(err)
	}
	h := behindProxies(trusted, slog.New(slog.NewTextHandler(said, nil)), http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for i := range 4 * warnedMost {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = fmt.Sprintf("10.0.0.%d:5", i%200)
		r.Header.Set("X-Forwarded-For", strings.Repeat("x", 1000))
		h.ServeHTTP(nil, r)
	}
	if lines := strings.Count(said.String(), "\n"); lines != warnedMost || len(said.String()) > warnedMost*400 {
		t.Errorf("%d lines, %d bytes", lines, len(said.String()))
	}
}
