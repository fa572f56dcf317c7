package harness

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// Answer is what a GraphQL request came to.
type Answer struct {
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

// Code is the code of the only error, or "".
func (a Answer) Code() string {
	if len(a.Errors) != 1 {
		return ""
	}
	code, _ := a.Errors[0].Extensions["code"].(string)
	return code
}

// Retryable says that the API wants the same request once more.
func (a Answer) Retryable() bool { return a.Extension("retryable") == true }

// Extension is an extension of the first error, nil if there is none.
func (a Answer) Extension(name string) any {
	if len(a.Errors) == 0 {
		return nil
	}
	return a.Errors[0].Extensions[name]
}

// Post sends a body as it is.
func (s *Server) Post(body string, headers ...string) Answer {
	s.T.Helper()
	request, err := http.NewRequestWithContext(s.T.Context(), http.MethodPost, "http://"+s.Addr+"/graphql", strings.NewReader(body))
	if err != nil {
		s.T.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.T.Fatal(err)
	}
	return s.Read(response)
}

// Read reads a GraphQL answer to its end.
func (s *Server) Read(response *http.Response) Answer {
	s.T.Helper()
	a, isJSON := s.ReadAny(response)
	if !isJSON {
		s.T.Fatalf("answer %d is not JSON: %s", a.Status, a.Body)
	}
	return a
}

// ReadAny does the same for an answer that may be no GraphQL.
func (s *Server) ReadAny(response *http.Response) (a Answer, isJSON bool) {
	s.T.Helper()
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.T.Fatal(err)
	}
	a = Answer{Status: response.StatusCode, Header: response.Header, Body: string(text)}
	return a, json.Unmarshal(text, &a) == nil
}

// Ask sends an operation, signed in when token is not empty.
func (s *Server) Ask(token, document string, variables ...any) Answer {
	s.T.Helper()
	body := s.Body(document, variables...)
	if token == "" {
		return s.Post(body)
	}
	return s.Post(body, "Authorization", "Bearer "+token)
}

// Body writes the body of an operation.
func (s *Server) Body(document string, variables ...any) string {
	s.T.Helper()
	request := map[string]any{"query": document}
	if len(variables) > 0 {
		request["variables"] = variables[0]
	}
	body, err := json.Marshal(request)
	if err != nil {
		s.T.Fatal(err)
	}
	return string(body)
}

// AskThrough is Ask by a client that asks again while the server is busy, which changes nothing: on a busy machine any answer
// may say so.
func (s *Server) AskThrough(token, document string, variables ...any) Answer {
	s.T.Helper()
	for {
		if a := s.Ask(token, document, variables...); a.Code() != "SERVER_BUSY" {
			return a
		}
	}
}

// Must sends an operation that succeeds, and reads its data into into.
func (s *Server) Must(into any, token, document string, variables ...any) {
	s.T.Helper()
	a := s.AskThrough(token, document, variables...)
	if len(a.Errors) > 0 {
		s.T.Fatalf("%s: %s", document, a.Body)
	}
	if into != nil {
		s.Decode(a, into)
	}
}

// Decode reads an answer's data.
func (s *Server) Decode(a Answer, data any) {
	s.T.Helper()
	if err := json.Unmarshal(a.Data, data); err != nil {
		s.T.Fatal(err)
	}
}

// Media types.
const (
	PlainJSON       = "application/json"
	GraphQLJSON     = "application/graphql-response+json"
	EventStreamType = "text/event-stream"
)

// An Ask is one request over HTTP. Without a Content-Type it has that of JSON, without an Accept none.
type Ask struct {
	Method, Target, Body string
	Header               []string // names and values
}

// Posted is a body that is sent to the API.
func Posted(body string, header ...string) Ask { return Ask{http.MethodPost, "/graphql", body, header} }

// Got is a query of the API in a GET.
func Got(query string, header ...string) Ask {
	return Ask{http.MethodGet, "/graphql?" + query, "", header}
}

// Send returns what comes back, whatever it is. A header with an empty value is left out.
func (s *Server) Send(q Ask) Answer {
	s.T.Helper()
	request, err := http.NewRequestWithContext(s.T.Context(), q.Method, "http://"+s.Addr+q.Target, strings.NewReader(q.Body))
	if err != nil {
		s.T.Fatal(err)
	}
	request.Header.Set("Content-Type", PlainJSON)
	for i := 0; i+1 < len(q.Header); i += 2 {
		request.Header.Del(q.Header[i])
	}
	for i := 0; i+1 < len(q.Header); i += 2 {
		if q.Header[i+1] != "" {
			request.Header.Add(q.Header[i], q.Header[i+1])
		}
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		s.T.Fatal(err)
	}
	a, _ := s.ReadAny(response)
	return a
}

// Quoted writes a text as JSON.
func Quoted(text string) string {
	b, _ := json.Marshal(text) // a string
	return string(b)
}

// Called sends one request under a name, with more lines of headers, and returns its status and body.
func (s *Server) Called(host, method, target, lines, body string) (status int, text string) {
	s.T.Helper()
	conn := s.Connect()
	_, _ = fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: %s\r\n%sContent-Length: %d\r\n\r\n%s", method, target, host, lines, len(body), body) // shows below
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		s.T.Fatal(err)
	}
	defer func() { _ = response.Body.Close(); _ = conn.Close() }()
	if response.StatusCode == http.StatusSwitchingProtocols {
		return response.StatusCode, ""
	}
	b, err := io.ReadAll(response.Body)
	if err != nil {
		s.T.Fatal(err)
	}
	return response.StatusCode, string(b)
}

// WantHosts asks under each name and wants the status.
func (s *Server) WantHosts(want int, hosts ...string) {
	s.T.Helper()
	for _, host := range hosts {
		if status, text := s.Called(host, http.MethodPost, "/graphql", "Content-Type: application/json\r\n", VersionBody); status != want {
			s.T.Errorf("Host %q: %d %s, want %d", host, status, text, want)
		}
	}
}

// Get fetches an address of the server.
func (s *Server) Get(path string, headers ...string) (*http.Response, string) {
	s.T.Helper()
	request, err := http.NewRequestWithContext(s.T.Context(), http.MethodGet, "http://"+s.Addr+path, nil)
	if err != nil {
		s.T.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		s.T.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode == http.StatusSwitchingProtocols { // else the socket lasts until its init is late
		return response, ""
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.T.Fatal(err)
	}
	return response, string(body)
}

// Connect opens a connection, which is closed when the test is over.
func (s *Server) Connect() net.Conn {
	s.T.Helper()
	conn, err := net.Dial("tcp", s.Addr)
	if err != nil {
		s.T.Error(err)
		return nil
	}
	_ = conn.SetDeadline(time.Now().Add(Timeout))
	s.T.Cleanup(func() { _ = conn.Close() })
	return conn
}

// Wire sends bytes as they are, and returns what comes back until the server closes the connection.
func (s *Server) Wire(text string) string {
	s.T.Helper()
	conn := s.Connect()
	if conn == nil {
		return ""
	}
	if _, err := io.WriteString(conn, text); err != nil {
		s.T.Error(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		s.T.Errorf("%.200q: %v", text, err)
	}
	return string(answer)
}

// VersionBody asks for what nobody has to sign in for.
const VersionBody = `{"query":"{server{version}}"}`

// OpenGet is a GET that needs no body.
const OpenGet = "GET /graphql?query=%7Bserver%7Bversion%7D%7D HTTP/1.1\r\nHost: x\r\n"
