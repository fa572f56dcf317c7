package main

import (
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/db/dbtest"
)

// A wrong setting stops the start with status 1 and one line that names it; a wrong call with 2.
func TestWrongSettingsStopTheStart(t *testing.T) {
	for _, c := range []struct {
		env, args string
		status    int
		names     string
	}{
		{env: "PARLEY_ADRR=x", status: 1, names: "PARLEY_ADRR"},
		{env: "PARLEY_ADDR=8080", status: 1, names: "PARLEY_ADDR"},
		{env: "PARLEY_ADDR=127.0.0.1:70000", status: 1, names: "PARLEY_ADDR"},
		{env: "PARLEY_ADDR=256.0.0.1:0", status: 1, names: "PARLEY_ADDR"},
		{env: "PARLEY_METRICS_ADDR=9090", status: 1, names: "PARLEY_METRICS_ADDR"},
		{env: "PARLEY_METRICS_ADDR=127.0.0.1:70000", status: 1, names: "PARLEY_METRICS_ADDR"},
		{env: "PARLEY_METRICS_ADDR=256.0.0.1:0", status: 1, names: "PARLEY_METRICS_ADDR"},
		{env: "PARLEY_ACCESS_TOKEN_LIFETIME=90", status: 1, names: "access-token-lifetime"},
		{env: "PARLEY_ACCESS_TOKEN_LIFETIME=100d", status: 1, names: "PARLEY_ACCESS_TOKEN_LIFETIME"},
		{env: "PARLEY_ACCESS_TOKEN_LIFETIME=0", status: 1, names: "PARLEY_ACCESS_TOKEN_LIFETIME"},
		{env: "PARLEY_LEEWAY=2m", status: 1, names: "PARLEY_LEEWAY"},
		{env: "PARLEY_ROTATE_REFRESH_TOKENS=maybe", status: 1, names: "rotate-refresh-tokens"},
		{env: "PARLEY_ROTATE_REFRESH_TOKENS=", status: 1, names: "rotate-refresh-tokens"},
		{env: "PARLEY_HTTP_MAX_BODY=0", status: 1, names: "http-max-body"},
		{env: "PARLEY_WRITE_BATCH=many", status: 1, names: "write-batch"},
		{env: "PARLEY_WRITE_TIMEOUT=0s", status: 1, names: "PARLEY_WRITE_TIMEOUT"},
		{env: "PARLEY_SEND_RATE=10", status: 1, names: "send-rate"},
		{env: "PARLEY_CHAT_MAX_LENGTH=10001", status: 1, names: "PARLEY_CHAT_MAX_LENGTH"},
		{env: "PARLEY_LOG_FORMAT=xml", status: 1, names: "log-format"},
		{env: "PARLEY_CORS_ALLOWED_ORIGINS=*,http://x", status: 1, names: "cors-allowed-origins"},
		{env: "PARLEY_CORS_ALLOWED_ORIGINS=https://*.example.org", status: 1, names: "cors-allowed-origins"},
		{env: "PARLEY_CORS_ALLOWED_ORIGINS=https://chat.example.org/", status: 1, names: "cors-allowed-origins"},
		{env: "PARLEY_CORS_ALLOWED_ORIGINS=https://chat.example.org:99999", status: 1, names: "cors-allowed-origins"},
		{env: "PARLEY_CORS_ALLOWED_ORIGINS=https://chat..example.org", status: 1, names: "cors-allowed-origins"},
		{env: "PARLEY_CORS_ALLOWED_ORIGINS=http://127.1:3000", status: 1, names: "cors-allowed-origins"},
		{env: "PARLEY_CORS_ALLOWED_ORIGINS=null", status: 1, names: "cors-allowed-origins"},
		{env: "PARLEY_CORS_ALLOWED_ORIGINS=https://xn--a.example", status: 1, names: "cors-allowed-origins"},
		{env: "PARLEY_HOSTS=https://chat.example.org", status: 1, names: "--hosts"},
		{env: "PARLEY_HOSTS=chat.example.org:8080", status: 1, names: "--hosts"},
		{env: "PARLEY_HOSTS=*.example.org", status: 1, names: "--hosts"},
		{env: "PARLEY_HOSTS=chat.example.org,*", status: 1, names: "--hosts"},
		{env: "PARLEY_HOSTS=chat example", status: 1, names: "--hosts"},
		{env: "PARLEY_HOSTS=.", status: 1, names: "--hosts"},
		{env: "PARLEY_HTTP_MAX_HEADER=4KiB", status: 1, names: "PARLEY_HTTP_MAX_HEADER"},
		{env: "PARLEY_CORS_ALLOWED_ORIGINS=localhost:5173", status: 1, names: "cors-allowed-origins"},
		{env: "PARLEY_DATABASE_URL=mysql://x", status: 1, names: "PARLEY_DATABASE_URL"},
		{env: "PARLEY_SIGNING_KEY=c2hvcnQ=", status: 1, names: "PARLEY_SIGNING_KEY"},
		{env: "PARLEY_NATS_URL=nats://parley:secret@host:port", status: 1, names: "PARLEY_NATS_URL: want"},
		{env: "PARLEY_NATS_CREDENTIALS=x", status: 1, names: "PARLEY_NATS_CREDENTIALS"},
		{env: "PARLEY_NATS_CA=x", status: 1, names: "PARLEY_NATS_CA"},
		{args: "--nats-url=nats://127.0.0.1:1 --nats-credentials=none", status: 1, names: "PARLEY_NATS_CREDENTIALS: "},
		{args: "--nats-url=nats://127.0.0.1:1 --nats-key=none", status: 1, names: "PARLEY_NATS_KEY"},
		{args: "--write-batch=many", status: 1, names: "write-batch"},
		{args: "--nonsense", status: 2, names: "nonsense"},
		{args: "dance", status: 2, names: "dance"},
	} {
		t.Run(c.env+c.args, func(t *testing.T) {
			t.Setenv("PARLEY_DATA", dataDir(t))
			if name, value, ok := strings.Cut(c.env, "="); ok {
				t.Setenv(name, value)
			}
			var stderr bytes.Buffer
			status := start(strings.Fields(c.args), os.Environ(), io.Discard, &stderr)
			if status != c.status {
				t.Errorf("exit status %d, want %d", status, c.status)
			}
			if text := stderr.String(); !strings.Contains(text, c.names) || strings.Count(text, "\n") != 1 {
				t.Errorf("stderr is %q, want one line that names %s", text, c.names)
			}
		})
	}
}

func TestSettingsAreRead(t *testing.T) {
	t.Setenv("PARLEY_REFRESH_TOKEN_LIFETIME", "30d")
	t.Setenv("PARLEY_HTTP_MAX_BODY", "64KiB")
	t.Setenv("PARLEY_SEND_RATE", "0")
	t.Setenv("PARLEY_CORS_ALLOWED_ORIGINS", "")
	c := config(t, dataDir(t), "--write-batch", "7")
	if time.Duration(c.RefreshTokenLifetime) != 30*24*time.Hour || c.HTTPMaxBody != 64<<10 || c.WriteBatch != 7 ||
		c.SendRate != (ratio{}) || len(c.CORSAllowedOrigins) != 0 {
		t.Errorf("got %+v", c)
	}
	if c.RoomSendRate != (ratio{200, time.Second}) || time.Duration(c.AccessTokenLifetime) != 90*time.Minute {
		t.Errorf("the defaults are %+v", c)
	}
}

func TestCommands(t *testing.T) {
	dir := dataDir(t)
	for args, want := range map[string]string{
		"version": "parley " + version + "\n",
		strings.Join(append([]string{"migrate", "--data", dir}, databaseFlags(t, dir)...), " "): "the database is up to date\n",
	} {
		var stdout, stderr bytes.Buffer
		if status := start(strings.Fields(args), nil, &stdout, &stderr); status != 0 || stdout.String() != want {
			t.Errorf("%s: status %d, %q, %q", args, status, stdout.String(), stderr.String())
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "parley.db")); err != nil && !dbtest.OnPostgres() {
		t.Error(err)
	}
	var help bytes.Buffer
	if status := start([]string{"--help"}, nil, &help, io.Discard); status != 0 || !strings.Contains(help.String(), "$PARLEY_ACCESS_TOKEN_LIFETIME") {
		t.Errorf("help: status %d, %s", status, help.String())
	}
}

// In a container the server listens on all addresses, and the environment may name a proxy for the way out:
// the healthcheck asked that one, and a healthy container was ended.
func TestHealthcheckOfAllAddresses(t *testing.T) {
	s := newServer(t, "--addr", "0.0.0.0:0")
	_, port, err := net.SplitHostPort(s.addr)
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"", "0.0.0.0", "[::]", "127.0.0.1"} {
		check := exec.Command(os.Args[0], "healthcheck", "--addr", host+":"+port)
		check.Env = append(os.Environ(), runAsParley+"=1", "http_proxy=http://127.0.0.1:9")
		if out, err := check.CombinedOutput(); err != nil {
			t.Errorf("%q: %v: %s", host, err, out)
		}
	}
}

func TestHealthcheck(t *testing.T) {
	s := newServer(t)
	if status := start([]string{"healthcheck", "--addr", s.addr}, nil, io.Discard, io.Discard); status != 0 {
		t.Errorf("a server that serves: status %d", status)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	if status := start([]string{"healthcheck", "--addr", s.addr}, nil, io.Discard, &stderr); status != 1 || !strings.Contains(stderr.String(), "no server answers") {
		t.Errorf("no server: status %d, %q", status, stderr.String())
	}
}
