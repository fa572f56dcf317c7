package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley/auth/keys"
	"parley/db"
	"parley/db/dbtest"
)

// patience is how long a test waits for what must happen; it never decides what is right.
const patience = 20 * time.Second

// dataDir answers a folder that does not exist yet: the server makes it as it needs it.
func dataDir(t testing.TB) string { return filepath.Join(t.TempDir(), "data") }

// testServer is the real server on a port of its own, run in this process.
type testServer struct {
	t    testing.TB
	addr string
	dir  string // of its data
	log  *logBuffer
	stop func() error // drains and waits for the end
}

// logBuffer is what the server wrote to stderr.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// config answers the defaults with a data directory and a port of their own, and then flags.
func config(t testing.TB, dir string, flags ...string) *Config {
	t.Helper()
	var line commandLine
	args := append([]string{"--data", dir, "--addr", "127.0.0.1:0", "--log-level", "debug"}, databaseFlags(t, dir)...)
	args = append(args, flags...)
	if _, err := parse(&line, args, nil, io.Discard); err != nil {
		t.Fatal(err)
	}
	return &line.Config
}

// databaseFlags name the database of a data directory, where the suites run on Postgres. There the keys
// must be made before the first start, with which the directory begins to be there.
func databaseFlags(t testing.TB, dir string) []string {
	t.Helper()
	if !dbtest.OnPostgres() {
		return nil
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		if _, err := keys.Add(mkdir(t, dir)); err != nil {
			t.Fatal(err)
		}
	}
	return []string{"--database-url", dbtest.URL(t, dir)}
}

func newServer(t *testing.T, flags ...string) *testServer {
	t.Helper()
	return startServer(t, config(t, dataDir(t), flags...))
}

// startServer starts one; when the test is over, nothing of it may be left running.
func startServer(t testing.TB, c *Config) *testServer {
	t.Helper()
	before := goleak.IgnoreCurrent()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	s := &testServer{t: t, dir: c.Data, log: &logBuffer{}}
	ready, ended := make(chan net.Addr, 1), make(chan error, 1)
	go func() { ended <- run(ctx, c, s.log, func(a net.Addr) { ready <- a }) }()
	s.stop = sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-ended:
			return err
		case <-time.After(patience):
			t.Error("the server did not end")
			return nil
		}
	})
	select {
	case a := <-ready:
		s.addr = a.String()
	case err := <-ended:
		cancel()
		t.Fatalf("the server did not start: %v", err)
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Errorf("the server ended with %v", err)
		}
		nothingLeft(t, before)
	})
	return s
}

// answer is what a GraphQL request came to.
type answer struct {
	Status int
	Header http.Header
	Body   string
	Data   json.RawMessage `json:"data"`
	Errors []struct {
		Message    string         `json:"message"`
		Path       []any          `json:"path"`
		Extensions map[string]any `json:"extensions"`
	} `json:"errors"`
}

// code is the code of the only error, or "".
func (a answer) code() string {
	if len(a.Errors) != 1 {
		return ""
	}
	code, _ := a.Errors[0].Extensions["code"].(string)
	return code
}

// passes says that the API wants the same request once more.
func (a answer) passes() bool { return a.extension("retryable") == true }

func (a answer) extension(name string) any {
	if len(a.Errors) == 0 {
		return nil
	}
	return a.Errors[0].Extensions[name]
}

// post sends a body as it is.
func (s *testServer) post(body string, headers ...string) answer {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, "http://"+s.addr+"/graphql", strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.read(response)
}

// read reads a GraphQL answer to its end.
func (s *testServer) read(response *http.Response) answer {
	s.t.Helper()
	a, isJSON := s.readAny(response)
	if !isJSON {
		s.t.Fatalf("answer %d is not JSON: %s", a.Status, a.Body)
	}
	return a
}

// readAny does the same for an answer that may be no GraphQL.
func (s *testServer) readAny(response *http.Response) (a answer, isJSON bool) {
	s.t.Helper()
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	a = answer{Status: response.StatusCode, Header: response.Header, Body: string(text)}
	return a, json.Unmarshal(text, &a) == nil
}

// ask sends an operation, signed in when token is not empty.
func (s *testServer) ask(token, document string, variables ...any) answer {
	s.t.Helper()
	body := s.request(document, variables...)
	if token == "" {
		return s.post(body)
	}
	return s.post(body, "Authorization", "Bearer "+token)
}

// request writes the body of an operation.
func (s *testServer) request(document string, variables ...any) string {
	s.t.Helper()
	request := map[string]any{"query": document}
	if len(variables) > 0 {
		request["variables"] = variables[0]
	}
	body, err := json.Marshal(request)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(body)
}

// must sends an operation that succeeds, and reads its data into into.
func (s *testServer) must(into any, token, document string, variables ...any) {
	s.t.Helper()
	a := s.ask(token, document, variables...)
	if len(a.Errors) > 0 {
		s.t.Fatalf("%s: %s", document, a.Body)
	}
	if into != nil {
		s.into(a, into)
	}
}

// into reads an answer's data.
func (s *testServer) into(a answer, data any) {
	s.t.Helper()
	if err := json.Unmarshal(a.Data, data); err != nil {
		s.t.Fatal(err)
	}
}

// register makes an account and answers its tokens.
func (s *testServer) register(username string) (access, refresh string) {
	s.t.Helper()
	var data struct {
		Register struct{ AccessToken, RefreshToken string }
	}
	s.must(&data, "", `mutation($u: String!) { register(username: $u, password: "correct horse battery") { accessToken refreshToken } }`, map[string]any{"u": username})
	return data.Register.AccessToken, data.Register.RefreshToken
}

func mkdir(t testing.TB, dir string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// wired is a server without limits of rate whose parts are put together here, so that a test sees
// each statement; the handler answers without a network.
func wired(t testing.TB, trace func(context.Context, any), flags ...string) (*testServer, http.Handler) {
	t.Helper()
	c := config(t, dataDir(t), append([]string{"--send-rate", "0", "--room-send-rate", "0"}, flags...)...)
	store, err := db.Open(t.Context(), db.Options{URL: c.DatabaseURL, Dir: mkdir(t, c.Data), Trace: trace})
	if err != nil {
		t.Fatal(err)
	}
	parts, err := wire(t.Context(), c, newLogger(c, &logBuffer{}), store)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var wg sync.WaitGroup
	wg.Go(func() { _ = parts.chat.Run(ctx) })
	server := httptest.NewServer(parts.http.Handler)
	t.Cleanup(func() { server.Close(); cancel(); wg.Wait(); _ = store.Close() })
	return &testServer{t: t, addr: strings.TrimPrefix(server.URL, "http://")}, parts.http.Handler
}
