package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	plainJSON   = "application/json"
	graphqlJSON = "application/graphql-response+json"
	eventStream = "text/event-stream"
)

// An ask is one request over HTTP. Without a Content-Type it has that of JSON, without an Accept none.
type ask struct {
	method, target, body string
	header               []string // names and values
}

func posted(body string, header ...string) ask { return ask{http.MethodPost, "/graphql", body, header} }

func got(query string, header ...string) ask {
	return ask{http.MethodGet, "/graphql?" + query, "", header}
}

// send answers what comes back, whatever it is. A header with an empty value is left out.
func (s *testServer) send(q ask) answer {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), q.method, "http://"+s.addr+q.target, strings.NewReader(q.body))
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Content-Type", plainJSON)
	for i := 0; i+1 < len(q.header); i += 2 {
		request.Header.Del(q.header[i])
	}
	for i := 0; i+1 < len(q.header); i += 2 {
		if q.header[i+1] != "" {
			request.Header.Add(q.header[i], q.header[i+1])
		}
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		s.t.Fatal(err)
	}
	a, _ := s.readAny(response)
	return a
}

// quoted writes a text as JSON.
func quoted(text string) string {
	b, _ := json.Marshal(text) // a string
	return string(b)
}

// tokens are of all kinds that a request may bring.
type tokens struct{ good, expired, ended string }

func newTokens(t *testing.T) (*testServer, tokens) {
	t.Helper()
	v := newVictim(t)
	long := strconv.FormatInt(time.Now().Unix()-3600, 10)
	k := tokens{good: v.access, expired: forge(t, accessHeader, with(v.accessClaims, claim{"iat", long}, claim{"exp", long}))}
	k.ended, _ = v.register("bob")
	v.must(nil, k.ended, `mutation { logout }`)
	return v.testServer, k
}

// row is a case of the table of statuses: what is sent, and what comes back by media type.
type row struct {
	name           string
	ask            ask
	graphql, plain int
	code, reason   string // "": the answer has data
	header         string // one that the answer has with this status; with WWW-Authenticate only 401
}

func rows(k tokens) []row {
	const version, rooms = `{"query":"{ server { version } }"}`, `{"query":"{ rooms { nodes { id } } }"}`
	bearer := func(token string) ask { return posted(rooms, "Authorization", "Bearer "+token) }
	esc := url.QueryEscape
	return []row{
		{"query", posted(version), 200, 200, "", "", ""},
		{"query with a token", bearer(k.good), 200, 200, "", "", ""},
		{"mutation", posted(`{"query":"mutation { logout(refreshToken: \"x\") }"}`), 200, 200, "", "", ""},
		{"error of a mutation", posted(`{"query":"mutation { refreshToken(token: \"x\") { accessToken } }"}`), 200, 200, "UNAUTHENTICATED", "INVALID_TOKEN", ""},
		{"error beside data", posted(`{"query":"{ server { version } room(id: \"nowhere\") { id } }"}`, "Authorization", "Bearer "+k.good), 200, 200, "NOT_FOUND", "", ""},
		{"GET", got("query=" + esc("{server{version}}")), 200, 200, "", "", ""},
		{"GET with everything", got("query="+esc("query a{server{version}} query b($n:Int){rooms(first:$n){nodes{id}}}")+"&operationName=b&variables="+esc(`{"n":1}`)+"&extensions="+esc(`{"x":1}`), "Authorization", "Bearer "+k.good), 200, 200, "", "", ""},
		{"an Upgrade to h2c", posted(version, "Connection", "Upgrade, HTTP2-Settings", "Upgrade", "h2c", "HTTP2-Settings", "AAMAAABkAAQCAAAAAAIAAAAA"), 200, 200, "", "", ""},
		{"an Upgrade to TLS", got("query="+esc("{server{version}}"), "Connection", "Upgrade", "Upgrade", "TLS/1.2"), 200, 200, "", "", ""},

		{"not JSON", posted(`{"query":`), 400, 400, "BAD_USER_INPUT", "REQUEST_MALFORMED", ""},
		{"not one object", posted(`[` + version + `]`), 400, 400, "BAD_USER_INPUT", "REQUEST_MALFORMED", ""},
		{"bytes after it", posted(version + "{}"), 400, 400, "BAD_USER_INPUT", "REQUEST_MALFORMED", ""},
		{"not UTF-8", posted("{\"query\":\"{ server { version } } #\xff\"}"), 400, 400, "BAD_USER_INPUT", "REQUEST_MALFORMED", ""},
		{"no query", posted(`{"variables":{}}`), 400, 400, "BAD_USER_INPUT", "REQUEST_MALFORMED", ""},
		{"query is no string", posted(`{"query":{}}`), 400, 400, "BAD_USER_INPUT", "REQUEST_MALFORMED", ""},
		{"variables are no object", posted(`{"query":"{server{version}}","variables":[]}`), 400, 400, "BAD_USER_INPUT", "REQUEST_MALFORMED", ""},
		{"extensions are no object", posted(`{"query":"{server{version}}","extensions":""}`), 400, 400, "BAD_USER_INPUT", "REQUEST_MALFORMED", ""},
		{"operationName is no string", posted(`{"query":"{server{version}}","operationName":0}`), 400, 400, "BAD_USER_INPUT", "REQUEST_MALFORMED", ""},
		{"GET without query", got("operationName=a"), 400, 400, "BAD_USER_INPUT", "REQUEST_MALFORMED", ""},
		{"GET, variables are no JSON", got("query=" + esc("{server{version}}") + "&variables=x"), 400, 400, "BAD_USER_INPUT", "REQUEST_MALFORMED", ""},
		{"GET, a bad escape", got("query=%7"), 400, 400, "BAD_USER_INPUT", "REQUEST_MALFORMED", ""},
		{"a hash of something else", posted(`{"query":"{server{version}}","extensions":{"persistedQuery":{"version":1,"sha256Hash":"00"}}}`), 400, 400, "BAD_USER_INPUT", "REQUEST_MALFORMED", ""},

		{"syntax", posted(`{"query":"{ server"}`), 400, 200, "GRAPHQL_PARSE_FAILED", "", ""},
		{"no document", posted(`{"query":""}`), 400, 200, "GRAPHQL_VALIDATION_FAILED", "", ""},
		{"validation", posted(`{"query":"{ nothing }"}`), 400, 200, "GRAPHQL_VALIDATION_FAILED", "", ""},
		{"no such operation", posted(`{"query":"query a { server { version } }","operationName":"b"}`), 400, 200, "GRAPHQL_VALIDATION_FAILED", "", ""},
		{"limits", posted(`{"query":"{ server { ` + strings.Repeat("version ", 1000) + `} }"}`), 400, 200, "OPERATION_TOO_COMPLEX", "", ""},
		{"two passwords", posted(`{"query":"mutation { a: logout b: logout }"}`), 400, 200, "OPERATION_TOO_COMPLEX", "", ""},
		{"variables do not fit", posted(`{"query":"query($n: Int) { rooms(first: $n) { nodes { id } } }","variables":{"n":"x"}}`), 400, 200, "BAD_USER_INPUT", "VARIABLE_INVALID", ""},
		{"unknown hash", posted(`{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"00"}}}`), 400, 200, "PERSISTED_QUERY_NOT_FOUND", "", ""},
		{"subscription", posted(`{"query":"subscription { chatSent(room: \"general\") { id } }"}`, "Authorization", "Bearer "+k.good), 400, 200, "BAD_USER_INPUT", "STREAM_REQUIRED", ""},
		{"subscription by GET", got("query="+esc(`subscription{chatSent(room:"general"){id}}`), "Authorization", "Bearer "+k.good), 400, 200, "BAD_USER_INPUT", "STREAM_REQUIRED", ""},

		{"no token", posted(rooms), 401, 200, "UNAUTHENTICATED", "", "WWW-Authenticate: Bearer"},
		{"an empty token", posted(rooms, "Authorization", "Bearer "), 401, 200, "UNAUTHENTICATED", "", "WWW-Authenticate: Bearer"},
		{"a bad token", bearer("x"), 401, 200, "UNAUTHENTICATED", "", `WWW-Authenticate: Bearer error="invalid_token"`},
		{"a bad token by GET", got("query="+esc("{rooms{nodes{id}}}"), "Authorization", "Bearer x"), 401, 200, "UNAUTHENTICATED", "", `WWW-Authenticate: Bearer error="invalid_token"`},
		{"two tokens", posted(rooms, "Authorization", "Bearer "+k.good, "Authorization", "Bearer x"), 401, 200, "UNAUTHENTICATED", "", `WWW-Authenticate: Bearer error="invalid_token"`},
		{"an old token", bearer(k.expired), 401, 200, "TOKEN_EXPIRED", "", `WWW-Authenticate: Bearer error="invalid_token"`},
		{"a token of an ended session", bearer(k.ended), 401, 200, "SESSION_REVOKED", "LOGOUT", `WWW-Authenticate: Bearer error="invalid_token"`},
		{"a bad token where none is needed", posted(version, "Authorization", "Bearer x"), 200, 200, "", "", ""},

		{"mutation by GET", got("query=" + esc("mutation{logout}")), 405, 405, "BAD_USER_INPUT", "METHOD_NOT_ALLOWED", "Allow: POST"},
		{"PUT", ask{http.MethodPut, "/graphql", version, nil}, 405, 405, "BAD_USER_INPUT", "METHOD_NOT_ALLOWED", "Allow: GET, POST"},
		{"DELETE", ask{http.MethodDelete, "/graphql?query=" + esc("{server{version}}"), "", nil}, 405, 405, "BAD_USER_INPUT", "METHOD_NOT_ALLOWED", "Allow: GET, POST"},
		{"OPTIONS", ask{http.MethodOptions, "/graphql", "", nil}, 405, 405, "BAD_USER_INPUT", "METHOD_NOT_ALLOWED", "Allow: GET, POST"},
		{"an invented method", ask{"SUBSCRIBE", "/graphql", version, nil}, 405, 405, "BAD_USER_INPUT", "METHOD_NOT_ALLOWED", "Allow: GET, POST"},

		{"a form", posted("query={server{version}}", "Content-Type", "application/x-www-form-urlencoded"), 415, 415, "BAD_USER_INPUT", "UNSUPPORTED_MEDIA_TYPE", ""},
		{"a multipart form", posted(version, "Content-Type", "multipart/form-data; boundary=x"), 415, 415, "BAD_USER_INPUT", "UNSUPPORTED_MEDIA_TYPE", ""},
		{"plain text", posted(version, "Content-Type", "text/plain"), 415, 415, "BAD_USER_INPUT", "UNSUPPORTED_MEDIA_TYPE", ""},
		{"no type", posted(version, "Content-Type", ""), 415, 415, "BAD_USER_INPUT", "UNSUPPORTED_MEDIA_TYPE", ""},
		{"two types", posted(version, "Content-Type", plainJSON, "Content-Type", "text/plain"), 415, 415, "BAD_USER_INPUT", "UNSUPPORTED_MEDIA_TYPE", ""},
		{"application/graphql", posted("{server{version}}", "Content-Type", "application/graphql"), 415, 415, "BAD_USER_INPUT", "UNSUPPORTED_MEDIA_TYPE", ""},
		{"Latin-1", posted(version, "Content-Type", "application/json; charset=iso-8859-1"), 415, 415, "BAD_USER_INPUT", "UNSUPPORTED_MEDIA_TYPE", ""},
		{"UTF-16", posted(version, "Content-Type", "application/json; charset=utf-16"), 415, 415, "BAD_USER_INPUT", "UNSUPPORTED_MEDIA_TYPE", ""},
		{"packed", posted(version, "Content-Encoding", "gzip"), 415, 415, "BAD_USER_INPUT", "UNSUPPORTED_MEDIA_TYPE", ""},
		{"UTF-8", posted(version, "Content-Type", "application/json;charset=UTF-8"), 200, 200, "", "", ""},
		{"UTF-8 without its dash", posted(version, "Content-Type", "application/json; charset=utf8"), 200, 200, "", "", ""},
		{"the same in capitals and quotes", posted(version, "Content-Type", `application/json;charset="UTF8"`), 200, 200, "", "", ""},
		{"UTF-8 in quotes", posted(version, "Content-Type", `Application/JSON; charset="utf-8"`), 200, 200, "", "", ""},

		{"the largest body", posted(padded(version, 128<<10)), 200, 200, "", "", ""},
		{"too large a body", posted(padded(version, 128<<10+1)), 413, 413, "OPERATION_TOO_COMPLEX", "", ""},
	}
}

// padded fills a body with spaces up to a size.
func padded(body string, size int) string { return body + strings.Repeat(" ", size-len(body)) }

// Each row of the table of statuses, for both media types.
func TestHTTPStatusOfEachCase(t *testing.T) {
	s, k := newTokens(t)
	for _, r := range rows(k) {
		for media, status := range map[string]int{graphqlJSON: r.graphql, plainJSON: r.plain} {
			q := r.ask
			q.header = append([]string{"Accept", media}, q.header...)
			a := s.send(q)
			if problem := r.judge(a, media, status); problem != "" {
				t.Errorf("%s, %s: %s: %d %v %.300s", r.name, media, problem, a.Status, a.Header, a.Body)
			}
		}
	}
	if a := s.send(ask{http.MethodHead, "/graphql?query=" + url.QueryEscape("{server{version}}"), "", nil}); a.Status != 405 || a.Header.Get("Allow") != "GET, POST" {
		t.Errorf("HEAD: %d %v", a.Status, a.Header)
	}
}

// judge answers what is wrong with an answer.
func (r row) judge(a answer, media string, status int) string {
	executed := r.graphql == http.StatusOK
	key, value, _ := strings.Cut(r.header, ": ")
	if key == "WWW-Authenticate" && status != http.StatusUnauthorized {
		value = ""
	}
	switch id, _ := a.extension("requestId").(string); {
	case a.Status != status:
		return fmt.Sprintf("want status %d", status)
	case a.Header.Get("Content-Type") != media+"; charset=utf-8":
		return "the media type"
	case a.Header.Get("X-Content-Type-Options") != "nosniff" || a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("Vary") != "Origin":
		return "a header is missing"
	case a.code() != r.code || wordOf(a, "reason") != r.reason:
		return "want " + r.code + " " + r.reason
	case executed != strings.Contains(a.Body, `"data":`):
		return fmt.Sprintf("data: want %v", executed)
	case r.code != "" && id == "":
		return "no requestId"
	case key != "" && a.Header.Get(key) != value:
		return "want " + r.header
	}
	return ""
}

// The media type of the answer, by the Accept of a POST and of a GET; "" for 406.
func TestAnswersAsAccepted(t *testing.T) {
	s := newServer(t)
	for _, c := range []struct{ accept, post, get string }{
		{"", plainJSON, plainJSON},
		{"*/*", plainJSON, plainJSON},
		{"application/*", plainJSON, plainJSON},
		{plainJSON, plainJSON, plainJSON},
		{graphqlJSON, graphqlJSON, graphqlJSON},
		{graphqlJSON + "; charset=utf-8, application/json; charset=utf-8", graphqlJSON, graphqlJSON},
		{plainJSON + ", " + graphqlJSON, plainJSON, plainJSON},
		{plainJSON + ";q=0.8, " + graphqlJSON + ";q=0.9", graphqlJSON, graphqlJSON},
		{plainJSON + ";q=0.9, " + graphqlJSON + ";q=0.8", plainJSON, plainJSON},
		{"*/*, " + graphqlJSON, graphqlJSON, graphqlJSON},
		{"*/*;q=0.9, " + graphqlJSON + ";q=0.1", plainJSON, plainJSON},
		{plainJSON + ";q=0, application/*;q=0.1", graphqlJSON, graphqlJSON},
		{plainJSON + ";q=0, " + graphqlJSON + ";q=0, */*", eventStream, ""},
		{`text/html;x="a,b", ` + graphqlJSON, graphqlJSON, graphqlJSON},
		{eventStream, eventStream, ""},
		{eventStream + ", " + plainJSON, eventStream, plainJSON},
		{plainJSON + ", " + eventStream, plainJSON, plainJSON},
		{eventStream + ";q=0.2, " + plainJSON + ";q=0.1", eventStream, plainJSON},
		{"text/html", "", ""},
		{"image/*, text/plain", "", ""},
		{plainJSON + ";q=0", "", ""},
		{"*/*;q=0", "", ""},
		{"json", "", ""},
	} {
		for want, q := range map[*string]ask{&c.post: posted(`{"query":"{server{version}}"}`), &c.get: got("query=" + url.QueryEscape("{server{version}}"))} {
			q.header = []string{"Accept", c.accept}
			a := s.send(q)
			media, status := *want, 200
			if media == "" {
				media, status = plainJSON, 406
			}
			if a.Status != status || a.Header.Get("Content-Type") != media+"; charset=utf-8" || status == 406 && wordOf(a, "reason") != "NOT_ACCEPTABLE" {
				t.Errorf("%s with Accept %q: %d %v %s, want %d %s", q.method, c.accept, a.Status, a.Header, a.Body, status, media)
			}
		}
	}
}

// What an event stream refuses before it begins has its status, and is JSON.
func TestRefusedEventStreams(t *testing.T) {
	s := newServer(t)
	const follow = `{"query":"subscription { chatSent(room: \"general\") { id } }"}`
	for _, r := range []row{
		{"no token", posted(follow), 401, 0, "UNAUTHENTICATED", "", "WWW-Authenticate: Bearer"},
		{"bad token", posted(follow, "Authorization", "Bearer x"), 401, 0, "UNAUTHENTICATED", "", `WWW-Authenticate: Bearer error="invalid_token"`},
		{"malformed", posted(follow + "{}"), 400, 0, "BAD_USER_INPUT", "REQUEST_MALFORMED", ""},
		{"media type", posted(follow, "Content-Type", "text/plain"), 415, 0, "BAD_USER_INPUT", "UNSUPPORTED_MEDIA_TYPE", ""},
		{"too large", posted(padded(follow, 128<<10+1)), 413, 0, "OPERATION_TOO_COMPLEX", "", ""},
		{"GET", got("query=" + url.QueryEscape("{server{version}}")), 406, 0, "BAD_USER_INPUT", "NOT_ACCEPTABLE", ""},
		{"PUT", ask{http.MethodPut, "/graphql", follow, nil}, 405, 0, "BAD_USER_INPUT", "METHOD_NOT_ALLOWED", "Allow: GET, POST"},
	} {
		r.ask.header = append([]string{"Accept", eventStream}, r.ask.header...)
		a := s.send(r.ask)
		if problem := r.judge(a, plainJSON, r.graphql); problem != "" {
			t.Errorf("%s: %s: %d %v %s", r.name, problem, a.Status, a.Header, a.Body)
		}
	}
}
