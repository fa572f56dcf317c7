package http

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/e2e/harness"
	"parley/e2e/harness/forge"
)

// tokens are of all kinds that a request may bring.
type tokens struct{ good, expired, ended string }

func newTokens(t *testing.T) (*harness.Server, tokens) {
	t.Helper()
	v := forge.NewVictim(t)
	long := strconv.FormatInt(time.Now().Unix()-3600, 10)
	k := tokens{good: v.Access, expired: forge.Sign(t, forge.AccessHeader, forge.With(v.AccessClaims, forge.Claim{Name: "iat", Value: long}, forge.Claim{Name: "exp", Value: long}))}
	k.ended, _ = v.Register("bob")
	v.Must(nil, k.ended, `mutation { logout }`)
	return v.Server, k
}

// row is a case of the table of statuses: what is sent, and what comes back by media type.
type row struct {
	name           string
	ask            harness.Ask
	graphql, plain int
	code, reason   string // "": the answer has data
	header         string // one that the answer has with this status; with WWW-Authenticate only 401
}

func rows(k tokens) []row {
	const version, rooms = `{"query":"{ server { version } }"}`, `{"query":"{ rooms { nodes { id } } }"}`
	bearer := func(token string) harness.Ask { return harness.Posted(rooms, "Authorization", "Bearer "+token) }
	esc := url.QueryEscape
	return []row{
		{"query", harness.Posted(version), 200, 200, "", "", ""},
		{"query with a token", bearer(k.good), 200, 200, "", "", ""},
		{"mutation", harness.Posted(`{"query":"mutation { logout(refreshToken: \"x\") }"}`), 200, 200, "", "", ""},
		{"error of a mutation", harness.Posted(`{"query":"mutation { refreshToken(token: \"x\") { accessToken } }"}`), 200, 200, "UNAUTHENTICATED", "INVALID_TOKEN", ""},
		{"error beside data", harness.Posted(`{"query":"{ server { version } room(id: \"nowhere\") { id } }"}`, "Authorization", "Bearer "+k.good), 200, 200, "NOT_FOUND", "", ""},
		{"GET", harness.Got("query=" + esc("{server{version}}")), 200, 200, "", "", ""},
		{"GET with everything", harness.Got("query="+esc("query a{server{version}} query b($n:Int){rooms(first:$n){nodes{id}}}")+"&operationName=b&variables="+esc(`{"n":1}`)+"&extensions="+esc(`{"x":1}`), "Authorization", "Bearer "+k.good), 200, 200, "", "", ""},
		{"an Upgrade to h2c", harness.Posted(version, "Connection", "Upgrade, HTTP2-Settings", "Upgrade", "h2c", "HTTP2-Settings", "AAMAAABkAAQCAAAAAAIAAAAA"), 200, 200, "", "", ""},
		{"an Upgrade to TLS", harness.Got("query="+esc("{server{version}}"), "Connection", "Upgrade", "Upgrade", "TLS/1.2"), 200, 200, "", "", ""},

		{"not JSON", harness.Posted(`{"query":`), 400, 400, "BAD_USER_INPUT", "REQUEST_MALFORMED", ""},
		{"not one object", harness.Posted(`[` + version + `]`), 400, 400, "BAD_USER_INPUT", "REQUEST_MALFORMED", ""},
		{"bytes after it", harness.Posted(version + "{}"), 400, 400, "BAD_USER_INPUT", "REQUEST_MALFORMED", ""},
		{"not UTF-8", harness.Posted("{\"query\":\"{ server { version } } #\xff\"}"), 400, 400, "BAD_USER_INPUT", "REQUEST_MALFORMED", ""},
		{"no query", harness.Posted(`{"variables":{}}`), 400, 400, "BAD_USER_INPUT", "REQUEST_MALFORMED", ""},
		{"query is no string", harness.Posted(`{"query":{}}`), 400, 400, "BAD_USER_INPUT", "REQUEST_MALFORMED", ""},
		{"variables are no object", harness.Posted(`{"query":"{server{version}}","variables":[]}`), 400, 400, "BAD_USER_INPUT", "REQUEST_MALFORMED", ""},
		{"extensions are no object", harness.Posted(`{"query":"{server{version}}","extensions":""}`), 400, 400, "BAD_USER_INPUT", "REQUEST_MALFORMED", ""},
		{"operationName is no string", harness.Posted(`{"query":"{server{version}}","operationName":0}`), 400, 400, "BAD_USER_INPUT", "REQUEST_MALFORMED", ""},
		{"GET without query", harness.Got("operationName=a"), 400, 400, "BAD_USER_INPUT", "REQUEST_MALFORMED", ""},
		{"GET, variables are no JSON", harness.Got("query=" + esc("{server{version}}") + "&variables=x"), 400, 400, "BAD_USER_INPUT", "REQUEST_MALFORMED", ""},
		{"GET, a bad escape", harness.Got("query=%7"), 400, 400, "BAD_USER_INPUT", "REQUEST_MALFORMED", ""},
		{"a hash of something else", harness.Posted(`{"query":"{server{version}}","extensions":{"persistedQuery":{"version":1,"sha256Hash":"00"}}}`), 400, 400, "BAD_USER_INPUT", "REQUEST_MALFORMED", ""},

		{"syntax", harness.Posted(`{"query":"{ server"}`), 400, 200, "GRAPHQL_PARSE_FAILED", "", ""},
		{"no document", harness.Posted(`{"query":""}`), 400, 200, "GRAPHQL_VALIDATION_FAILED", "", ""},
		{"validation", harness.Posted(`{"query":"{ nothing }"}`), 400, 200, "GRAPHQL_VALIDATION_FAILED", "", ""},
		{"no such operation", harness.Posted(`{"query":"query a { server { version } }","operationName":"b"}`), 400, 200, "GRAPHQL_VALIDATION_FAILED", "", ""},
		{"limits", harness.Posted(`{"query":"{ server { ` + strings.Repeat("version ", 1000) + `} }"}`), 400, 200, "OPERATION_TOO_COMPLEX", "", ""},
		{"two passwords", harness.Posted(`{"query":"mutation { a: logout b: logout }"}`), 400, 200, "OPERATION_TOO_COMPLEX", "", ""},
		{"variables do not fit", harness.Posted(`{"query":"query($n: Int) { rooms(first: $n) { nodes { id } } }","variables":{"n":"x"}}`), 400, 200, "BAD_USER_INPUT", "VARIABLE_INVALID", ""},
		{"unknown hash", harness.Posted(`{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"00"}}}`), 400, 200, "PERSISTED_QUERY_NOT_FOUND", "", ""},
		{"subscription", harness.Posted(`{"query":"subscription { chatSent(room: \"general\") { id } }"}`, "Authorization", "Bearer "+k.good), 400, 200, "BAD_USER_INPUT", "STREAM_REQUIRED", ""},
		{"subscription by GET", harness.Got("query="+esc(`subscription{chatSent(room:"general"){id}}`), "Authorization", "Bearer "+k.good), 400, 200, "BAD_USER_INPUT", "STREAM_REQUIRED", ""},

		{"no token", harness.Posted(rooms), 401, 200, "UNAUTHENTICATED", "", "WWW-Authenticate: Bearer"},
		{"an empty token", harness.Posted(rooms, "Authorization", "Bearer "), 401, 200, "UNAUTHENTICATED", "", "WWW-Authenticate: Bearer"},
		{"a bad token", bearer("x"), 401, 200, "UNAUTHENTICATED", "", `WWW-Authenticate: Bearer error="invalid_token"`},
		{"a bad token by GET", harness.Got("query="+esc("{rooms{nodes{id}}}"), "Authorization", "Bearer x"), 401, 200, "UNAUTHENTICATED", "", `WWW-Authenticate: Bearer error="invalid_token"`},
		{"two tokens", harness.Posted(rooms, "Authorization", "Bearer "+k.good, "Authorization", "Bearer x"), 401, 200, "UNAUTHENTICATED", "", `WWW-Authenticate: Bearer error="invalid_token"`},
		{"an old token", bearer(k.expired), 401, 200, "TOKEN_EXPIRED", "", `WWW-Authenticate: Bearer error="invalid_token"`},
		{"a token of an ended session", bearer(k.ended), 401, 200, "SESSION_REVOKED", "LOGOUT", `WWW-Authenticate: Bearer error="invalid_token"`},
		{"a bad token where none is needed", harness.Posted(version, "Authorization", "Bearer x"), 200, 200, "", "", ""},

		{"mutation by GET", harness.Got("query=" + esc("mutation{logout}")), 405, 405, "BAD_USER_INPUT", "METHOD_NOT_ALLOWED", "Allow: POST"},
		{"PUT", harness.Ask{Method: http.MethodPut, Target: "/graphql", Body: version, Header: nil}, 405, 405, "BAD_USER_INPUT", "METHOD_NOT_ALLOWED", "Allow: GET, POST"},
		{"DELETE", harness.Ask{Method: http.MethodDelete, Target: "/graphql?query=" + esc("{server{version}}"), Body: "", Header: nil}, 405, 405, "BAD_USER_INPUT", "METHOD_NOT_ALLOWED", "Allow: GET, POST"},
		{"OPTIONS", harness.Ask{Method: http.MethodOptions, Target: "/graphql", Body: "", Header: nil}, 405, 405, "BAD_USER_INPUT", "METHOD_NOT_ALLOWED", "Allow: GET, POST"},
		{"an invented method", harness.Ask{Method: "SUBSCRIBE", Target: "/graphql", Body: version, Header: nil}, 405, 405, "BAD_USER_INPUT", "METHOD_NOT_ALLOWED", "Allow: GET, POST"},

		{"a form", harness.Posted("query={server{version}}", "Content-Type", "application/x-www-form-urlencoded"), 415, 415, "BAD_USER_INPUT", "UNSUPPORTED_MEDIA_TYPE", ""},
		{"a multipart form", harness.Posted(version, "Content-Type", "multipart/form-data; boundary=x"), 415, 415, "BAD_USER_INPUT", "UNSUPPORTED_MEDIA_TYPE", ""},
		{"plain text", harness.Posted(version, "Content-Type", "text/plain"), 415, 415, "BAD_USER_INPUT", "UNSUPPORTED_MEDIA_TYPE", ""},
		{"no type", harness.Posted(version, "Content-Type", ""), 415, 415, "BAD_USER_INPUT", "UNSUPPORTED_MEDIA_TYPE", ""},
		{"two types", harness.Posted(version, "Content-Type", harness.PlainJSON, "Content-Type", "text/plain"), 415, 415, "BAD_USER_INPUT", "UNSUPPORTED_MEDIA_TYPE", ""},
		{"application/graphql", harness.Posted("{server{version}}", "Content-Type", "application/graphql"), 415, 415, "BAD_USER_INPUT", "UNSUPPORTED_MEDIA_TYPE", ""},
		{"Latin-1", harness.Posted(version, "Content-Type", "application/json; charset=iso-8859-1"), 415, 415, "BAD_USER_INPUT", "UNSUPPORTED_MEDIA_TYPE", ""},
		{"UTF-16", harness.Posted(version, "Content-Type", "application/json; charset=utf-16"), 415, 415, "BAD_USER_INPUT", "UNSUPPORTED_MEDIA_TYPE", ""},
		{"packed", harness.Posted(version, "Content-Encoding", "gzip"), 415, 415, "BAD_USER_INPUT", "UNSUPPORTED_MEDIA_TYPE", ""},
		{"UTF-8", harness.Posted(version, "Content-Type", "application/json;charset=UTF-8"), 200, 200, "", "", ""},
		{"UTF-8 without its dash", harness.Posted(version, "Content-Type", "application/json; charset=utf8"), 200, 200, "", "", ""},
		{"the same in capitals and quotes", harness.Posted(version, "Content-Type", `application/json;charset="UTF8"`), 200, 200, "", "", ""},
		{"UTF-8 in quotes", harness.Posted(version, "Content-Type", `Application/JSON; charset="utf-8"`), 200, 200, "", "", ""},

		{"the largest body", harness.Posted(padded(version, 128<<10)), 200, 200, "", "", ""},
		{"too large a body", harness.Posted(padded(version, 128<<10+1)), 413, 413, "OPERATION_TOO_COMPLEX", "", ""},
	}
}

// padded fills a body with spaces up to a size.
func padded(body string, size int) string { return body + strings.Repeat(" ", size-len(body)) }

// Each row of the table of statuses, for both media types.
func TestHTTPStatusOfEachCase(t *testing.T) {
	s, k := newTokens(t)
	for _, r := range rows(k) {
		for media, status := range map[string]int{harness.GraphQLJSON: r.graphql, harness.PlainJSON: r.plain} {
			q := r.ask
			q.Header = append([]string{"Accept", media}, q.Header...)
			a := s.Send(q)
			if problem := r.judge(a, media, status); problem != "" {
				t.Errorf("%s, %s: %s: %d %v %.300s", r.name, media, problem, a.Status, a.Header, a.Body)
			}
		}
	}
	if a := s.Send(harness.Ask{Method: http.MethodHead, Target: "/graphql?query=" + url.QueryEscape("{server{version}}"), Body: "", Header: nil}); a.Status != 405 || a.Header.Get("Allow") != "GET, POST" {
		t.Errorf("HEAD: %d %v", a.Status, a.Header)
	}
}

// judge returns what is wrong with an answer.
func (r row) judge(a harness.Answer, media string, status int) string {
	executed := r.graphql == http.StatusOK
	key, value, _ := strings.Cut(r.header, ": ")
	if key == "WWW-Authenticate" && status != http.StatusUnauthorized {
		value = ""
	}
	switch id, _ := a.Extension("requestId").(string); {
	case a.Status != status:
		return fmt.Sprintf("want status %d", status)
	case a.Header.Get("Content-Type") != media+"; charset=utf-8":
		return "the media type"
	case a.Header.Get("X-Content-Type-Options") != "nosniff" || a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("Vary") != "Origin":
		return "a header is missing"
	case a.Code() != r.code || harness.WordOf(a, "reason") != r.reason:
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
	s := harness.New(t)
	for _, c := range []struct{ accept, post, get string }{
		{"", harness.PlainJSON, harness.PlainJSON},
		{"*/*", harness.PlainJSON, harness.PlainJSON},
		{"application/*", harness.PlainJSON, harness.PlainJSON},
		{harness.PlainJSON, harness.PlainJSON, harness.PlainJSON},
		{harness.GraphQLJSON, harness.GraphQLJSON, harness.GraphQLJSON},
		{harness.GraphQLJSON + "; charset=utf-8, application/json; charset=utf-8", harness.GraphQLJSON, harness.GraphQLJSON},
		{harness.PlainJSON + ", " + harness.GraphQLJSON, harness.PlainJSON, harness.PlainJSON},
		{harness.PlainJSON + ";q=0.8, " + harness.GraphQLJSON + ";q=0.9", harness.GraphQLJSON, harness.GraphQLJSON},
		{harness.PlainJSON + ";q=0.9, " + harness.GraphQLJSON + ";q=0.8", harness.PlainJSON, harness.PlainJSON},
		{"*/*, " + harness.GraphQLJSON, harness.GraphQLJSON, harness.GraphQLJSON},
		{"*/*;q=0.9, " + harness.GraphQLJSON + ";q=0.1", harness.PlainJSON, harness.PlainJSON},
		{harness.PlainJSON + ";q=0, application/*;q=0.1", harness.GraphQLJSON, harness.GraphQLJSON},
		{harness.PlainJSON + ";q=0, " + harness.GraphQLJSON + ";q=0, */*", harness.EventStreamType, ""},
		{`text/html;x="a,b", ` + harness.GraphQLJSON, harness.GraphQLJSON, harness.GraphQLJSON},
		{harness.EventStreamType, harness.EventStreamType, ""},
		{harness.EventStreamType + ", " + harness.PlainJSON, harness.EventStreamType, harness.PlainJSON},
		{harness.PlainJSON + ", " + harness.EventStreamType, harness.PlainJSON, harness.PlainJSON},
		{harness.EventStreamType + ";q=0.2, " + harness.PlainJSON + ";q=0.1", harness.EventStreamType, harness.PlainJSON},
		{"text/html", "", ""},
		{"image/*, text/plain", "", ""},
		{harness.PlainJSON + ";q=0", "", ""},
		{"*/*;q=0", "", ""},
		{"json", "", ""},
	} {
		for want, q := range map[*string]harness.Ask{&c.post: harness.Posted(`{"query":"{server{version}}"}`), &c.get: harness.Got("query=" + url.QueryEscape("{server{version}}"))} {
			q.Header = []string{"Accept", c.accept}
			a := s.Send(q)
			media, status := *want, 200
			if media == "" {
				media, status = harness.PlainJSON, 406
			}
			if a.Status != status || a.Header.Get("Content-Type") != media+"; charset=utf-8" || status == 406 && harness.WordOf(a, "reason") != "NOT_ACCEPTABLE" {
				t.Errorf("%s with Accept %q: %d %v %s, want %d %s", q.Method, c.accept, a.Status, a.Header, a.Body, status, media)
			}
		}
	}
}

// What an event stream refuses before it begins has its status, and is JSON.
func TestRefusedEventStreams(t *testing.T) {
	s := harness.New(t)
	const follow = `{"query":"subscription { chatSent(room: \"general\") { id } }"}`
	for _, r := range []row{
		{"no token", harness.Posted(follow), 401, 0, "UNAUTHENTICATED", "", "WWW-Authenticate: Bearer"},
		{"bad token", harness.Posted(follow, "Authorization", "Bearer x"), 401, 0, "UNAUTHENTICATED", "", `WWW-Authenticate: Bearer error="invalid_token"`},
		{"malformed", harness.Posted(follow + "{}"), 400, 0, "BAD_USER_INPUT", "REQUEST_MALFORMED", ""},
		{"media type", harness.Posted(follow, "Content-Type", "text/plain"), 415, 0, "BAD_USER_INPUT", "UNSUPPORTED_MEDIA_TYPE", ""},
		{"too large", harness.Posted(padded(follow, 128<<10+1)), 413, 0, "OPERATION_TOO_COMPLEX", "", ""},
		{"GET", harness.Got("query=" + url.QueryEscape("{server{version}}")), 406, 0, "BAD_USER_INPUT", "NOT_ACCEPTABLE", ""},
		{"PUT", harness.Ask{Method: http.MethodPut, Target: "/graphql", Body: follow, Header: nil}, 405, 0, "BAD_USER_INPUT", "METHOD_NOT_ALLOWED", "Allow: GET, POST"},
	} {
		r.ask.Header = append([]string{"Accept", harness.EventStreamType}, r.ask.Header...)
		a := s.Send(r.ask)
		if problem := r.judge(a, harness.PlainJSON, r.graphql); problem != "" {
			t.Errorf("%s: %s: %d %v %s", r.name, problem, a.Status, a.Header, a.Body)
		}
	}
}
