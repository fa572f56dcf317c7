package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"github.com/vektah/gqlparser/v2/ast"

	"parley/auth"
	"parley/auth/accounts"
	"parley/auth/keys"
	"parley/broker"
	"parley/chat"
	"parley/chat/roomlog"
	"parley/db"
	"parley/db/dbtest"
	"parley/db/dbtest/migrated"
	"parley/graph"
	"parley/limit"
	"parley/transport"
)

// waitLimit is how long a test waits for what must happen.
const waitLimit = 5 * time.Minute

// testAPI is the API over a database of its own, with one room and a counter.
type testAPI struct {
	auth     *accounts.Service
	chat     *chat.Service
	store    *db.Store
	url      string
	executed atomic.Int64                       // results of subscriptions that gqlgen made
	between  func()                             // called once, between a result and its reader; set before anybody subscribes
	beside   atomic.Pointer[func(field string)] // called by streams between a page of the log and each field of its chats
	owner    chat.Caller
	room     *roomlog.Room
	cursor   string // of the room before its first chat
	people   int    // that from has registered
	asked    dbtest.Statements
}

func newTestAPI(t testing.TB) *testAPI {
	t.Helper()
	return testAPIWith(t, chat.Options{Notifier: &broker.Memory{}})
}

func TestMain(m *testing.M) { os.Exit(migrated.Main(m)) }

func testAPIWith(t testing.TB, o chat.Options) *testAPI {
	t.Helper()
	dir := t.TempDir()
	a := &testAPI{}
	store, err := db.Open(t.Context(), db.Options{Patience: dbtest.Patience, URL: dbtest.URL(t, dir), Dir: dir, Trace: a.asked.Trace})
	if err != nil {
		t.Fatal(err)
	}
	ring, err := keys.Parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=") // also with Postgres
	if err != nil {
		t.Fatal(err)
	}
	signIn := accounts.Defaults()
	signIn.RegisterRate = limit.Rate{}
	a.chat, a.store = chat.New(store, o), store
	if a.auth, err = accounts.New(store, ring, signIn); err != nil {
		t.Fatal(err)
	}
	// Nobody answers pings here: on a busy machine a socket is not read for long.
	api, transports := graph.Handler(graph.Options{Auth: a.auth, Chat: a.chat, Transport: transport.Options{PingInterval: time.Hour}})
	api.(*handler.Server).AroundResponses(a.count)
	api.(*handler.Server).AroundFields(a.readBeside)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var services sync.WaitGroup
	for _, service := range []func(context.Context) error{a.auth.Run, a.chat.Run} {
		services.Go(func() { _ = service(ctx) })
	}
	server := httptest.NewServer(api)
	a.url = server.URL
	t.Cleanup(func() {
		gone, cut := context.WithCancel(ctx)
		cut() // sockets are closed at once
		transports.Drain(gone)
		server.Close()
		stop()
		services.Wait()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	a.createRoom(t)
	return a
}

// createRoom makes the room.
func (a *testAPI) createRoom(t testing.TB) {
	t.Helper()
	who := a.register(t, "owner")
	a.owner = chat.Caller{ID: who.User.ID, Username: who.User.Username}
	var err error
	if a.room, err = a.chat.CreateRoom(t.Context(), a.owner, chat.NewRoom{Name: "general"}); err != nil {
		t.Fatal(err)
	}
	page, err := a.chat.Chats(t.Context(), a.owner, a.room.ID.String(), chat.PageQuery{})
	if err != nil {
		t.Fatal(err)
	}
	a.cursor = *page.SyncCursor
}

func (a *testAPI) register(t testing.TB, name string) *auth.Tokens {
	t.Helper()
	who, err := a.auth.Register(t.Context(), accounts.Registration{Username: name, Password: "correct horse battery"}, auth.Client{})
	if err != nil {
		t.Fatal(err)
	}
	return who
}

func (a *testAPI) count(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	r := next(ctx)
	if op := graphql.GetOperationContext(ctx).Operation; r != nil && op != nil && op.Operation == ast.Subscription {
		if a.executed.Add(1) == 1 && a.between != nil {
			a.between()
		}
	}
	return r
}

// send returns the chat's id.
func (a *testAPI) send(t testing.TB, text string) string {
	t.Helper()
	c, err := a.chat.Send(t.Context(), a.owner, chat.Draft{Room: a.room.ID.String(), Text: text})
	if err != nil {
		t.Fatal(err)
	}
	return c.ID.String()
}

// connect opens a socket without a goroutine of the client's.
func (a *testAPI) connect(t testing.TB, token string) net.Conn {
	t.Helper()
	dialer := ws.Dialer{Protocols: []string{"graphql-transport-ws"}, Timeout: waitLimit}
	conn, early, _, err := dialer.Dial(t.Context(), "ws"+strings.TrimPrefix(a.url, "http"))
	if err != nil {
		t.Fatal(err)
	}
	if early != nil {
		t.Fatal("the server wrote first")
	}
	t.Cleanup(func() { _ = conn.Close() })
	writeMessage(t, conn, map[string]any{"type": "connection_init", "payload": map[string]any{"authorization": token}})
	if got := readMessage(t, conn); got["type"] != "connection_ack" {
		t.Fatalf("got %v", got)
	}
	return conn
}

// subscribe follows the room from its beginning.
func (a *testAPI) subscribe(t testing.TB, conn net.Conn, id, selection string) {
	t.Helper()
	writeMessage(t, conn, map[string]any{"type": "subscribe", "id": id, "payload": map[string]any{
		"query":     "subscription($room:ID!,$after:Cursor){chatSent(room:$room,after:$after){" + selection + "}}",
		"variables": map[string]any{"room": a.room.ID.String(), "after": a.cursor},
	}})
}

func writeMessage(t testing.TB, conn net.Conn, message map[string]any) {
	t.Helper()
	text, err := json.Marshal(message)
	if err == nil {
		err = wsutil.WriteClientText(conn, text)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func readMessage(t testing.TB, conn net.Conn) map[string]any {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(waitLimit)); err != nil {
		t.Fatal(err)
	}
	text, err := wsutil.ReadServerText(conn)
	if err != nil {
		t.Fatal(err)
	}
	var message map[string]any
	if err := json.Unmarshal(text, &message); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return message
}

// selections are 20 ways to ask for a chat.
func selections() []string {
	fields := []string{"id", "username", "createdAt", "cursor", "again:text"}
	all := make([]string, 20)
	for i := range all {
		all[i] = "number text"
		for bit, field := range fields {
			if i>>bit&1 == 1 {
				all[i] += " " + field
			}
		}
	}
	return all
}

// TestASelectionIsExecutedOncePerEvent has 50 people subscribe to 20 selections each: the price of an event
// is the number of different selections and not of subscribers.
func TestASelectionIsExecutedOncePerEvent(t *testing.T) {
	const people, chats = 50, 5
	a := newTestAPI(t)
	a.send(t, "chat 1")
	var conns []net.Conn
	for i := range people {
		conn := a.connect(t, string(a.register(t, fmt.Sprintf("reader%d", i)).AccessToken))
		conns = append(conns, conn)
		for k, selection := range selections() {
			a.subscribe(t, conn, fmt.Sprint(k), selection)
		}
		a.expect(t, conn, 1)
	}
	before := a.executed.Load()
	for n := 2; n <= chats+1; n++ {
		a.send(t, fmt.Sprintf("chat %d", n))
		for _, conn := range conns {
			a.expect(t, conn, n)
		}
	}
	if got, want := a.executed.Load()-before, int64(chats*len(selections())); got != want {
		t.Errorf("%d events for %d subscribers with %d selections: %d executions, want %d",
			chats, people*len(selections()), len(selections()), got, want)
	}
}

// expect takes chat n once for each selection, each in the shape that was asked for.
func (a *testAPI) expect(t testing.TB, conn net.Conn, n int) {
	t.Helper()
	seen := map[string]bool{}
	for range selections() {
		message := readMessage(t, conn)
		id, _ := message["id"].(string)
		var k int
		if _, err := fmt.Sscan(id, &k); err != nil || seen[id] || k >= len(selections()) {
			t.Fatalf("got %v", message)
		}
		seen[id] = true
		payload, _ := message["payload"].(map[string]any)
		data, _ := payload["data"].(map[string]any)
		sent, _ := data["chatSent"].(map[string]any)
		if want := strings.Count(selections()[k], " ") + 1; len(sent) != want || sent["number"] != float64(n) || sent["text"] != fmt.Sprintf("chat %d", n) {
			t.Fatalf("chat %d as %q: got %v", n, selections()[k], message)
		}
	}
}

// TestAnIdleSocketHoldsOneGoroutine counts the goroutines of the process while 200 sockets wait for the
// next chat, each after it has been given one.
func TestAnIdleSocketHoldsOneGoroutine(t *testing.T) {
	const sockets = 200
	a := newTestAPI(t)
	a.send(t, "chat 1")
	var tokens []string
	for i := range sockets / 20 {
		tokens = append(tokens, string(a.register(t, fmt.Sprintf("reader%d", i)).AccessToken))
	}
	http.DefaultClient.CloseIdleConnections()
	before := runtime.NumGoroutine()
	for i := range sockets {
		conn := a.connect(t, tokens[i%len(tokens)])
		a.subscribe(t, conn, "1", "number")
		if got := readMessage(t, conn); got["type"] != "next" {
			t.Fatalf("got %v", got)
		}
	}
	each := 0.0
	for end := time.Now().Add(waitLimit / 3); time.Now().Before(end); runtime.Gosched() {
		// A few goroutines are the feed's: they do not grow with the sockets.
		if each = float64(runtime.NumGoroutine()-before-10) / sockets; each <= 1 {
			return
		}
	}
	t.Errorf("%.2f goroutines for each socket, want at most 1", each)
}
