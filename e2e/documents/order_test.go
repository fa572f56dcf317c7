package documents

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/e2e/harness"
)

// The order of the checks: each document is wrong for its step and for all that come later, and the
// first step decides. Nobody is asked who they are before the document is known to be good.
func TestOrderOfChecks(t *testing.T) {
	s := harness.New(t)
	const costly = `a: rooms(first: 200) { nodes { ...R } } b: rooms(first: 200) { nodes { ...R } } } fragment R on Room { id name topic createdAt lastChat { id text number username createdAt editedAt deletedAt cursor } }`
	for _, c := range []struct{ step, document, variables, code, says string }{
		{"bytes", "{ " + strings.Repeat("x ", 70000) + "}", "", harness.ComplexCode, "body of the request"},
		{"tokens", "{ " + harness.Times(1000, "a: nonsense ") + "}", "", harness.ComplexCode, "tokens"},
		{"syntax", "{ a { " + harness.Times(20, "a: nonsense "), "", harness.ParseCode, ""},
		{"shape", "query($n: Int!) { " + harness.Times(11, "a#: nonsense(x: $n) ") + costly, "", harness.ComplexCode, "root fields"},
		{"validation", "query($n: Int!) { c: rooms(first: $n) { nodes { id } } nonsense " + costly, "", harness.ValidationCode, ""},
		{"variables", "query($n: Int!) { c: rooms(first: $n) { nodes { id } } " + costly, `{"n":"x"}`, harness.InputCode, ""},
		{"cost", "{ " + costly, "", harness.ComplexCode, "costs more than"},
		{"guard", "{ rooms { nodes { id } } }", "", harness.UnsignedCode, ""},
	} {
		body := strings.TrimSuffix(s.Body(c.document), "}")
		if c.variables != "" {
			body += `,"variables":` + c.variables
		}
		if a := s.Post(body + "}"); a.Code() != c.code || (c.says != "" && !says(a, c.says)) {
			t.Errorf("%s: want %s %s, got %.300s", c.step, c.code, c.says, a.Body)
		}
	}
}

// Without a valid token nothing that is sent asks the database, whatever it is: not to find out who
// asks, and not to refuse.
func TestRefusalsAskNoDatabase(t *testing.T) {
	other, _ := harness.Wired(t, nil)
	foreign, _ := other.Register("eve") // signed, but by another server
	s, handler, asked := harness.Counted(t)
	token, _ := s.Register("ann")
	header, rest, _ := strings.Cut(token, ".")
	asked.Take()
	requests := hostileRequests(t)
	for i, authorization := range []string{"", "Bearer " + foreign, "Bearer x", "Bearer " + header + ".x" + rest, "Bearer " + strings.Repeat("x", 8000)} {
		for _, request := range requests {
			if i > 1 && len(request.body) > 1000 {
				continue // two are enough for what is long to read
			}
			serveHostile(handler, request.body, authorization)
			if texts := asked.Take(); len(texts) > 0 {
				t.Fatalf("%.20s: %s: %d statements", authorization, request.name, len(texts))
			}
		}
	}
	s.Must(nil, token, "{ rooms { nodes { id } } }") // they are counted
	if len(asked.Take()) == 0 {
		t.Error("no statement was seen")
	}
}

// When all slots to parse in are taken for 100 ms, a document that is not known is refused, by HTTP with
// 503 and Retry-After, and by a socket with 1013; one that is known is answered.
func TestBusyParsing(t *testing.T) {
	s := harness.New(t, "--gql-parallel=1", "--log-level=error")
	s.Must(nil, "", "{ server { version } }")
	stop := make(chan struct{})
	var busy sync.Once
	refused := make(chan harness.Answer, 1)
	var flood sync.WaitGroup
	for i := range 300 {
		flood.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				document := "{ " + harness.Times(9, "rooms { "+harness.Times(9, "nodes { id name createdAt topic } ")+"} ") + "}" + strings.Repeat(" ", i) + strings.Repeat("\n", n)
				if a := s.Ask("", document); a.Status == http.StatusServiceUnavailable {
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
		if a.Code() != "SERVER_BUSY" || a.Extension("retryable") != true || !regexp.MustCompile(`^[1-5]$`).MatchString(after) {
			t.Errorf("Retry-After %q, %s", after, a.Body)
		}
	case <-time.After(harness.Timeout):
		t.Fatal("nobody was refused")
	}
	s.Must(nil, "", "{ server { version } }")
	k := s.Dial("")
	k.Expect("connection_ack")
	for i := range 1000 {
		document := `subscription { chatSent(room: "x") { id } }` + strings.Repeat("\n", i)
		k.Subscribe(fmt.Sprint(i), document, nil)
		m, code := k.Read()
		if code == 1013 {
			return
		}
		if code != 0 || !strings.Contains(string(m.Payload), harness.UnsignedCode) {
			t.Fatalf("close code %d, %s", code, m.Payload)
		}
	}
	t.Error("the socket was never busy")
}
