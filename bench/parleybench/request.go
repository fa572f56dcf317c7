package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// A route says how a chat is sent to a server: where, and as which JSON. Parley has one, and so
// has each of the bare servers it is compared with.
type route struct {
	addr string // host:port
	path string
	body func(by user, room, text, id string) any
}

const sendDocument = `mutation($room:ID!,$text:String!,$id:ID!){sendChat(room:$room,text:$text,id:$id){id number}}`

// parleyRoute sends chats to Parley at url.
func parleyRoute(url string) route {
	return route{hostOf(url), "/graphql", func(_ user, room, text, id string) any {
		return map[string]any{
			"query":     sendDocument,
			"variables": map[string]any{"room": room, "text": text, "id": id},
		}
	}}
}

// rawRoute sends chats to the bare broadcast at url: the same request, and the name that Parley takes
// from the token.
func rawRoute(url string) route {
	return route{hostOf(url), "/graphql", func(by user, room, text, id string) any {
		return map[string]any{
			"query":     sendDocument,
			"variables": map[string]any{"room": room, "text": text, "id": id, "username": by.name},
		}
	}}
}

// bareRoute sends chats to a bare server.
func bareRoute(url string) route {
	return route{hostOf(url), "/", func(by user, room, text, id string) any {
		return map[string]any{"room": room, "text": text, "id": id, "user": by.id, "username": by.name}
	}}
}

func hostOf(url string) string { return strings.TrimPrefix(strings.TrimRight(url, "/"), "http://") }

// encode makes the bytes of a POST request. by may have no token.
func encode(to route, by user, body any) ([]byte, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n", to.path, to.addr)
	if by.token != "" {
		fmt.Fprintf(&b, "Authorization: Bearer %s\r\n", by.token)
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(text), text)
	return b.Bytes(), nil
}

// A text starts with the time it was sent, as 19 digits of nanoseconds since epoch, and the name
// of its sender; dots fill it up. Subscribers take the time from there.
const (
	stampLen = 19
	minText  = stampLen + 1 + 32
)

// epoch is the moment stamps count from; a duration since it ignores steps of the clock.
var epoch = time.Now()

// A sendRequest is an encoded request whose id and stamp are overwritten for each chat.
type sendRequest struct {
	bytes          []byte
	idAt, stampsAt int
}

// newSendRequest makes one whose text has size characters, at least minText.
func newSendRequest(to route, by user, room string, size int) (*sendRequest, error) {
	const noID = "00000000-0000-0000-0000-000000000000"
	text := strings.Repeat("0", stampLen) + " " + by.name
	text += strings.Repeat(".", max(0, size-len(text)))
	encoded, err := encode(to, by, to.body(by, room, text, noID))
	if err != nil {
		return nil, err
	}
	return &sendRequest{encoded, bytes.Index(encoded, []byte(noID)), bytes.Index(encoded, []byte(text))}, nil
}

// next puts an id and a stamp into the request; a negative stamp leaves the text without a time.
func (r *sendRequest) next(id uuid.UUID, stamp time.Duration) []byte {
	to := r.bytes[r.idAt:]
	hex.Encode(to[0:8], id[0:4])
	hex.Encode(to[9:13], id[4:6])
	hex.Encode(to[14:18], id[6:8])
	hex.Encode(to[19:23], id[8:10])
	hex.Encode(to[24:36], id[10:16])
	rest := max(0, stamp)
	for i := stampLen - 1; i >= 0; i-- {
		r.bytes[r.stampsAt+i] = byte('0' + rest%10)
		rest /= 10
	}
	return r.bytes
}

// stampOf is the time in a text, or 0 when it has none.
func stampOf(text []byte) time.Duration {
	if len(text) < stampLen {
		return 0
	}
	var stamp time.Duration
	for _, c := range text[:stampLen] {
		if c < '0' || c > '9' {
			return 0
		}
		stamp = stamp*10 + time.Duration(c-'0')
	}
	return stamp
}
