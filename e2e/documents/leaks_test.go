package documents

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"

	"parley/e2e/harness"
)

// What must never come back: a text that can also be a name in a document, and a number too large for
// 64 bits. Eight characters of one are too many already.
const (
	secretText   = "Xq7Zk2Wv9Jh4Rb3M"
	secretNumber = "98172635481726354819"
	tooMany      = 8
)

// mayLeak is what a text holds of the secrets, "" if it is nothing.
func mayLeak(text string) string {
	text = strings.ToLower(text)
	for _, secret := range []string{secretText, secretNumber} {
		for i := range len(secret) - tooMany + 1 {
			if part := strings.ToLower(secret[i : i+tooMany]); strings.Contains(text, part) {
				return part
			}
		}
	}
	return ""
}

// secretDocuments have the text (§) or the number (№) in every place for a value. Where a value does not fit
// gqlparser and gqlgen repeat it.
var secretDocuments = []string{
	// broken
	`mutation { login(username: "ann", password: "§`,
	`mutation { login(username: "ann", password: """§`,
	`mutation { login(username: "ann", password: "§" { accessToken } }`,
	`mutation { login(username: "ann", password: "§\q") { accessToken } }`,
	`mutation { login(username: "ann", password: "§\uZZZZ") { accessToken } }`,
	"mutation { login(username: \"ann\", password: \"§\n\") { accessToken } }",
	`mutation { login(username: "ann" password: §"§") }`,
	`"§" { server { version } }`, `{ server "§" { version } }`, `{ № }`, `{ server { version } } "§"`, `{ server { version } } §`,
	`{ chats(room: "x", first: 0№) { nodes { id } } }`, `{ chats(room: "x", first: 1.§) { nodes { id } } }`, `{ chats(room: "x", first: №e) { nodes { id } } }`,
	`{ server { version } # §`, `{ nothing # §` + "\n}", `query ($§: "§") { server { version } }`, `fragment "§" on Query { server }`,
	// of the wrong type
	`{ chats(room: "x", first: "§") { nodes { id } } }`, `{ chats(room: "x", first: """§""") { nodes { id } } }`,
	`{ chats(room: "x", first: §) { nodes { id } } }`, `{ chats(room: "x", first: №) { nodes { id } } }`,
	`{ chats(room: "x", first: №.5) { nodes { id } } }`, `{ chats(room: "x", first: [№, "§"]) { nodes { id } } }`,
	`{ chats(room: "x", first: {§: "§"}) { nodes { id } } }`,
	`mutation { login(username: №, password: {x: "§"}) { accessToken } }`,
	`mutation { login(username: "ann", password: {§: 1, §: 2}) { accessToken } }`,
	`mutation { login(username: "ann", password: ["§"]) { accessToken } }`,
	`mutation { login(username: "ann", password: §) { accessToken } }`,
	`mutation { logout(scope: §) }`, `mutation { logout(scope: "§") }`, `mutation { logout(scope: №) }`,
	`{ chat(id: №) { id } }`, `{ chat(id: №.5) { id } }`, `{ chat(id: §) { id } }`, `{ chat(id: {§: 1}) { id } }`, `{ nodes(ids: [№, §, {§: "§"}]) { id } }`,
	`{ chats(room: "x", after: №) { nodes { id } } }`, `{ chats(room: "x", after: №.5) { nodes { id } } }`, `{ chats(room: "x", after: §) { nodes { id } } }`,
	`{ chats(room: "x", after: ["§", №]) { nodes { id } } }`, `{ chats(room: "x", after: {§: №}) { nodes { id } } }`,
	`{ server @include(if: "§") { version } }`, `{ server @skip(if: §) { version } }`, `{ server @include(if: №) { version } }`, `{ server @include(if: {§: 1}) { version } }`,
	`query ($n: Int = "§") { chats(room: "x", first: $n) { nodes { id } } }`, `query ($c: Cursor = №) { chats(room: "x", after: $c) { nodes { id } } }`,
	`mutation ($s: LogoutScope = §) { logout(scope: $s) }`, `query ($i: ID! = №) { chat(id: $i) { id } }`, `query ($b: Boolean! = "§") { server @include(if: $b) { version } }`,
	// of the right type, where something else is wrong
	`mutation { login(username: "§", password: "§") { accessToken nothing } }`, `mutation { login(username: "§", password: "§", password: "§") { accessToken } }`,
	`mutation { login(username: "§", password: "§", nothing: "§") { accessToken } }`, `{ me(password: "§") { id } }`, `{ me @nothing(a: "§") { id } }`, `{ me @include(if: true, nothing: "§") { id } }`,
	`mutation { login(username: "§", password: "§") { accessToken } a: login(username: "§", password: "§") { accessToken } }`,
	`{ a: chat(id: "§") { id } a: chat(id: "№") { id } }`, `query a { chat(id: "§") { id } } query a { chat(id: "№") { id } }`,
	`subscription { chatSent(room: "§", after: №) { id } chatSent(room: "§") { id } }`,
	// executed, and refused
	`mutation { login(username: "§", password: "§") { accessToken } }`, `mutation { register(username: "§\u0000", password: "§") { accessToken } }`,
	`mutation { refreshToken(token: "§", idempotencyKey: "§") { accessToken } }`, `mutation { refreshToken(token: "eyJ§.§.§") { accessToken } }`, `mutation { logout(scope: OTHERS, refreshToken: "§") }`,
	`mutation { changePassword(currentPassword: "§", newPassword: "x") { id } }`, `mutation { deleteAccount(password: "§") }`,
	`mutation { loginWith(token: "§") { accessToken } }`, `mutation { loginWith(token: "eyJ§.§.§") { accessToken } }`, `mutation { ensureUser(token: "§") { id } }`,
	`mutation { deleteAccount(token: "§") }`, `mutation { deleteAccount(token: "§", password: "§") }`,
	`mutation { createRoom(name: "§\u0007") { id } }`, `mutation { sendChat(room: "§", text: "§", id: "§") { id } }`, `mutation { deleteRoom(room: "§") }`,
	`{ chats(room: "§", after: "§", before: "§") { nodes { id } } }`, `{ room(id: "§") { id } chat(id: "§") { id } user(id: "§") { id } node(id: "§") { id } nodes(ids: ["§"]) { id } }`,
	`{ rooms(after: "§") { nodes { id } } }`, `subscription { chatSent(room: "§") { id } }`, `subscription { chatSent(room: "general", after: "§") { id } }`,
}

// secretValues are variables of each type that hold the secret, by the declaration and use of $v.
var secretValues = map[string][]string{
	`query ($v: Int) { chats(room: "x", first: $v) { nodes { id } } }`:                          {`"§"`, `№`, `№.5`, `1e№`, `["§"]`, `{"§":"§"}`},
	`query ($v: ID!) { chat(id: $v) { id } }`:                                                   {`{"§":1}`, `["§", №]`, `№.5`, `"§"`, `№`},
	`query ($v: [ID!]!) { nodes(ids: $v) { id } }`:                                              {`["§", {"§": "§"}]`, `[№, №.5]`, `{"§":["§"]}`, `[null, "§"]`},
	`query ($v: Cursor) { chats(room: "x", after: $v) { nodes { id } } }`:                       {`№`, `{"§":"§"}`, `["§"]`, `"§"`},
	`query ($v: Boolean!) { server @include(if: $v) { version } }`:                              {`"§"`, `№`, `{"§":1}`},
	`mutation ($v: LogoutScope) { logout(scope: $v) }`:                                          {`"§"`, `№`, `["§"]`},
	`mutation ($v: String!) { login(username: "ann", password: $v) { accessToken } }`:           {`№`, `["§"]`, `{"§":"§"}`, `"§"`},
	`mutation ($v: Int!) { login(username: "ann", password: $v) { accessToken } }`:              {`"§"`, `№`},
	`query ($v: Nothing!) { server { version } }`:                                               {`"§"`},
	`query ($w: Int!) { chats(room: "x", first: $w) { nodes { id } } }`:                         {`"§"`},
	`subscription ($v: Cursor) { chatSent(room: "general", after: $v) { id } }`:                 {`"§"`, `№`, `{"§":"§"}`},
	`mutation ($v: String!) { sendChat(room: "general", text: "x", id: $v) { id } }`:            {`"§"`},
	`mutation ($v: String!) { refreshToken(token: $v, idempotencyKey: $v) { accessToken } }`:    {`"§"`},
	`query ($v: String!) { server { version } chat(id: $v) { id } } # a String is not an ID`:    {`"§"`},
	`mutation ($v: String!) { register(username: $v, password: $v) { accessToken nothing } }`:   {`"§"`},
	`mutation ($v: String!) { register(username: $v, password: "x y") { accessToken user{id}}}`: {`"§\u0000"`},
}

// secretBodies are not requests, or have the secret elsewhere than in the document and its variables.
var secretBodies = []string{
	`§`, `"§"`, `["§"]`, `№`, `{§`, `{"§"}`, `{"§":`, `{"query":"§`, `{"query":"§"`, `{"query":"{server{version}}"}§`, `{"query":"{server{version}}"}{"§":1}`,
	"{\"query\":\"§\xff\"}", `{"query":"\u§"}`, `{"query":{"§":"§"}}`, `{"query":["§"]}`, `{"query":№}`,
	`{"query":"{server{version}}","variables":"§"}`, `{"query":"{server{version}}","variables":["§"]}`, `{"query":"{server{version}}","variables":{"§":}}`,
	`{"query":"{server{version}}","operationName":"§"}`, `{"query":"query a{server{version}} query b{server{version}}","operationName":"§"}`, `{"query":"{server{version}}","operationName":{"§":1}}`,
	`{"query":"{nothing}","§":"§"}`, `{"query":"{nothing}","extensions":{"§":"§"}}`, `{"query":"{nothing}","extensions":"§"}`, `{"query":"{nothing}","variables":{"§":"§"}}`,
	`{"extensions":{"persistedQuery":"§"}}`, `{"query":"{server{version}}","extensions":{"persistedQuery":"§"}}`, `{"query":"{server{version}}","extensions":{"persistedQuery":{"version":"§","sha256Hash":"§"}}}`,
	`{"query":"{server{version}}","extensions":{"persistedQuery":{"version":1,"sha256Hash":"§"}}}`, `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"§"}}}`, `{"extensions":{"persistedQuery":{"version":№,"sha256Hash":{"§":1}}}}`,
}

func hide(text string) string {
	return strings.NewReplacer("§", secretText, "№", secretNumber).Replace(text)
}

// leaks sends what holds secrets and looks for them in what comes back, and in the log at the end.
type leaks struct {
	*harness.Server
	token  string
	inputs atomic.Int32
}

func newLeaks(t *testing.T, flags ...string) *leaks {
	t.Helper()
	s := harness.New(t, flags...)
	e := &leaks{Server: s}
	e.token, _ = s.Register("ann")
	s.Must(nil, e.token, `mutation { createRoom(name: "general") { id } }`)
	return e
}

func (e *leaks) check(via, sent, answer string) {
	e.T.Helper()
	e.inputs.Add(1)
	switch part := mayLeak(answer); {
	case part != "":
		e.T.Errorf("%s of %.200q answers %.400q", via, sent, answer)
	case answer == "":
		e.T.Errorf("%s of %.200q answers nothing", via, sent)
	case strings.Contains(answer, "INTERNAL_SERVER_ERROR"):
		e.T.Errorf("%s of %.200q is taken for a fault: %.400q", via, sent, answer)
	}
}

func (e *leaks) checkLog(atLeast int32) {
	e.T.Helper()
	for line := range strings.Lines(e.Log.String()) {
		if part := mayLeak(line); part != "" {
			e.T.Errorf("%s is logged: %.600s", part, line)
		}
	}
	if n := e.inputs.Load(); n < atLeast {
		e.T.Errorf("%d inputs, want %d", n, atLeast)
	}
}

// everywhere sends a body over each transport, and by GET if it can be written as an URL.
func (e *leaks) everywhere(body string) {
	e.T.Helper()
	for _, accept := range []string{harness.PlainJSON, harness.GraphQLJSON, harness.EventStreamType} {
		a := e.Send(harness.Posted(body, "Accept", accept, "Authorization", "Bearer "+e.token))
		e.check("POST for "+accept, body, fmt.Sprint(a.Header, a.Body))
	}
	if query, ok := asQuery(body); ok {
		a := e.Send(harness.Got(query, "Authorization", "Bearer "+e.token))
		e.check("GET", body, fmt.Sprint(a.Header, a.Body))
	}
	e.check("WebSocket", body, e.overSocket(`{"id":"1","type":"subscribe","payload":`+body+`}`))
}

// asQuery writes the body of a POST as the query of a GET.
func asQuery(body string) (string, bool) {
	var fields map[string]json.RawMessage
	if json.Unmarshal([]byte(body), &fields) != nil {
		return "", false
	}
	values := url.Values{}
	for key, raw := range fields {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw)
		}
		values.Set(key, text)
	}
	return values.Encode(), true
}

// overSocket sends one message on a socket of its own and returns all that comes back for it, up to the end of the
// operation, the end of the socket, or the pong for what is sent behind it.
func (e *leaks) overSocket(text string) string {
	e.T.Helper()
	k := e.Dial(e.token)
	defer func() { _ = k.Conn.CloseNow() }()
	k.Expect("connection_ack")
	if err := k.Conn.Write(e.T.Context(), websocket.MessageText, []byte(text)); err != nil {
		e.T.Fatal(err)
	}
	if !strings.Contains(text, `"subscribe"`) {
		_ = k.Conn.Write(e.T.Context(), websocket.MessageText, []byte(`{"type":"ping"}`)) // it may be closed
	}
	all := ""
	for {
		_, answer, err := k.Conn.Read(e.T.Context())
		if err != nil {
			return all + err.Error() // has the code and the reason
		}
		var m harness.Message
		if err := json.Unmarshal(answer, &m); err != nil {
			e.T.Fatal(err)
		}
		if all += string(answer); m.Type == "error" || m.Type == "complete" || m.Type == "pong" {
			return all
		}
	}
}

// Nothing of a literal, of a value or of a broken request comes back or is logged, whatever is wrong with it.
func TestNothingOfARequestComesBack(t *testing.T) {
	e := newLeaks(t)
	for _, document := range secretDocuments {
		e.everywhere(`{"query":` + harness.Quoted(hide(document)) + `}`)
	}
	for document, values := range secretValues {
		for _, value := range values {
			e.everywhere(`{"query":` + harness.Quoted(document) + `,"variables":` + hide(`{"v":`+value+`,"§":"§"}`) + `}`)
		}
	}
	for _, body := range secretBodies {
		e.everywhere(hide(body))
	}
	for _, text := range []string{
		`§`, `"§"`, `["§"]`, `{"type":"§"}`, `{"type":{"§":1}}`, `{"type":"subscribe","id":{"§":1},"payload":{"query":"§"}}`, `{"type":"connection_init","payload":"§"}`,
		`{"type":"connection_init","payload":{"authorization":"§"}}`, `{"type":"complete","id":"§"}`, `{"type":"pong","payload":"§"}`, `{"type":"error","id":"§","payload":"§"}`,
	} {
		e.check("WebSocket", text, e.overSocket(hide(text)))
	}
	e.checkLog(500)
}

// secretRequests have the text in every other place of a request over HTTP.
var secretRequests = []string{
	"§ /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
	"§\r\n\r\n", "GET §\r\n\r\n", "GET /graphql §\r\n\r\n", "GET /graphql HTTP/§\r\nHost: x\r\n\r\n", "GET /§%zz HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET /§ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "GET /graphql/§ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "GET http://§/§ HTTP/1.1\r\nHost: §\r\nConnection: close\r\n\r\n",
	"GET //graphql?query=§ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "GET /§/../graphql?§ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "GET //?§ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
	"CONNECT §:80 HTTP/1.1\r\nHost: §:80\r\nConnection: close\r\n\r\n", "GET /?§ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "GET /playground/§?§ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
	"GET /graphql?§ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "GET /graphql?query={nothing(a:%22§%22)};§ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "GET /graphql?query=§%7 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
	"GET /graphql?query=§%ff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "GET /graphql?query={server{version}}&operationName=§ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
	"GET /graphql HTTP/1.1\r\nHost: § §\r\n\r\n", "GET /graphql HTTP/1.1\r\nHost: §/\r\n\r\n", "GET /graphql HTTP/1.1\r\n§\r\n\r\n", "GET /graphql HTTP/1.1\r\nHost: x\r\n§ : x\r\n\r\n", "GET /graphql HTTP/1.1\r\nHost: x\r\n§: \x00§\r\n\r\n",
}

// secretHeaders are sent with a query, a mutation and an upgrade.
var secretHeaders = []string{
	"Authorization: Bearer §", "Authorization: §", "Authorization: Basic §", "Authorization: Bearer §\r\nAuthorization: Bearer §", "Accept: §", "Accept: text/§", "Accept: application/json;q=§", "Accept: application/json;§=\"§",
	"Content-Type: §", "Content-Type: application/json; charset=§", "Content-Encoding: §", "Content-Length: §", "Transfer-Encoding: §", "Transfer-Encoding: chunked\r\nTrailer: §", "Expect: §", "Connection: §", "Upgrade: §",
	"Origin: §", "Origin: http://§", "Origin: http://localhost:5173\r\nOrigin: §", "Access-Control-Request-Method: §", "Access-Control-Request-Headers: §", "Last-Event-ID: §", "Accept: text/event-stream\r\nLast-Event-ID: §", "Cookie: §=§", "User-Agent: §",
	"X-Forwarded-For: §", "X-Forwarded-Proto: §", "Forwarded: for=§", "Referer: http://§/", "Range: bytes=§", "If-None-Match: §", "X-Request-ID: §", "§: §",
	"Sec-WebSocket-Key: §", "Sec-WebSocket-Version: §", "Sec-WebSocket-Protocol: §", "Sec-WebSocket-Protocol: graphql-transport-ws, §", "Sec-WebSocket-Extensions: §",
}

func TestNothingOfAHeaderComesBack(t *testing.T) {
	e := newLeaks(t, "--http-idle-timeout", "1s", "--http-header-timeout", "1s", "--http-body-timeout", "1s") // some connections stay open
	requests := secretRequests
	const body = `{"query":"{ server { version } }"}`
	for _, header := range secretHeaders {
		requests = append(requests,
			"GET /graphql?query=%7Brooms%7Bnodes%7Bid%7D%7D%7D HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"+header+"\r\n\r\n",
			"POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"+header+fmt.Sprintf("\r\nContent-Length: %d\r\n\r\n%s", len(body), body),
			"OPTIONS /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nOrigin: http://localhost:5173\r\nAccess-Control-Request-Method: POST\r\n"+header+"\r\n\r\n",
			"GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"+header+"\r\n\r\n"+initAndLeave,
		)
	}
	var wg sync.WaitGroup
	for _, request := range requests {
		wg.Go(func() { e.check("wire", request, e.Wire(hide(request))) })
	}
	wg.Wait()
	e.checkLog(150)
}

// initAndLeave are frames with an empty mask: connection_init with the text as a token, and a close whose
// reason is the text.
var initAndLeave = func() string {
	init := `{"type":"connection_init","payload":{"Authorization":"` + secretText + `"}}`
	return "\x81" + string([]byte{0x80 | byte(len(init))}) + "\x00\x00\x00\x00" + init +
		"\x88" + string([]byte{0x80 | byte(len(secretText)+2)}) + "\x00\x00\x00\x00\x0f\xa0" + secretText
}()
