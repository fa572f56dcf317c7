package client

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// A Route says how a chat is sent to a server: where, and as which JSON. Parley has one, and so
// has each of the bare servers it is compared with.
type Route struct {
	Addr string // host:port
	Path string
	body func(by User, room, text, id string) any
}

const sendDocument = `mutation($room:ID!,$text:String!,$id:ID!){sendChat(room:$room,text:$text,id:$id){id number}}`

// ParleyRoute sends chats to Parley at url.
func ParleyRoute(url string) Route {
	return Route{HostOf(url), "/graphql", func(_ User, room, text, id string) any {
		return map[string]any{
			"query":     sendDocument,
			"variables": map[string]any{"room": room, "text": text, "id": id},
		}
	}}
}

// RawRoute sends chats to the bare broadcast at url: the same request, and the name that Parley takes
// from the token.
func RawRoute(url string) Route {
	return Route{HostOf(url), "/graphql", func(by User, room, text, id string) any {
		return map[string]any{
			"query":     sendDocument,
			"variables": map[string]any{"room": room, "text": text, "id": id, "username": by.Name},
		}
	}}
}

// BareRoute sends chats to a bare server.
func BareRoute(url string) Route {
	return Route{HostOf(url), "/", func(by User, room, text, id string) any {
		return map[string]any{"room": room, "text": text, "id": id, "user": by.ID, "username": by.Name}
	}}
}

// HostOf is the host and port of a URL.
func HostOf(url string) string { return strings.TrimPrefix(strings.TrimRight(url, "/"), "http://") }

// Encode makes the bytes of a POST request. by may have no token.
func Encode(to Route, by User, body any) ([]byte, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n", to.Path, to.Addr)
	if by.Token != "" {
		fmt.Fprintf(&b, "Authorization: Bearer %s\r\n", by.Token)
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(text), text)
	return b.Bytes(), nil
}

// A text starts with the time it was sent, as 19 digits of nanoseconds since epoch, and the name
// of its sender; dots fill it up. Subscribers take the time from there.
const (
	stampLen = 19
	MinText  = stampLen + 1 + 32
)

// Epoch is the moment stamps count from; a duration since it ignores steps of the clock.
var Epoch = time.Now()

// A SendRequest is an encoded request whose id and stamp are overwritten for each chat.
type SendRequest struct {
	bytes          []byte
	idAt, stampsAt int
}

// NewSendRequest makes one whose text has size characters, at least minText.
func NewSendRequest(to Route, by User, room string, size int) (*SendRequest, error) {
	const noID = "00000000-0000-0000-0000-000000000000"
	text := strings.Repeat("0", stampLen) + " " + by.Name
	text += strings.Repeat(".", max(0, size-len(text)))
	encoded, err := Encode(to, by, to.body(by, room, text, noID))
	if err != nil {
		return nil, err
	}
	return &SendRequest{encoded, bytes.Index(encoded, []byte(noID)), bytes.Index(encoded, []byte(text))}, nil
}

// Next puts an id and a stamp into the request; a negative stamp leaves the text without a time.
func (r *SendRequest) Next(id uuid.UUID, stamp time.Duration) []byte {
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

// StampOf is the time in a text, or 0 when it has none.
func StampOf(text []byte) time.Duration {
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
