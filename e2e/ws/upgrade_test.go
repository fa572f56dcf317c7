package ws

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"parley/e2e/harness"
	"parley/e2e/harness/frames"
)

// The handshake: what opens a socket, and what is refused before it with a status and a JSON body.
func TestSocketRulesOfTheUpgrade(t *testing.T) {
	s := harness.New(t, append(harness.NoLimits(), "--cors-allowed-origins", "https://friend.example:8443,http://localhost:3000,HTTPS://Bücher.example:443,http://[0:0::1]:4000,capacitor://localhost")...)
	const rest = frames.VersionLine + frames.KeyLine + frames.ProtocolLine
	const all = frames.UpgradeLine + frames.WebSocket + rest
	for name, c := range map[string]struct {
		lines string
		want  int
	}{
		"all":                              {all, 101},
		"names in small letters":           {strings.ToLower(frames.UpgradeLine+frames.WebSocket+frames.VersionLine) + frames.KeyLine + frames.ProtocolLine, 101},
		"Connection a list":                {"Connection: keep-alive, Upgrade\r\n" + frames.WebSocket + rest, 101},
		"Upgrade in capitals":              {frames.UpgradeLine + "Upgrade: WEBSOCKET\r\n" + rest, 101},
		"a list of subprotocols":           {frames.UpgradeLine + frames.WebSocket + frames.VersionLine + frames.KeyLine + "Sec-WebSocket-Protocol: graphql-ws, graphql-transport-ws\r\n", 101},
		"two lines of subprotocols":        {frames.UpgradeLine + frames.WebSocket + frames.VersionLine + frames.KeyLine + "Sec-WebSocket-Protocol: chat\r\n" + frames.ProtocolLine, 101},
		"extensions are not taken":         {all + "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n", 101},
		"own origin":                       {all + "Origin: http://OWN\r\n", 101},
		"listed origin":                    {all + "Origin: https://friend.example:8443\r\n", 101},
		"listed origin, other spelling":    {all + "Origin: WSS://Friend.Example.:8443\r\n", 101},
		"listed, without its default port": {all + "Origin: https://xn--bcher-kva.example\r\n", 101},
		"listed, in another alphabet":      {all + "Origin: https://b\u00fccher.example:443\r\n", 101},
		"listed IPv6":                      {all + "Origin: http://[::1]:4000\r\n", 101},
		"listed app":                       {all + "Origin: capacitor://localhost\r\n", 101},
		"own origin of an app's socket":    {all + "Origin: ws://OWN\r\n", 101},
		"other scheme, socket: 403":        {all + "Origin: wss://OWN\r\n", 403},
		"below one in letters: 403":        {all + "Origin: https://x.xn--bcher-kva.example\r\n", 403},
		"listed origin, default port":      {all + "Origin: http://localhost:3000\r\n", 101},
		"listed origin, other port: 403":   {all + "Origin: https://friend.example\r\n", 403},
		"listed origin, other scheme: 403": {all + "Origin: http://friend.example:8443\r\n", 403},
		"below a listed origin: 403":       {all + "Origin: https://evil.friend.example:8443\r\n", 403},
		"begins like a listed origin: 403": {all + "Origin: http://localhost:3000.evil.example\r\n", 403},
		"own host, other scheme: 403":      {all + "Origin: https://OWN\r\n", 403},
		"own host, no port: 403":           {all + "Origin: http://127.0.0.1\r\n", 403},
		"own host in the user: 403":        {all + "Origin: http://OWN@evil.example\r\n", 403},
		"foreign origin: 403":              {all + "Origin: https://evil.example\r\n", 403},
		"origin null: 403":                 {all + "Origin: null\r\n", 403},
		"origin empty: 403":                {all + "Origin: \r\n", 403},
		"two origins: 403":                 {all + "Origin: http://OWN\r\nOrigin: http://OWN\r\n", 403},
		"no version: 426":                  {frames.UpgradeLine + frames.WebSocket + frames.KeyLine + frames.ProtocolLine, 426},
		"version 8: 426":                   {frames.UpgradeLine + frames.WebSocket + "Sec-WebSocket-Version: 8\r\n" + frames.KeyLine + frames.ProtocolLine, 426},
		"no key: 400":                      {frames.UpgradeLine + frames.WebSocket + frames.VersionLine + frames.ProtocolLine, 400},
		"key too short: 400":               {frames.UpgradeLine + frames.WebSocket + frames.VersionLine + "Sec-WebSocket-Key: dGhl\r\n" + frames.ProtocolLine, 400},
		"key not base64: 400":              {frames.UpgradeLine + frames.WebSocket + frames.VersionLine + "Sec-WebSocket-Key: !!!!!!!!!!!!!!!!!!!!!!!!\r\n" + frames.ProtocolLine, 400},
		"h2c is ignored":                   {"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n", 200},
		"an upgrade to nothing is ignored": {frames.UpgradeLine + "Upgrade: \r\n" + rest, 200},
		"Upgrade without Connection: HTTP": {frames.WebSocket + rest, 200},
		"Connection without Upgrade: HTTP": {frames.UpgradeLine + rest, 200},
		"websockets is no websocket":       {frames.UpgradeLine + "Upgrade: websockets\r\n" + rest, 200},
	} {
		t.Run(name, func(t *testing.T) {
			frames.Shake(frames.ForTest(s, t), strings.ReplaceAll(c.lines, "OWN", s.Addr), c.want)
		})
	}
}

// Who does not offer the subprotocol gets a socket all the same, and 4406 on it: a browser shows its page
// no status.
func TestSocketRulesOfOtherSubprotocols(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	for name, line := range map[string]string{
		"none":             "",
		"the old one":      "Sec-WebSocket-Protocol: graphql-ws\r\n",
		"another one":      "Sec-WebSocket-Protocol: mqtt\r\n",
		"in large letters": "Sec-WebSocket-Protocol: GRAPHQL-TRANSPORT-WS\r\n",
		"longer":           "Sec-WebSocket-Protocol: graphql-transport-ws2\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			s := frames.ForTest(s, t)
			conn := frames.Connect(s)
			fmt.Fprintf(conn, "GET /graphql HTTP/1.1\r\nHost: %s\r\n%s%s\r\n%s", s.Addr, frames.HandshakeLines, line, frames.Frame(frames.FinBit|frames.OpText, frames.InitText))
			r := bufio.NewReader(conn)
			response, err := http.ReadResponse(r, nil)
			if err != nil || response.StatusCode != http.StatusSwitchingProtocols || response.Header.Get("Sec-WebSocket-Protocol") != "" {
				t.Fatal(response, err)
			}
			(&frames.Socket{T: t, Conn: conn, R: r}).Closed(4406)
		})
	}
}

// HTTP/1.0 cannot be upgraded, and POST opens no socket; neither does another address.
func TestNoSocketElsewhere(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	for line, want := range map[string]int{
		"GET /graphql HTTP/1.0":              400,
		"POST /graphql HTTP/1.1":             415,
		"GET /playground HTTP/1.1":           200,
		"GET /nowhere HTTP/1.1":              404,
		"HEAD /graphql HTTP/1.1":             405,
		"GET http://OWN/graphql HTTP/1.1":    101,
		"GET /graphql?query={hello HTTP/1.1": 101,
	} {
		conn := frames.Connect(s)
		fmt.Fprintf(conn, "%s\r\nHost: %s\r\n%s%s\r\n", strings.ReplaceAll(line, "OWN", s.Addr), s.Addr, frames.HandshakeLines, frames.ProtocolLine)
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || response.StatusCode != want {
			t.Errorf("%s: %v %v, want %d", line, response, err, want)
		}
		_ = conn.Close()
	}
}
