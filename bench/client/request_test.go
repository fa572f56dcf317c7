package client

import (
	"bufio"
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// TestEncodingAllocatesNothing covers what is done for each send but the socket.
func TestEncodingAllocatesNothing(t *testing.T) {
	r, err := NewSendRequest(ParleyRoute("http://h:1"), User{Name: "ann", Token: "t"}, "room", 100)
	if err != nil {
		t.Fatal(err)
	}
	id, body := uuid.New(), []byte(`{"data":{"sendChat":{"id":"x","number":12}}}`)
	if n := testing.AllocsPerRun(100, func() {
		r.Next(id, time.Second)
		_ = IntAfter(body, `"number":`)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestSendRequest reads the request as a server does.
func TestSendRequest(t *testing.T) {
	r, err := NewSendRequest(ParleyRoute("http://127.0.0.1:8080/"), User{Name: "ann", Token: "secret"}, "general", 100)
	if err != nil {
		t.Fatal(err)
	}
	id := uuid.New()
	request, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(r.Next(id, 1234567))))
	if err != nil {
		t.Fatal(err)
	}
	var body bytes.Buffer
	if _, err := body.ReadFrom(request.Body); err != nil {
		t.Fatal(err)
	}
	text := "0000000000001234567 ann" + strings.Repeat(".", 77)
	if request.Host != "127.0.0.1:8080" || request.Header.Get("Authorization") != "Bearer secret" ||
		!strings.Contains(body.String(), id.String()) || !strings.Contains(body.String(), text) {
		t.Errorf("%v %s", request, body.String())
	}
	if got := StampOf([]byte(text)); got != 1234567 {
		t.Errorf("stamp %d, want 1234567", got)
	}
	if got := StampOf([]byte("hello")); got != 0 {
		t.Errorf("stamp %d of a text without one", got)
	}
}
