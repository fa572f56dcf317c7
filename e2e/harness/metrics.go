package harness

import (
	"io"
	"net/http"
	"regexp"
)

// metricsAddr is where the server said that it serves metrics.
func (s *Server) metricsAddr() string {
	s.T.Helper()
	found := regexp.MustCompile(`http://[^"\s]+/metrics`).FindString(s.Log.String())
	if found == "" {
		s.T.Fatalf("no line says where metrics are served: %s", s.Log)
	}
	return found
}

// Scrape reads the metrics.
func (s *Server) Scrape() string {
	s.T.Helper()
	response, err := http.Get(s.metricsAddr())
	if err != nil {
		s.T.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		s.T.Fatalf("status %d, %v: %s", response.StatusCode, err, text)
	}
	return string(text)
}
