// Package harness starts servers for tests, in this process or in one of their own, on the database that TEST_DATABASE
// chooses, and talks to them as clients do: HTTP, WebSocket, server-sent events. What it waits for may take Timeout,
// which decides nothing. It knows no test.
package harness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley/auth/keys"
	"parley/db/dbtest"
	"parley/server"
	"parley/server/settings"
)

// Timeout is how long a test waits for what must happen; it never decides what is right.
const Timeout = 5 * time.Minute

// DataDir returns a folder that does not exist yet: the server makes it as it needs it.
func DataDir(t testing.TB) string { return filepath.Join(t.TempDir(), "data") }

// Server is the real server on a port of its own, run in this process.
type Server struct {
	T    testing.TB
	Addr string
	Dir  string // of its data
	Log  *Log
	Stop func() error // drains and waits for the end
}

// Config returns the defaults with a data directory and a port of their own, and then flags.
func Config(t testing.TB, dir string, flags ...string) *settings.Config {
	t.Helper()
	c := new(settings.Config)
	args := append(commonFlags(t, dir), flags...)
	if _, err := settings.Parse(c, args, nil, io.Discard); err != nil {
		t.Fatal(err)
	}
	return c
}

// commonFlags are those of every server: a data directory and a port of its own, and time for what a busy machine is
// slow at.
func commonFlags(t testing.TB, dir string) []string {
	t.Helper()
	flags := []string{
		"--data", dir, "--addr", "127.0.0.1:0", "--registration", "open", "--log-level", "debug", "--operation-timeout", "60s",
		"--http-header-timeout", "5m", "--http-body-timeout", "5m", "--http-response-timeout", "5m", "--http-idle-timeout", "1h",
		"--write-timeout", "5m", "--ws-init-timeout", "5m", "--ws-message-timeout", "5m", "--ws-pong-timeout", "10m", "--gql-parallel", "64",
	}
	return append(flags, DatabaseFlags(t, dir)...)
}

// DefaultTimes are the limits of time of a server on which none is set, for tests of clients that waste it.
func DefaultTimes() []string {
	return []string{
		"--http-header-timeout", "5s", "--http-body-timeout", "10s", "--http-response-timeout", "15s", "--write-timeout", "15s",
		"--ws-init-timeout", "5s", "--ws-message-timeout", "10s", "--http-idle-timeout", "60s",
	}
}

// DatabaseFlags name the database of a data directory, where the suites run on Postgres. There the keys
// must be made before the first start, with which the directory begins to be there.
func DatabaseFlags(t testing.TB, dir string) []string {
	t.Helper()
	if !dbtest.OnPostgres() {
		return nil
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		if _, err := keys.Add(MakeDir(t, dir)); err != nil {
			t.Fatal(err)
		}
	}
	return []string{"--database-url", dbtest.URL(t, dir)}
}

// New starts a server with the defaults and flags.
func New(t *testing.T, flags ...string) *Server {
	t.Helper()
	return Start(t, Config(t, DataDir(t), flags...))
}

// Start starts one; when the test is over, nothing of it may be left running.
func Start(t testing.TB, c *settings.Config) *Server {
	t.Helper()
	before := goleak.IgnoreCurrent()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	s := &Server{T: t, Dir: c.Data, Log: &Log{}}
	ready, ended := make(chan net.Addr, 1), make(chan error, 1)
	go func() { ended <- server.Run(ctx, c, s.Log, func(a net.Addr) { ready <- a }) }()
	s.Stop = sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-ended:
			return err
		case <-time.After(Timeout):
			t.Error("the server did not end")
			return nil
		}
	})
	select {
	case a := <-ready:
		s.Addr = a.String()
	case err := <-ended:
		cancel()
		t.Fatalf("the server did not start: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Errorf("the server ended with %v", err)
		}
		WantNoGoroutines(t, before)
	})
	return s
}

// Register makes an account and returns its tokens.
func (s *Server) Register(username string) (access, refresh string) {
	s.T.Helper()
	var data struct {
		Register struct{ AccessToken, RefreshToken string }
	}
	s.Must(&data, "", `mutation($u: String!) { register(username: $u, password: "correct horse battery") { accessToken refreshToken } }`, map[string]any{"u": username})
	return data.Register.AccessToken, data.Register.RefreshToken
}

// MakeDir makes a folder.
func MakeDir(t testing.TB, dir string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// WordOf is a text in the extensions of an error.
func WordOf(a Answer, name string) string {
	value, _ := a.Extension(name).(string)
	return value
}

// Raw posts a body and returns what comes back, whatever it is.
func (s *Server) Raw(body, accept string) (text string, status int) {
	s.T.Helper()
	request, err := http.NewRequestWithContext(s.T.Context(), http.MethodPost, "http://"+s.Addr+"/graphql", strings.NewReader(body))
	if err != nil {
		s.T.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", accept)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.T.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var b strings.Builder
	if _, err := fmt.Fprint(&b, response.Header); err != nil {
		s.T.Fatal(err)
	}
	buffer := make([]byte, 64<<10)
	for err == nil {
		var n int
		n, err = response.Body.Read(buffer)
		b.Write(buffer[:n])
	}
	return b.String(), response.StatusCode
}

// NoSendRates sets no rate for sends.
var NoSendRates = []string{"--send-rate", "0", "--room-send-rate", "0"}

// General is a server with a room, and where its log begins.
func General(t *testing.T, flags ...string) (s *Server, token string, start map[string]any) {
	t.Helper()
	s = New(t, append(NoLimits(), flags...)...)
	token, _ = s.Register("ann")
	s.Must(nil, token, `mutation { createRoom(name: "general") { id } }`)
	return s, token, s.End(token)
}

// WantNoGoroutines waits until no goroutine runs but those of before.
func WantNoGoroutines(t testing.TB, before goleak.Option) {
	t.Helper()
	http.DefaultClient.CloseIdleConnections()
	for end := time.Now().Add(Timeout); ; {
		err := goleak.Find(before) // which waits a little itself
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Error(err)
			return
		}
	}
}

// Eventually waits until something is so.
func Eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	pause := time.Millisecond
	for end := time.Now().Add(Timeout); !so(); time.Sleep(pause) {
		if time.Now().After(end) {
			t.Fatalf("in vain waited for: %s", what)
		}
		pause = min(2*pause, 20*time.Millisecond) // looking often slows down what is waited for
	}
}

// NoLimits are the settings for tests whose clients are many and fast.
func NoLimits() []string {
	return []string{
		"--send-rate", "0", "--room-send-rate", "0", "--mutation-rate", "0", "--room-create-rate", "0", "--register-rate", "0",
		"--accept-rate", "0", "--max-connections-per-user", "1000", "--user-room-streams", "1000", "--ws-message-rate", "0",
	}
}
