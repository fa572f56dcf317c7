package server

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The order of the checks: each document is wrong for its step and for all that come later, and the
// first step decides. Nobody is asked who they are before the document is known to be good.
func TestOrderOfChecks(t *testing.T) {
	s := newServer(t)
	const costly = `a: rooms(first: 200) { nodes { ...R } } b: rooms(first: 200) { nodes { ...R } } } fragment R on Room { id name topic createdAt lastChat { id text number username createdAt editedAt deletedAt cursor } }`
	for _, c := range []struct{ step, document, variables, code, says string }{
		{"bytes", "{ " + strings.Repeat("x ", 70000) + "}", "", complexCode, "body of the request"},
		{"tokens", "{ " + times(1000, "a: nonsense ") + "}", "", complexCode, "tokens"},
		{"syntax", "{ a { " + times(20, "a: nonsense "), "", parseCode, ""},
		{"shape", "query($n: Int!) { " + times(11, "a#: nonsense(x: $n) ") + costly, "", complexCode, "root fields"},
		{"validation", "query($n: Int!) { c: rooms(first: $n) { nodes { id } } nonsense " + costly, "", validationCode, ""},
		{"variables", "query($n: Int!) { c: rooms(first: $n) { nodes { id } } " + costly, `{"n":"x"}`, inputCode, ""},
		{"cost", "{ " + costly, "", complexCode, "costs more than"},
		{"guard", "{ rooms { nodes { id } } }", "", unsignedCode, ""},
	} {
		body := strings.TrimSuffix(s.request(c.document), "}")
		if c.variables != "" {
			body += `,"variables":` + c.variables
		}
		if a := s.post(body + "}"); a.code() != c.code || (c.says != "" && !says(a, c.says)) {
			t.Errorf("%s: want %s %s, got %.300s", c.step, c.code, c.says, a.Body)
		}
	}
}

// Without a valid token nothing that is sent asks the database, whatever it is: not to find out who
// asks, and not to refuse.
func TestRefusalsAskNoDatabase(t *testing.T) {
	stranger, _ := wired(t, nil)
	foreign, _ := stranger.register("eve") // signed, but by another server
	var statements atomic.Int64
	s, handler := wired(t, func(_ context.Context, what any) {
		if strings.Contains(fmt.Sprint(what), "query=") {
			statements.Add(1)
		}
	})
	token, _ := s.register("ann")
	header, rest, _ := strings.Cut(token, ".")
	before := statements.Load()
	requests := hostileRequests(t)
	for i, authorization := range []string{"", "Bearer " + foreign, "Bearer x", "Bearer " + header + ".x" + rest, "Bearer " + strings.Repeat("x", 8000)} {
		for _, request := range requests {
			if i > 1 && len(request.body) > 1000 {
				continue // two are enough for what is long to read
			}
			serveHostile(handler, request.body, authorization)
			if now := statements.Load(); now != before {
				t.Fatalf("%.20s: %s: %d statements", authorization, request.name, now-before)
			}
		}
	}
	s.must(nil, token, "{ rooms { nodes { id } } }") // they are counted
	if statements.Load() == before {
		t.Error("no statement was seen")
	}
}

// When all places to parse are taken for 100 ms, a document that is not known is refused, by HTTP with
// 503 and Retry-After, and by a socket with 1013; one that is known is answered.
func TestBusyParsing(t *testing.T) {
	s := newServer(t, "--gql-parallel=1", "--log-level=error")
	s.must(nil, "", "{ server { version } }")
	stop := make(chan struct{})
	var busy sync.Once
	refused := make(chan answer, 1)
	var flood sync.WaitGroup
	for i := range 300 {
		flood.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				document := "{ " + times(9, "rooms { "+times(9, "nodes { id name createdAt topic } ")+"} ") + "}" + strings.Repeat(" ", i) + strings.Repeat("\n", n)
				if a := s.ask("", document); a.Status == http.StatusServiceUnavailable {
					busy.Do(func() { refused <- a })
				}
			}
		})
	}
	defer flood.Wait()
	defer close(stop)
	select {
	case a := <-refused:
		after := a.Header.Get("Retry-After")
		if a.code() != "SERVER_BUSY" || a.extension("retryable") != true || !regexp.MustCompile(`^[1-5]$`).MatchString(after) {
			t.Errorf("Retry-After %q, %s", after, a.Body)
		}
	case <-time.After(patience):
		t.Fatal("nobody was refused")
	}
	s.must(nil, "", "{ server { version } }")
	k := s.dial("")
	k.expect("connection_ack")
	for i := range 1000 {
		document := `subscription { chatSent(room: "x") { id } }` + strings.Repeat("\n", i)
		k.subscribe(fmt.Sprint(i), document, nil)
		m, code := k.read()
		if code == 1013 {
			return
		}
		if code != 0 || !strings.Contains(string(m.Payload), unsignedCode) {
			t.Fatalf("close code %d, %s", code, m.Payload)
		}
	}
	t.Error("the socket was never busy")
}
