package edge

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// A reader that takes what it can gets the whole of a page, however long it takes.
func TestSlowReaderOfAPage(t *testing.T) {
	const size, limit = 64 << 20, 2 * time.Second
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(make([]byte, size)) // what was cut off shows below
	})
	server := httptest.NewServer(ChunkTimeout(limit, page))
	defer server.Close()
	response, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	pace, begun, came := time.NewTicker(80*time.Millisecond), time.Now(), int64(0)
	defer pace.Stop()
	for err == nil {
		var n int64
		n, err = io.CopyN(io.Discard, response.Body, 1<<20)
		came += n
		<-pace.C
	}
	if took := time.Since(begun); !errors.Is(err, io.EOF) || came != size || took < 2*limit {
		t.Errorf("%d bytes came in %v: %v", came, took, err)
	}
}
