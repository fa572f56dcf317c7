package edge

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
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
		{"203.0.113.1:5", []string{"198.51.100.9"}, "203.0.113.1:5", ""}, // no proxy says so
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
		said := &strings.Builder{}
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

// A proxy that cannot be understood is told of once, and others beside it too; how many is bounded.
func TestWarningsOfProxiesAreBounded(t *testing.T) {
	said := &strings.Builder{}
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
