package transport

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"parley/transport/refusal"
	"parley/transport/wire"
)

func TestAcceptIsNegotiated(t *testing.T) {
	for _, c := range []struct{ accept, post, get string }{
		{"", mediaJSON, mediaJSON},
		{"*/*", mediaJSON, mediaJSON},
		{"application/*", mediaJSON, mediaJSON},
		{"application/json", mediaJSON, mediaJSON},
		{"APPLICATION/JSON; charset=utf-8", mediaJSON, mediaJSON},
		{"application/graphql-response+json", mediaGraphQL, mediaGraphQL},
		{"application/graphql-response+json, application/json", mediaGraphQL, mediaGraphQL},
		{"application/json, application/graphql-response+json", mediaJSON, mediaJSON},
		{"application/json;q=0.9, application/graphql-response+json", mediaGraphQL, mediaGraphQL},
		{"*/*, application/graphql-response+json", mediaGraphQL, mediaGraphQL},
		{"application/*;q=0.5, application/graphql-response+json;q=0.1", mediaJSON, mediaJSON},
		{"application/json;q=0, */*", mediaGraphQL, mediaGraphQL},
		{"text/event-stream", mediaEvents, ""},
		{"text/*", mediaEvents, ""},
		{"text/event-stream, */*", mediaEvents, mediaJSON},
		{"application/json, text/event-stream", mediaJSON, mediaJSON},
		{"text/event-stream, application/json", mediaEvents, mediaJSON},
		{"text/event-stream;q=0.5, application/json;q=0.4", mediaEvents, mediaJSON},
		{"text/html", "", ""},
		{"text/html, *; q=.2, */*; q=.2", mediaJSON, mediaJSON},
		{"application/json;q=0", "", ""},
		{"application/json;q=2", "", ""},
		{"application/json;q=NaN", "", ""},
		{`text/html;x="a,b\",c", application/json`, mediaJSON, mediaJSON},
		{`text/html;x="application/json,`, "", ""},
		{"nonsense", "", ""},
	} {
		for method, want := range map[string]string{http.MethodPost: c.post, http.MethodGet: c.get} {
			r := &http.Request{Method: method, Header: http.Header{"Accept": {c.accept}}}
			if got := preferred(r); got != want {
				t.Errorf("%s, Accept %q: %q, want %q", method, c.accept, got, want)
			}
		}
	}
	r := &http.Request{Method: http.MethodGet, Header: http.Header{"Accept": {"text/html", "application/graphql-response+json"}}}
	if got := preferred(r); got != mediaGraphQL {
		t.Errorf("two headers: %q", got)
	}
}

func refused(reason, message string) string {
	return fmt.Sprintf(`{"errors":[{"message":%q,"extensions":{"code":%q,"reason":%q}}]}`, message, refusal.BadInput, reason)
}

var malformed = refused("REQUEST_MALFORMED", wire.BadRequest.Message)

// Each row holds for both media types; the second status is that of application/json.
func TestHTTPStatus(t *testing.T) {
	w := newWorld(t, nil)
	const hello = `{"data":{"hello":"world"}}`
	post := func(body string) []string { return []string{"POST", "", body} }
	rows := []struct {
		name           string
		request        []string // method, query, body
		header         string
		graphql, plain int
		want           string // of the body; empty: not looked at
		wantHeader     string
	}{
		{"query", post(`{"query":"{hello}"}`), "", 200, 200, hello, "X-Content-Type-Options: nosniff"},
		{"never stored", post(`{"query":"{hello}"}`), "", 200, 200, hello, "Cache-Control: no-store"},
		{"nulls", post(`{"query":"{hello}","variables":null,"operationName":null,"extensions":null}`), "", 200, 200, hello, ""},
		{"operation name", post(`{"query":"query a{hello} query b{x:hello}","operationName":"b"}`), "", 200, 200, `{"data":{"x":"world"}}`, ""},
		{"number in variables", post(`{"query":"query($n:Int){hello(n:$n)}","variables":{"n":7}}`), "", 200, 200, hello, ""},
		{"space around", post(" \r\n\t{\"query\":\"{hello}\"} \n"), "", 200, 200, hello, ""},
		{"mutation", post(`{"query":"mutation{set}"}`), "", 200, 200, `{"data":{"set":"world"}}`, ""},
		{"error of execution", post(`{"query":"{failing}"}`), "", 200, 200, `{"errors":[{"message":"failed"}],"data":{"failing":null}}`, ""},
		{"GET", []string{"GET", "?query={hello}", ""}, "", 200, 200, hello, ""},
		{"GET with variables", []string{"GET", "?query=" + url.QueryEscape(`query($n:Int){hello(n:$n)}`) + "&variables=" + url.QueryEscape(`{"n":7}`), ""}, "", 200, 200, hello, ""},
		{"h2c", post(`{"query":"{hello}"}`), "Upgrade: h2c", 200, 200, hello, ""},
		{"POST with upgrade", post(`{"query":"{hello}"}`), "Upgrade: websocket", 200, 200, hello, ""},

		{"no JSON", post(`{"query":"{hello}`), "", 400, 400, malformed, ""},
		{"empty", post(``), "", 400, 400, malformed, ""},
		{"array", post(`[{"query":"{hello}"}]`), "", 400, 400, malformed, ""},
		{"null", post(`null`), "", 400, 400, malformed, ""},
		{"string", post(`"{hello}"`), "", 400, 400, malformed, ""},
		{"more behind", post(`{"query":"{hello}"} {}`), "", 400, 400, malformed, ""},
		{"bytes behind", post(`{"query":"{hello}"}x`), "", 400, 400, malformed, ""},
		{"bad UTF-8", post("{\"query\":\"{hello}\",\"x\":\"\xff\"}"), "", 400, 400, malformed, ""},
		{"no query", post(`{}`), "", 400, 400, malformed, ""},
		{"query in capitals", post(`{"QUERY":"{hello}"}`), "", 400, 400, malformed, ""},
		{"query a number", post(`{"query":7}`), "", 400, 400, malformed, ""},
		{"variables an array", post(`{"query":"{hello}","variables":[]}`), "", 400, 400, malformed, ""},
		{"variables a string", post(`{"query":"{hello}","variables":"{}"}`), "", 400, 400, malformed, ""},
		{"extensions a number", post(`{"query":"{hello}","extensions":1}`), "", 400, 400, malformed, ""},
		{"operationName a number", post(`{"query":"{hello}","operationName":1}`), "", 400, 400, malformed, ""},
		{"GET without query", []string{"GET", "", ""}, "", 400, 400, malformed, ""},
		{"GET, bad escape", []string{"GET", "?query=%zz", ""}, "", 400, 400, malformed, ""},
		{"GET, bad UTF-8", []string{"GET", "?query={hello}&operationName=%ff", ""}, "", 400, 400, malformed, ""},
		{"GET, variables an array", []string{"GET", "?query={hello}&variables=[]", ""}, "", 400, 400, malformed, ""},
		{"GET, bytes behind variables", []string{"GET", "?query={hello}&variables=" + url.QueryEscape("{} {}"), ""}, "", 400, 400, malformed, ""},

		{"syntax", post(`{"query":"{"}`), "", 400, 200, "", ""},
		{"unknown field", post(`{"query":"{nothing}"}`), "", 400, 200, "", ""},
		{"unknown operation", post(`{"query":"query a{hello}","operationName":"b"}`), "", 400, 200, "", ""},
		{"variable does not fit", post(`{"query":"query($n:Int){hello(n:$n)}","variables":{"n":"x"}}`), "", 400, 200, "", ""},
		{"persisted, unknown here", post(`{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"00"}}}`), "", 400, 200, "", ""},
		{"subscription", post(`{"query":"subscription{tick}"}`), "", 400, 200, refused("STREAM_REQUIRED", noStream.Message), ""},
		{"subscription by GET", []string{"GET", "?query=" + url.QueryEscape("subscription{tick}"), ""}, "", 400, 200, refused("STREAM_REQUIRED", noStream.Message), ""},

		{"no token", post(`{"query":"{secret}"}`), "", 401, 200, "", "WWW-Authenticate: Bearer"},
		{"empty token", post(`{"query":"{secret}"}`), "Authorization: Bearer ", 401, 200, "", "WWW-Authenticate: Bearer"},
		{"bad token", post(`{"query":"{secret}"}`), "Authorization: Bearer x", 401, 200, "", `WWW-Authenticate: Bearer error="invalid_token"`},
		{"old token", post(`{"query":"{secret}"}`), "Authorization: Bearer expired", 401, 200, "", `WWW-Authenticate: Bearer error="invalid_token"`},
		{"ended session", post(`{"query":"{secret}"}`), "Authorization: Bearer revoked", 401, 200, "", `WWW-Authenticate: Bearer error="invalid_token"`},
		{"token", post(`{"query":"{secret}"}`), "Authorization: Bearer good", 200, 200, `{"data":{"secret":"world"}}`, ""},
		{"bad token where none is needed", post(`{"query":"{hello}"}`), "Authorization: Bearer x", 200, 200, hello, ""},
		{"busy", post(`{"query":"{busy}"}`), "", 503, 503, "", "Retry-After: 2"},
		{"too fast", post(`{"query":"{rated}"}`), "", 429, 429, "", "Retry-After: *"},
		{"panic", post(`{"query":"{boom}"}`), "", 500, 500, `{"errors":[{"message":"A fault of the server.","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}`, ""},

		{"mutation by GET", []string{"GET", "?query=" + url.QueryEscape("mutation{set}"), ""}, "", 405, 405, refused("METHOD_NOT_ALLOWED", badGet.Message), "Allow: POST"},
		{"PUT", []string{"PUT", "", ""}, "", 405, 405, refused("METHOD_NOT_ALLOWED", badMethod.Message), "Allow: GET, POST"},
		{"HEAD", []string{"HEAD", "?query={hello}", ""}, "", 405, 405, "", "Allow: GET, POST"},
		{"form", post(`query={hello}`), "Content-Type: application/x-www-form-urlencoded", 415, 415, refused("UNSUPPORTED_MEDIA_TYPE", badType.Message), ""},
		{"other charset", post(`{"query":"{hello}"}`), "Content-Type: application/json; charset=latin1", 415, 415, "", ""},
		{"charset", post(`{"query":"{hello}"}`), `Content-Type: application/json; charset="UTF-8"`, 200, 200, hello, ""},
		{"packed", post(`{"query":"{hello}"}`), "Content-Encoding: gzip", 415, 415, "", ""},
		{"no type", post(`{"query":"{hello}"}`), "Content-Type: ", 415, 415, "", ""},
		{"too large", post(`{"query":"{hello}","x":"` + strings.Repeat("x", 128<<10) + `"}`), "", 413, 413, `{"errors":[{"message":"The body of the request is too large.","extensions":{"code":"OPERATION_TOO_COMPLEX"}}]}`, ""},
	}
	for _, row := range rows {
		for media, status := range map[string]int{mediaGraphQL: row.graphql, mediaJSON: row.plain} {
			t.Run(row.name+", "+media, func(t *testing.T) {
				header := http.Header{"Accept": {media}, "Content-Type": {"application/json"}}
				if key, value, ok := strings.Cut(row.header, ": "); ok {
					header[key] = []string{value}
				}
				w.t = t
				got, answer, body := w.request(row.request[0], row.request[1], header, strings.NewReader(row.request[2]))
				if got != status {
					t.Errorf("status %d, want %d: %s", got, status, body)
				}
				if row.want != "" && body != row.want {
					t.Errorf("body %s\nwant %s", body, row.want)
				}
				if row.want == "" && row.request[0] != "HEAD" && (strings.Contains(body, `"data"`) || !strings.HasPrefix(body, `{"errors":[`)) {
					t.Errorf("body of a refusal: %s", body)
				}
				if got := answer.Get("Content-Type"); got != media+"; charset=utf-8" {
					t.Errorf("Content-Type %q", got)
				}
				checkHeader(t, answer, row.wantHeader, status)
			})
		}
	}
	w.t = t
}

func checkHeader(t *testing.T, answer http.Header, want string, status int) {
	t.Helper()
	key, value, _ := strings.Cut(want, ": ")
	if key == "WWW-Authenticate" && status != 401 {
		value = ""
	}
	if got := answer.Get(key); want != "" && got != value && (value != "*" || got == "") {
		t.Errorf("%s: %q, want %q", key, got, value)
	}
}

func TestNothingAcceptable(t *testing.T) {
	w := newWorld(t, nil)
	for _, method := range []string{"GET", "POST"} {
		status, header, body := w.request(method, "?query={hello}", http.Header{"Accept": {"text/html"}}, nil)
		if status != 406 || header.Get("Content-Type") != "application/json; charset=utf-8" || body != refused("NOT_ACCEPTABLE", badAccept.Message) {
			t.Errorf("%s: %d %v %s", method, status, header, body)
		}
	}
	if status, _, _ := w.request("GET", "?query={hello}", http.Header{"Accept": {mediaEvents}}, nil); status != 406 {
		t.Errorf("event stream by GET: %d", status)
	}
}

// A body that is cut off or mistyped may hold a password.
func TestNothingIsEchoed(t *testing.T) {
	w := newWorld(t, nil)
	for _, body := range []string{
		password,
		`{"query":"mutation{login(password:\"` + password,
		`{"query":"{hello}","variables":{"password":"` + password + `"}`,
		`{"query":"{hello}","variables":["` + password + `"]}`,
		`{"query":{"password":"` + password + `"}}`,
		`{"query":"{hello}"}` + password,
		"{\"query\":\"\xff" + password + "\"}",
	} {
		for _, accept := range []string{mediaJSON, mediaGraphQL, mediaEvents} {
			header := http.Header{"Accept": {accept}, "Content-Type": {"application/json"}}
			status, _, answer := w.request("POST", "", header, strings.NewReader(body))
			if status != 400 || answer != malformed {
				t.Errorf("%s as %s: %d %s", body, accept, status, answer)
			}
		}
		if status, _, answer := w.request("GET", "?query={hello}&variables="+url.QueryEscape("["+body), nil, nil); status != 400 || answer != malformed {
			t.Errorf("%s by GET: %d %s", body, status, answer)
		}
	}
}

func (w *world) raw() net.Conn {
	w.t.Helper()
	conn, err := net.Dial("tcp", w.http.Listener.Addr().String())
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(timeout))
	return conn
}

func TestSlowBodyIsRefused(t *testing.T) {
	for _, accept := range []string{mediaJSON, mediaEvents} {
		for kind, want := range map[string]int{"application/json": 408, "text/plain": 415} {
			w := newWorld(t, func(o *Options, _ *tuning) { o.BodyTimeout = 50 * time.Millisecond })
			conn := w.raw()
			fmt.Fprintf(conn, "POST /graphql HTTP/1.1\r\nHost: x\r\nAccept: %s\r\nContent-Type: %s\r\nContent-Length: 100\r\n\r\n{", accept, kind)
			answers := bufio.NewReader(conn)
			resp, err := http.ReadResponse(answers, nil)
			if err != nil || resp.StatusCode != want {
				t.Fatalf("%v %v, want %d", resp, err, want)
			}
			if _, err := io.Copy(io.Discard, resp.Body); err != nil {
				t.Error(err)
			}
			if _, err := answers.ReadByte(); err != io.EOF {
				t.Errorf("the connection lives on: %v", err)
			}
		}
	}
}

// After a body with a deadline the connection is read for hang-ups; a deadline left there would end a
// request that takes longer.
func TestBodyTimeoutEndsWithBody(t *testing.T) {
	w := newWorld(t, func(o *Options, _ *tuning) { o.BodyTimeout = 3 * time.Second })
	go func() {
		w.awaits(w.started, "wait")
		<-time.After(3500 * time.Millisecond) // more than the deadline
		w.release <- struct{}{}
	}()
	header := http.Header{"Content-Type": {"application/json"}}
	if _, _, body := w.request("POST", "", header, strings.NewReader(`{"query":"{wait}"}`)); body != `{"data":{"wait":"waited"}}` {
		t.Error(body)
	}
}

func TestUnreadAnswerIsCut(t *testing.T) {
	w := newWorld(t, func(o *Options, _ *tuning) { o.ResponseTimeout = time.Second })
	conn := w.raw()
	fmt.Fprint(conn, "GET /graphql?query={big} HTTP/1.1\r\nHost: x\r\n\r\n")
	if _, err := bufio.NewReader(conn).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	noGoroutines(t) // while the client has read next to nothing
}

func TestHungUpRequestIsCancelled(t *testing.T) {
	w := newWorld(t, nil)
	conn := w.raw()
	fmt.Fprint(conn, "GET /graphql?query={wait} HTTP/1.1\r\nHost: x\r\n\r\n")
	w.awaits(w.started, "wait")
	_ = conn.Close()
	w.awaits(w.stopped, "wait")
}

func TestDrainingRefusesRequests(t *testing.T) {
	w := newWorld(t, nil)
	w.transports.Drain(t.Context())
	for _, accept := range []string{mediaJSON, mediaGraphQL, mediaEvents} {
		header := http.Header{"Accept": {accept}, "Content-Type": {"application/json"}}
		status, answer, body := w.request("POST", "", header, strings.NewReader(`{"query":"{hello}"}`))
		if status != 503 || answer.Get("Retry-After") == "" || !strings.Contains(body, refusal.ShuttingDown) {
			t.Errorf("%s: %d %v %s", accept, status, answer, body)
		}
	}
}
