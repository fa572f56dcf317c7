package web

import (
	"net/http"
	"strconv"
	"strings"
)

// acceptsGzip says whether Accept-Encoding names gzip, or "*" and not gzip, with a weight above 0
// (RFC 9110 §12.5.3).
func acceptsGzip(h http.Header) bool {
	accepted := false
	for _, item := range list(h, "Accept-Encoding") {
		coding, parameter, _ := strings.Cut(strings.ToLower(item), ";")
		switch strings.TrimSpace(coding) {
		case "gzip":
			return weight(parameter) > 0
		case "*":
			accepted = weight(parameter) > 0
		}
	}
	return accepted
}

// weight reads "q=0.5". Without one it is 1; what is no number counts as 0.
func weight(parameter string) float64 {
	q, ok := strings.CutPrefix(strings.TrimSpace(parameter), "q=")
	if !ok {
		return 1
	}
	value, _ := strconv.ParseFloat(q, 64)
	return value
}

// known says whether If-None-Match holds the tag. It compares weakly, as RFC 9110 §13.1.2 says.
func known(h http.Header, tag string) bool {
	for _, item := range list(h, "If-None-Match") {
		if item == "*" || strings.TrimPrefix(item, "W/") == tag {
			return true
		}
	}
	return false
}

// list reads a header whose value is a list, also when it comes in several lines.
func list(h http.Header, name string) []string {
	items := strings.Split(strings.Join(h.Values(name), ","), ",")
	for i, item := range items {
		items[i] = strings.TrimSpace(item)
	}
	return items
}
