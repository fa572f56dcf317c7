package web

import (
	"net/http"
	"testing"
)

func TestAcceptsGzip(t *testing.T) {
	for header, want := range map[string]bool{
		"gzip": true, "br, GZIP": true, "gzip;q=0.5, br": true, "*": true, "deflate, gzip; q=1.0": true,
		"": false, "br": false, "gzip;q=0": false, "gzip;q=0.000, *": false, "*;q=0": false, "identity": false,
		"gzip;q=high": false, "xgzip": false,
	} {
		if got := acceptsGzip(http.Header{"Accept-Encoding": {header}}); got != want {
			t.Errorf("%q: %t, want %t", header, got, want)
		}
	}
	if !acceptsGzip(http.Header{"Accept-Encoding": {"br", "gzip"}}) {
		t.Error("the second of two lines is not read")
	}
}
