package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestOnlyTrustedProxiesAreBelieved(t *testing.T) {
	var trusted networks
	if err := trusted.UnmarshalText([]byte("10.0.0.0/8, 192.0.2.7,2001:db8::/32")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		peer string
		says []string
		want string
	}{
		{"203.0.113.1:5", nil, "203.0.113.1:5"},
		{"203.0.113.1:5", []string{"198.51.100.9"}, "203.0.113.1:5"}, // a stranger says so
		{"10.1.2.3:5", []string{"198.51.100.9"}, "198.51.100.9:0"},
		{"10.1.2.3:5", []string{"1.1.1.1, 198.51.100.9"}, "198.51.100.9:0"}, // the client's own invention
		{"10.1.2.3:5", []string{"1.1.1.1", "198.51.100.9, 10.9.9.9"}, "198.51.100.9:0"},
		{"192.0.2.7:5", []string{"198.51.100.9,10.9.9.9", "192.0.2.7"}, "198.51.100.9:0"},
		{"10.1.2.3:5", []string{"junk, 10.9.9.9"}, "10.9.9.9:0"},
		{"10.1.2.3:5", []string{""}, "10.1.2.3:0"},
		{"10.1.2.3:5", []string{"10.4.4.4"}, "10.4.4.4:0"},
		{"[2001:db8::1]:5", []string{"2001:db9::2"}, "[2001:db9::2]:0"},
		{"[::ffff:10.1.2.3]:5", []string{"::ffff:198.51.100.9"}, "198.51.100.9:0"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.peer
		r.Header["X-Forwarded-For"] = c.says
		var got string
		behindProxies(trusted, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RemoteAddr })).ServeHTTP(nil, r)
		if got != c.want {
			t.Errorf("%s says %q: got %s, want %s", c.peer, c.says, got, c.want)
		}
	}
}
