package transport

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

const (
	mediaJSON    = "application/json"
	mediaGraphQL = "application/graphql-response+json"
	mediaEvents  = "text/event-stream"
)

// preferred is the media type in which the client wants its answer, empty if it accepts none of ours.
// Event streams are offered to POST only.
func preferred(r *http.Request) string {
	offers := []string{mediaJSON, mediaGraphQL, mediaEvents}
	if r.Method != http.MethodPost {
		offers = offers[:2]
	}
	accept := strings.Join(r.Header.Values("Accept"), ",")
	if strings.TrimSpace(accept) == "" {
		return offers[0]
	}
	ranges := parseAccept(accept)
	best, choice := match{}, ""
	for _, offer := range offers {
		if m := bestMatch(ranges, offer); m.q > 0 && m.before(best) {
			best, choice = m, offer
		}
	}
	return choice
}

// A mediaRange is one entry of Accept (RFC 9110 §12.5.1).
type mediaRange struct {
	kind string // type/subtype, type/* or */*
	q    float64
}

// parseAccept reads the entries in their order and leaves out what it cannot read.
func parseAccept(header string) []mediaRange {
	var ranges []mediaRange
	for _, entry := range entries(header) {
		kind, params, err := mime.ParseMediaType(entry)
		if err != nil {
			continue
		}
		q := 1.0
		if text, given := params["q"]; given {
			if q, err = strconv.ParseFloat(text, 64); err != nil || !(q >= 0 && q <= 1) {
				continue
			}
		}
		ranges = append(ranges, mediaRange{kind, q})
	}
	return ranges
}

// entries cuts a list at its commas, but for those in quotes.
func entries(list string) (found []string) {
	quoted, escaped, begin := false, false, 0
	for i := range len(list) {
		switch c := list[i]; {
		case escaped:
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			found = append(found, list[begin:i])
			begin = i + 1
		}
	}
	return append(found, list[begin:])
}

// A match is how well an offer fits: by weight, then by how exactly it was named, then by who came first.
type match struct {
	q        float64
	exact    int
	position int
}

func (m match) before(other match) bool {
	if m.q != other.q {
		return m.q > other.q
	}
	if m.exact != other.exact {
		return m.exact > other.exact
	}
	return m.position < other.position
}

// bestMatch finds the most specific entry for an offer, which alone gives it its weight.
func bestMatch(ranges []mediaRange, offer string) match {
	group, _, _ := strings.Cut(offer, "/")
	found := match{}
	for i, r := range ranges {
		exact := 0
		switch r.kind {
		case offer:
			exact = 3
		case group + "/*":
			exact = 2
		case "*/*":
			exact = 1
		}
		if exact > found.exact {
			found = match{q: r.q, exact: exact, position: i}
		}
	}
	return found
}

// isJSON tells whether a body is declared as JSON in UTF-8, once, and neither packed nor encrypted. Anything
// else a foreign page could send without asking first (no preflight).
func isJSON(header http.Header) bool {
	types := header.Values("Content-Type")
	if len(types) != 1 || header.Get("Content-Encoding") != "" {
		return false
	}
	kind, params, err := mime.ParseMediaType(types[0])
	charset, given := params["charset"]
	// utf8 is what many write, and a label of the same to browsers: encoding.spec.whatwg.org/#names-and-labels.
	return err == nil && kind == mediaJSON && (!given || strings.EqualFold(charset, "utf-8") || strings.EqualFold(charset, "utf8"))
}
