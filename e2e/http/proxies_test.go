package http

import (
	"strings"
	"testing"

	"parley/e2e/harness"
	"parley/e2e/harness/frames"
)

// Each client has limits of its own, with whatever its proxy writes beside the address; who cannot be told apart
// has them with all others of that proxy, and the log says once which proxy it is.
func TestProxiesThatWritePorts(t *testing.T) {
	s := harness.New(t, harness.BehindProxy, "--register-rate", "1/1h")
	registered := func(name, from string) string {
		return s.RegisterAs(name, "correct horse battery", "X-Forwarded-For", from).Code()
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
	if said := s.Log.String(); strings.Count(said, "X-Forwarded-For") != 1 || !strings.Contains(said, `"proxy":"127.0.0.1"`) || !strings.Contains(said, `"unknown"`) {
		t.Errorf("the log: %s", said)
	}
}

func TestEverybodyIsTrusted(t *testing.T) {
	if s := harness.New(t, "--trusted-proxies", "0.0.0.0/0"); !strings.Contains(s.Log.String(), "PARLEY_TRUSTED_PROXIES holds every address") {
		t.Error("no warning")
	}
}

// Clients that came by TLS are at home on https, whatever their proxies call it.
func TestForwardedProto(t *testing.T) {
	s := harness.New(t, append(harness.NoLimits(), "--trusted-proxies", "127.0.0.1")...)
	const all = frames.UpgradeLine + frames.WebSocket + frames.VersionLine + frames.KeyLine + frames.ProtocolLine
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
		frames.Shake(s, all+c.proto+"Origin: "+c.origin+"://"+s.Addr+"\r\n", c.want)
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
		if got, text := s.Called(c.host, "GET", "/graphql", all+"X-Forwarded-Proto: https\r\nOrigin: "+c.origin+"\r\n", ""); got != c.want {
			t.Errorf("Host %s, Origin %s: %d %s", c.host, c.origin, got, text)
		}
	}
	unproxied := harness.New(t, harness.NoLimits()...)
	frames.Shake(unproxied, all+"X-Forwarded-Proto: https\r\nOrigin: https://"+unproxied.Addr+"\r\n", 403)
	frames.Shake(unproxied, all+"Origin: ws://"+unproxied.Addr+"\r\n", 101)
}
