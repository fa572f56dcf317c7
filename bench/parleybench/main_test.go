package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
)

// TestMain lets the test binary play the server that -parley starts.
func TestMain(m *testing.M) {
	if !strings.Contains(os.Getenv("PARLEY_DATA"), "parleybench-") {
		os.Exit(m.Run())
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	listener, err := net.Listen("tcp", os.Getenv("PARLEY_ADDR"))
	if err != nil {
		panic(err)
	}
	fmt.Fprintf(os.Stderr, "{\"msg\":\"listening on http://%s\"}\n", listener.Addr())
	go func() { _ = http.Serve(listener, newFake("")) }()
	<-stop
}

func bench(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), args, &out, &err)
	return code, out.String(), err.String()
}

// TestFaultsAreNamed seeds what the checks look for: each run must fail and say what happened.
func TestFaultsAreNamed(t *testing.T) {
	send := []string{"send", "-clients", "2", "-rooms", "2", "-d", "1s"} // at least five chats a room, however busy the machine is
	fanout := []string{"fanout", "-subscribers", "3", "-rooms", "2", "-publishers", "2", "-rate", "200", "-d", "100ms"}
	for _, c := range []struct {
		fault string
		args  []string
		says  string
	}{
		{"forget", send, "and is not stored"},
		{"store twice", send, "is stored twice, as number 5 and 5"},
		{"renumber", send, "was answered as number 4 and is stored as 5"},
		{"refuse", send, "was refused and is stored as number 5"},
		{"break", send, "INTERNAL_SERVER_ERROR"},
		{"lose", fanout, "number 5 never came"},
		{"double", fanout, "number 5 came twice"},
		{"swap", fanout, "number 5 came after number 6"},
		{"change", fanout, "number 5 is another chat than others got"},
		{"change", fanout, "number 5 was delivered with another text than stored"},
		{"forget", fanout, "and is not stored"},
		{"hang up", fanout, `the stream ended behind number 4: closed by the server with 1013 "come back"`},
		{"hang up", fanout, "never came"},
	} {
		t.Run(c.args[0]+" "+c.fault, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(newFake(c.fault))
			defer server.Close()
			code, _, stderr := bench(t, append(c.args, "-url", server.URL)...)
			if code != 1 || !strings.Contains(stderr, c.says) {
				t.Errorf("exit status %d, want 1 and %q in:\n%s", code, c.says, stderr)
			}
		})
	}
}

// TestRuns has nothing wrong: exit status 0, figures as a table or as one JSON object.
func TestRuns(t *testing.T) {
	for _, args := range [][]string{
		{"send", "-clients", "3", "-rooms", "2", "-d", "100ms"},
		{"read", "-clients", "2", "-d", "100ms"},
		{"fanout", "-subscribers", "30", "-rooms", "3", "-publishers", "2", "-d", "100ms"},
		{"idle", "-sockets", "25", "-wait", "50ms"},
	} {
		t.Run(args[0], func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := bench(t, append(args, "-json", "-parley", os.Args[0])...)
			if code != 0 || stderr != "" {
				t.Fatalf("exit status %d: %s", code, stderr)
			}
			var r struct {
				Command  string
				Figures  map[string]any
				Problems []string
			}
			if err := json.Unmarshal([]byte(stdout), &r); err != nil || r.Command != args[0] || len(r.Figures) == 0 {
				t.Errorf("%v: %s", err, stdout)
			}
		})
	}
}

// TestBusyIsNoFault counts a refusal that the server may give under load.
func TestBusyIsNoFault(t *testing.T) {
	server := httptest.NewServer(newFake("busy"))
	defer server.Close()
	code, stdout, stderr := bench(t, "send", "-clients", "1", "-url", server.URL, "-d", "1s")
	if code != 0 || !strings.Contains(stdout, "refused SERVER BUSY") {
		t.Errorf("exit status %d\n%s%s", code, stdout, stderr)
	}
}

// TestUsage is exit status 2 and a line that names the flag.
func TestUsage(t *testing.T) {
	for _, args := range [][]string{
		{},
		{"sing"},
		{"send", "loud"},
		{"send", "-clients", "0"},
		{"send", "-loud"},
		{"send", "-size", "3"},
		{"fanout", "-subscribers", "0"},
		{"idle"},
		{"suite", "-rounds", "0"},
		{"suite", "-subscribers", "0"},
		{"suite", "-run", "steady,singing"},
	} {
		if code, _, stderr := bench(t, args...); code != 2 || stderr == "" {
			t.Errorf("%v: exit status %d, want 2; %s", args, code, stderr)
		}
	}
	if code, _, _ := bench(t, "--help"); code != 0 {
		t.Errorf("--help: exit status %d, want 0", code)
	}
}
