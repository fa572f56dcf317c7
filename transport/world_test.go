package transport

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"go.uber.org/goleak"
)

// A password that must never be seen again.
const password = "hunter2-hunter2"

// Nothing in these tests takes this long unless it is broken.
const timeout = 5 * time.Minute

var schema = gqlparser.MustLoadSchema(&ast.Source{Input: `
	type Query { hello(n: Int, text: String): String! failing: String wait: String! big: String! large: String! boom: String! secret: String! busy: String! rated: String! deferred: String! }
	type Mutation { set: String! wait: String! logout: String! renew(ms: Int!, session: String!): String! }
	type Subscription { tick: Int! maybe: Int big: String! secret: Int! both: Int! gone: Int! refused: Int! full: Int! busy: Int! }
`})

// A world is a server over the schema above, whose streams a test feeds.
type world struct {
	t          *testing.T
	transports *Transports
	http       *httptest.Server
	log        testLog                            // what streams read
	shared     bool                               // streams of one field have one log; else each has its own key
	keys       atomic.Int64                       // of those
	runs       atomic.Int64                       // executions of streams
	large      func() string                      // the value of the field of this name
	started    chan string                        // the field that began to wait, or the stream that was opened
	stopped    chan string                        // the field whose context ended, or the stream that nobody reads
	release    chan struct{}                      // lets a `wait` go on
	leaving    atomic.Pointer[func(frame []byte)] // sees each frame before it leaves
	mu         sync.Mutex
	said       bytes.Buffer
	before     goleak.Option // the goroutines that ran before this world
}

// A watched listener hands out connections that look at each frame when it leaves: behind a close frame
// there must be none.
type watched struct {
	net.Listener
	w *world
}

type watchedConn struct {
	net.Conn
	w      *world
	rest   int // of a frame that the kernel did not take at once
	closed bool
}

func (l watched) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	return &watchedConn{Conn: conn, w: l.w}, err
}

// Write is called by one goroutine at a time.
func (c *watchedConn) Write(b []byte) (int, error) {
	if c.rest == 0 && len(b) > 0 && b[0] >= fin { // a frame, and not HTTP
		if c.closed {
			c.w.t.Errorf("a frame behind the close frame: %.80q", b)
		}
		if see := c.w.leaving.Load(); see != nil {
			(*see)(b)
		}
		c.closed = b[0] == fin|closing
	}
	n, err := c.Conn.Write(b)
	c.rest = len(b) - n
	return n, err
}

func (w *world) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.said.Write(b)
}

func (w *world) logged() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.said.String()
}

// newWorld starts a server. When the test ends, all sockets must go, no goroutine may be left, nobody may be charged
// for an answer, and no password may be in the log.
func newWorld(t *testing.T, change func(o *Options, p *tuning)) *world {
	t.Helper()
	return makeWorld(t, change, false)
}

// newWatchedWorld is the same with connections that are looked at, and so have no descriptor.
func newWatchedWorld(t *testing.T, change func(o *Options, p *tuning)) *world {
	t.Helper()
	return makeWorld(t, change, true)
}

func makeWorld(t *testing.T, change func(o *Options, p *tuning), isWatched bool) *world {
	t.Helper()
	w := &world{
		t: t, release: make(chan struct{}), log: testLog{seen: make(chan struct{}, 1)},
		started: make(chan string, 1000), stopped: make(chan string, 1000), before: goleak.IgnoreCurrent(),
	}
	o := Options{
		Identify: w.identify, Open: w.open, Logger: slog.New(slog.NewTextHandler(w, nil)),
		SSEKeepAlive: time.Hour, PingInterval: time.Hour, // else what a slow test reads has more in it
		InitTimeout: timeout, MessageTimeout: timeout, BodyTimeout: timeout, ResponseTimeout: timeout, WriteTimeout: timeout,
	}
	p := tuning{sweep: 10 * time.Millisecond, cut: time.Second, stall: time.Second, drain: 10 * time.Second, block: 2}
	if change != nil {
		change(&o, &p)
	}
	o = o.WithDefaults()
	normal := o.tuning()
	p.inbound = cmp.Or(p.inbound, normal.inbound)
	p.inboundShare = cmp.Or(p.inboundShare, normal.inboundShare)
	w.transports = build(o, p)
	server := handler.New(executable{w})
	server.Use(guard{})
	for _, one := range w.transports.All() {
		server.AddTransport(one)
	}
	w.http = httptest.NewUnstartedServer(wrapped{server})
	w.http.Config.ErrorLog = slog.NewLogLogger(slog.NewTextHandler(w, nil), slog.LevelInfo)
	if isWatched {
		w.http.Listener = watched{w.http.Listener, w}
	}
	w.http.Start()
	t.Cleanup(w.end)
	return w
}

// wrapped hides the response writer, as middleware does, and believes who says where they come from.
type wrapped struct{ next http.Handler }

func (h wrapped) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if from := r.Header.Get("X-Forwarded-For"); from != "" {
		r.RemoteAddr = net.JoinHostPort(from, "0") // as the server's front does
	}
	h.next.ServeHTTP(hidden{w}, r)
}

type hidden struct{ inner http.ResponseWriter }

func (h hidden) Header() http.Header         { return h.inner.Header() }
func (h hidden) Write(b []byte) (int, error) { return h.inner.Write(b) }
func (h hidden) WriteHeader(status int)      { h.inner.WriteHeader(status) }
func (h hidden) Unwrap() http.ResponseWriter { return h.inner }

func (w *world) end() {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	w.transports.Drain(ctx)
	if ctx.Err() != nil {
		w.t.Error("draining did not end")
	}
	w.http.CloseClientConnections()
	w.http.Close()
	nothingLeft(w.t, w.before)
	if n := w.transports.Stats().AnswerBytes; n != 0 {
		w.t.Errorf("%d bytes of answers are still charged", n)
	}
	if strings.Contains(w.logged(), password) {
		w.t.Error("the password is in the log")
	}
}

// nothingLeft waits until no goroutine runs but those of before.
func nothingLeft(t *testing.T, before goleak.Option) {
	t.Helper()
	http.DefaultClient.CloseIdleConnections()
	var left error
	eventually(t, func() bool { left = goleak.Find(before); return left == nil }, func() string { return left.Error() })
}

// noGoroutines waits until no goroutine runs code of this package but tests.
func noGoroutines(t *testing.T) {
	t.Helper()
	var left string
	eventually(t, func() bool {
		left = ""
		all := make([]byte, 4<<20)
		for _, stack := range strings.Split(string(all[:runtime.Stack(all, true)]), "\n\n") {
			for _, ours := range []string{"ws.(*socket)", "transport.(*response)", "admission.(*Registry)", "transport.(*Transports)"} {
				if strings.Contains(stack, ours) && !strings.Contains(stack, "runtime.Stack") {
					left += stack + "\n\n"
				}
			}
		}
		return left == ""
	}, func() string { return "goroutines left:\n" + left })
}

// isEmpty tells whether no socket and no event stream is open.
func (w *world) isEmpty() bool {
	s := w.transports.Stats()
	return s.Sockets+s.EventStreams == 0
}

// eventually waits for a state that announces itself to nobody.
func eventually(t *testing.T, ok func() bool, what func() string) {
	t.Helper()
	end := time.Now().Add(timeout)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for ; !ok(); <-tick.C {
		if time.Now().After(end) {
			t.Fatal(what())
		}
	}
}

func (w *world) awaits(from <-chan string, what string) {
	w.t.Helper()
	select {
	case got := <-from:
		if got != what {
			w.t.Fatalf("got %q, want %q", got, what)
		}
	case <-time.After(timeout):
		w.t.Fatalf("no %q", what)
	}
}

// request sends a request and returns status, header and body.
func (w *world) request(method, query string, header http.Header, body io.Reader) (int, http.Header, string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, w.http.URL+"/graphql"+query, body)
	if err != nil {
		w.t.Fatal(err)
	}
	for key, values := range header {
		r.Header[key] = values
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		w.t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(text)
}
