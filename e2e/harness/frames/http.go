package frames

import (
	"bufio"
	"net"
	"net/http"
	"testing"
)

// ReadResponse reads the answer to a request that was written by hand.
func ReadResponse(t *testing.T, conn net.Conn) *http.Response {
	t.Helper()
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	return response
}
