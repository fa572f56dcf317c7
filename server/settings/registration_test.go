package settings

import (
	"io"
	"testing"
)

// Who may register where nothing is said is told by where the server can be reached; what is said counts in any case.
func TestWhoRegisters(t *testing.T) {
	for _, c := range []struct {
		environ []string
		want    string
	}{
		{nil, "open"},
		{[]string{"PARLEY_ADDR=127.0.0.1:0"}, "open"},
		{[]string{"PARLEY_ADDR=127.8.9.1:80"}, "open"},
		{[]string{"PARLEY_ADDR=localhost:80"}, "open"},
		{[]string{"PARLEY_ADDR=[::1]:80"}, "open"},
		{[]string{"PARLEY_ADDR=[::ffff:127.0.0.1]:80"}, "open"},
		{[]string{"PARLEY_ADDR=:80"}, "invite"},
		{[]string{"PARLEY_ADDR=0.0.0.0:80"}, "invite"},
		{[]string{"PARLEY_ADDR=[::]:80"}, "invite"},
		{[]string{"PARLEY_ADDR=192.0.2.1:80"}, "invite"},
		{[]string{"PARLEY_ADDR=localhost.example.org:80"}, "invite"},
		{[]string{"PARLEY_TRUSTED_PROXIES=127.0.0.1"}, "invite"},
		{[]string{"PARLEY_TRUSTED_PROXIES=127.0.0.1", "PARLEY_REGISTRATION=open"}, "open"},
		{[]string{"PARLEY_ADDR=:80", "PARLEY_REGISTRATION=open"}, "open"},
		{[]string{"PARLEY_REGISTRATION=invite"}, "invite"},
		{[]string{"PARLEY_REGISTRATION=closed"}, "closed"},
		{[]string{"PARLEY_ADDR=:80", "PARLEY_REGISTRATION="}, "invite"},
	} {
		var line struct{ Config }
		if _, err := Parse(&line, nil, c.environ, io.Discard); err != nil {
			t.Fatalf("%v: %v", c.environ, err)
		}
		if who, why := line.WhoRegisters(); who != c.want || why == "" {
			t.Errorf("%v: %s because %q, want %s", c.environ, who, why, c.want)
		}
	}
	var line struct{ Config }
	if _, err := Parse(&line, nil, []string{"PARLEY_REGISTRATION=everybody"}, io.Discard); err == nil {
		t.Error("PARLEY_REGISTRATION=everybody starts")
	}
}
