package server

import (
	"io"
	"os"
	"strings"
	"testing"

	"parley/server/settings"
)

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
