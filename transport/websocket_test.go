package transport

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

const initAck = `> {"type":"connection_init"}` + "\n" + `< {"type":"connection_ack"}` + "\n"

// Every row of the protocol's table, before the acknowledgement and after it.
func TestWebSocketRules(t *testing.T) {
	long := strings.Repeat("x", 129)
	w := newWorld(t, nil)
	for _, row := range []struct{ name, talk string }{
		{"init without payload", initAck},
		{"init with null", `> {"type":"connection_init","payload":null}` + "\n" + `< {"type":"connection_ack"}`},
		{"init with an object", `> {"type":"connection_init","payload":{"x":[1]}}` + "\n" + `< {"type":"connection_ack"}`},
		{"init with an array", `> {"type":"connection_init","payload":[]}` + "\nx 4400"},
		{"init with a string", `> {"type":"connection_init","payload":"good"}` + "\nx 4400"},
		{"init with a number", `> {"type":"connection_init","payload":1}` + "\nx 4400"},
		{"second init", initAck + `> {"type":"connection_init"}` + "\nx 4429"},
		{"second init, odd payload", initAck + `> {"type":"connection_init","payload":[]}` + "\nx 4429"},

		{"ping before", `> {"type":"ping"}` + "\n" + `< {"type":"pong"}`},
		{"ping with payload before", `> {"type":"ping","payload":{"a":1}}` + "\n" + `< {"type":"pong","payload":{"a":1}}`},
		{"ping after", initAck + `> {"type":"ping","payload":{"a":1}}` + "\n" + `< {"type":"pong","payload":{"a":1}}`},
		{"pong before", `> {"type":"pong"}` + "\n" + initAck},
		{"pong after", initAck + `> {"type":"pong","payload":{}}` + "\n" + `> {"type":"ping"}` + "\n" + `< {"type":"pong"}`},

		{"subscribe before", `> {"type":"subscribe","id":"1","payload":{"query":"{hello}"}}` + "\nx 4401"},
		{"malformed subscribe before", `> {"type":"subscribe"}` + "\nx 4401"},
		{"subscribe", initAck + `> {"type":"subscribe","id":"1","payload":{"query":"{hello}"}}` + "\n" +
			`< {"id":"1","type":"next","payload":{"data":{"hello":"world"}}}` + "\n" + `< {"id":"1","type":"complete"}`},
		{"id is free again", initAck + `> {"type":"subscribe","id":"1","payload":{"query":"{hello}"}}` + "\n" +
			`< {"id":"1","type":"next","payload":{"data":{"hello":"world"}}}` + "\n" + `< {"id":"1","type":"complete"}` + "\n" +
			`> {"type":"subscribe","id":"1","payload":{"query":"mutation{set}"}}` + "\n" +
			`< {"id":"1","type":"next","payload":{"data":{"set":"world"}}}` + "\n" + `< {"id":"1","type":"complete"}`},
		{"id of 128 bytes", initAck + `> {"type":"subscribe","id":"` + long[1:] + `","payload":{"query":"{hello}"}}` + "\n" +
			`< {"id":"` + long[1:] + `","type":"next","payload":{"data":{"hello":"world"}}}` + "\n" + `< {"id":"` + long[1:] + `","type":"complete"}`},
		{"id with quotes", initAck + `> {"type":"subscribe","id":"\"","payload":{"query":"{hello}"}}` + "\n" +
			`< {"id":"\"","type":"next","payload":{"data":{"hello":"world"}}}` + "\n" + `< {"id":"\"","type":"complete"}`},
		{"number in variables", initAck + `> {"type":"subscribe","id":"1","payload":{"query":"query($n:Int){hello(n:$n)}","variables":{"n":7}}}` + "\n" +
			`< {"id":"1","type":"next","payload":{"data":{"hello":"world"}}}` + "\n" + `< {"id":"1","type":"complete"}`},
		{"no id", initAck + `> {"type":"subscribe","payload":{"query":"{hello}"}}` + "\nx 4400"},
		{"id a number", initAck + `> {"type":"subscribe","id":1,"payload":{"query":"{hello}"}}` + "\nx 4400"},
		{"id empty", initAck + `> {"type":"subscribe","id":"","payload":{"query":"{hello}"}}` + "\nx 4400"},
		{"id too long", initAck + `> {"type":"subscribe","id":"` + long + `","payload":{"query":"{hello}"}}` + "\nx 4400"},
		{"no payload", initAck + `> {"type":"subscribe","id":"1"}` + "\nx 4400"},
		{"no query", initAck + `> {"type":"subscribe","id":"1","payload":{}}` + "\nx 4400"},
		{"query a number", initAck + `> {"type":"subscribe","id":"1","payload":{"query":1}}` + "\nx 4400"},
		{"variables an array", initAck + `> {"type":"subscribe","id":"1","payload":{"query":"{hello}","variables":[]}}` + "\nx 4400"},
		{"extensions a string", initAck + `> {"type":"subscribe","id":"1","payload":{"query":"{hello}","extensions":"x"}}` + "\nx 4400"},
		{"id in use", initAck + `> {"type":"subscribe","id":"1","payload":{"query":"subscription{tick}"}}` + "\n" +
			`> {"type":"subscribe","id":"1","payload":{"query":"{hello}"}}` + "\nx 4409"},

		{"complete before", `> {"type":"complete","id":"1"}` + "\n" + initAck},
		{"complete, unknown id", initAck + `> {"type":"complete","id":"1"}` + "\n" + `> {"type":"ping"}` + "\n" + `< {"type":"pong"}`},
		{"complete without id", initAck + `> {"type":"complete"}` + "\nx 4400"},

		{"no JSON before", "> hello\nx 4400"},
		{"no JSON after", initAck + "> {\"type\":\nx 4400"},
		{"array", initAck + "> [1]\nx 4400"},
		{"null", "> null\nx 4400"},
		{"two values", "> {\"type\":\"ping\"}{}\nx 4400"},
		{"no type before", "> {}\nx 4400"},
		{"no type after", initAck + "> {\"id\":\"1\"}\nx 4400"},
		{"type a number", "> {\"type\":1}\nx 4400"},
		{"unknown type before", "> {\"type\":\"start\"}\nx 4400"},
		{"a server's type after", initAck + "> {\"type\":\"next\",\"id\":\"1\",\"payload\":{}}\nx 4400"},
		{"message too big before", "> {\"type\":\"ping\",\"payload\":\"" + strings.Repeat("x", 128<<10) + "\"}\nx 1009"},
		{"message too big after", initAck + "> {\"type\":\"ping\",\"payload\":\"" + strings.Repeat("x", 128<<10) + "\"}\nx 1009"},

		{"request error", initAck + `> {"type":"subscribe","id":"1","payload":{"query":"{secret}"}}` + "\n" +
			`< {"id":"1","type":"error","payload":[{"message":"sign in","extensions":{"code":"UNAUTHENTICATED"}}]}`},
		{"syntax", initAck + `> {"type":"subscribe","id":"1","payload":{"query":"{"}}` + "\n" +
			`< {"id":"1","type":"error","payload":[{"message":"Expected Name, found \u003cEOF\u003e","locations":[{"line":1,"column":2}],"extensions":{"code":"GRAPHQL_PARSE_FAILED"}}]}`},
		{"error of execution", initAck + `> {"type":"subscribe","id":"1","payload":{"query":"{failing}"}}` + "\n" +
			`< {"id":"1","type":"next","payload":{"errors":[{"message":"failed"}],"data":{"failing":null}}}` + "\n" + `< {"id":"1","type":"complete"}`},
		{"stream refused", initAck + `> {"type":"subscribe","id":"1","payload":{"query":"subscription{refused}"}}` + "\n" +
			`< {"id":"1","type":"error","payload":[{"message":"no such room","extensions":{"code":"NOT_FOUND"}}]}` + "\n" +
			`> {"type":"ping"}` + "\n" + `< {"type":"pong"}`},
		{"stream ended for good", initAck + `> {"type":"subscribe","id":"1","payload":{"query":"subscription{gone}"}}` + "\n" +
			`< {"id":"1","type":"error","payload":[{"message":"room deleted","extensions":{"code":"NOT_FOUND"}}]}` + "\n" +
			`> {"type":"ping"}` + "\n" + `< {"type":"pong"}`},
		{"stream cannot start now", initAck + `> {"type":"subscribe","id":"1","payload":{"query":"subscription{full}"}}` + "\nx 1013"},
		{"stream cannot be judged now", initAck + `> {"type":"subscribe","id":"1","payload":{"query":"subscription{busy}"}}` + "\nx 1013"},
		{"query refused for now", initAck + `> {"type":"subscribe","id":"1","payload":{"query":"{rated}"}}` + "\n" +
			`< {"id":"1","type":"error","payload":[{"message":"too fast","extensions":{"code":"RATE_LIMITED"}}]}`},
		{"panic in a query", initAck + `> {"type":"subscribe","id":"1","payload":{"query":"{boom}"}}` + "\n" +
			`< {"id":"1","type":"error","payload":[{"message":"A fault of the server.","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}` + "\n" +
			`> {"type":"ping"}` + "\n" + `< {"type":"pong"}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			w.t = t
			c := w.dial()
			c.talk(row.talk)
			_ = c.conn.CloseNow()
		})
	}
	w.t = t
}

func TestIdentityOfASocket(t *testing.T) {
	const ack = "\n" + `< {"type":"connection_ack"}`
	const secret = ack + "\n" + `> {"type":"subscribe","id":"1","payload":{"query":"{secret}"}}` + "\n" + `< {"id":"1","type":"next","payload":{"data":{"secret":"world"}}}`
	w := newWorld(t, nil)
	for payload, then := range map[string]string{
		`{"Authorization":"Bearer good"}`:                          secret,
		`{"authorization":"Bearer good"}`:                          secret,
		`{"Authorization":"good"}`:                                 secret,
		`{"authorization":"bearer  good "}`:                        secret,
		`{"authorization":"good","Authorization":"Bearer good"}`:   secret,
		`{"authorization":"","Authorization":"good"}`:              secret,
		`{"authorization":null,"Authorization":"good"}`:            secret,
		`{"authorization":"good","Authorization":"Bearer good-2"}`: "\nx 4403",
		`{"Authorization":7}`:                                      "\nx 4403",
		`{"Authorization":"Bearer x"}`:                             "\nx 4403",
		`{"Authorization":"expired"}`:                              "\nx 4403",
		`{"Authorization":"revoked"}`:                              "\nx 4401",
		`{"Authorization":"busy"}`:                                 "\nx 1013",
		`{"Authorization":"panic"}`:                                "\nx 1013",
		`{"Authorization":""}`:                                     ack,
		`{"Authorization":"Bearer "}`:                              ack,
		`{"AUTHORIZATION":"x"}`:                                    ack,
	} {
		t.Run(payload, func(t *testing.T) {
			w.t = t
			w.dial().talk(`> {"type":"connection_init","payload":` + payload + `}` + then)
		})
	}
	w.t = t
}

func TestSecondInitWhileTheFirstIsChecked(t *testing.T) {
	w := newWorld(t, nil)
	c := w.dial()
	c.send(`{"type":"connection_init","payload":{"Authorization":"slow"}}`)
	w.awaits(w.started, "identify")
	c.talk(`> {"type":"ping"}` + "\n" + `< {"type":"pong"}` + "\n" + `> {"type":"connection_init"}` + "\nx 4429")
	w.release <- struct{}{}
}

func TestSubscribeWhileInitIsChecked(t *testing.T) {
	w := newWorld(t, nil)
	c := w.dial()
	c.send(`{"type":"connection_init","payload":{"Authorization":"slow"}}`)
	w.awaits(w.started, "identify")
	c.talk(`> {"type":"subscribe","id":"1","payload":{"query":"{hello}"}}` + "\nx 4401")
	w.release <- struct{}{}
}

func TestUpgradeIsCheckedBeforeTheHijack(t *testing.T) {
	w := newWorld(t, func(o *Options, _ *tuning) {
		o.Origins = func(origin string) bool { return origin == "https://friend.example" || origin == "null" }
	})
	own := w.http.Listener.Addr().String()
	const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	const version = "Sec-WebSocket-Version: 13\r\n"
	const offer = "Sec-WebSocket-Protocol: graphql-ws, graphql-transport-ws\r\n"
	for name, c := range map[string]struct {
		header string
		want   int
	}{
		"all":                     {key + version + offer, 101},
		"own origin":              {key + version + offer + "Origin: http://" + own + "\r\n", 101},
		"listed origin":           {key + version + offer + "Origin: https://friend.example\r\n", 101},
		"odd list of subprotocol": {key + version + "Sec-WebSocket-Protocol: ,;graphql-transport-ws?\r\n", 101},
		"own host, other scheme":  {key + version + offer + "Origin: https://" + own + "\r\n", 403},
		"own host, other port":    {key + version + offer + "Origin: http://127.0.0.1\r\n", 403},
		"foreign origin":          {key + version + offer + "Origin: https://evil.example\r\n", 403},
		"null origin":             {key + version + offer + "Origin: null\r\n", 403},
		"two origins":             {key + version + offer + "Origin: http://" + own + "\r\nOrigin: http://" + own + "\r\n", 403},
		"no version":              {key + offer, 426},
		"old version":             {key + "Sec-WebSocket-Version: 8\r\n" + offer, 426},
		"no key":                  {version + offer, 400},
		"short key":               {"Sec-WebSocket-Key: dGhl\r\n" + version + offer, 400},
		"key not base64":          {"Sec-WebSocket-Key: !!!!!!!!!!!!!!!!!!!!!!!!\r\n" + version + offer, 400},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			conn := w.raw()
			fmt.Fprintf(conn, "GET /graphql HTTP/1.1\r\nHost: %s\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n%s\r\n", own, c.header)
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil || resp.StatusCode != c.want {
				t.Fatalf("%v %v, want %d", resp, err, c.want)
			}
			if got := resp.Header.Get("Sec-WebSocket-Accept"); c.want == 101 && got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" { // RFC 6455 §1.3
				t.Errorf("accept %q", got)
			}
			if got := resp.Header.Get("Content-Type"); c.want != 101 && got != "application/json; charset=utf-8" {
				t.Errorf("content type %q", got)
			}
			if got := resp.Header.Get("Sec-WebSocket-Version"); c.want == 426 && got != "13" {
				t.Errorf("version %q", got)
			}
			_ = conn.Close()
		})
	}
	w.t = t
}

func TestOtherSubprotocolsGetACloseCode(t *testing.T) {
	w := newWorld(t, nil)
	for _, offered := range [][]string{nil, {"graphql-ws"}, {"GraphQL-Transport-WS"}} {
		conn, _, err := websocket.Dial(t.Context(), w.http.URL, &websocket.DialOptions{Subprotocols: offered})
		if err != nil {
			t.Fatal(err)
		}
		if got := conn.Subprotocol(); got != "" {
			t.Errorf("subprotocol %q", got)
		}
		(&client{t, conn}).closed(4406)
	}
}

func TestNoInitInTime(t *testing.T) {
	w := newWorld(t, func(o *Options, _ *tuning) { o.InitTimeout = 3 * time.Second })
	c := w.dial()
	c.talk(`> {"type":"ping"}` + "\n" + `< {"type":"pong"}`)
	c.closed(4408)
	c = w.ready("good")
	<-time.After(3500 * time.Millisecond) // more than the timeout: it is over with the init
	c.talk(`> {"type":"ping"}` + "\n" + `< {"type":"pong"}`)
}

// The time for init does not run while Identify works.
func TestInitIsInTimeWhileChecked(t *testing.T) {
	w := newWorld(t, func(o *Options, _ *tuning) { o.InitTimeout = 3 * time.Second })
	c := w.dial()
	c.send(`{"type":"connection_init","payload":{"Authorization":"slow"}}`)
	w.awaits(w.started, "identify")
	<-time.After(3500 * time.Millisecond) // more than the timeout
	w.release <- struct{}{}
	c.expect(`{"type":"connection_ack"}`)
}

func TestSilenceIsPingedAndThenCut(t *testing.T) {
	w := newWorld(t, func(o *Options, _ *tuning) {
		o.PingInterval, o.PongTimeout = 100*time.Millisecond, 3*time.Second
	})
	conn, r := w.upgraded(frame(fin|text, `{"type":"connection_init"}`))
	readFrame(t, r)
	for range 2 {
		if first, payload := readFrame(t, r); first != fin|ping || payload != "" {
			t.Fatalf("got %x %q, want a ping", first, payload)
		}
		_, _ = io.WriteString(conn, frame(fin|pong, ""))
	}
	if rest, err := io.ReadAll(r); !bytes.Equal(rest, []byte{fin | ping, 0}) || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %q %v, want a ping and the end", rest, err)
	}
}
