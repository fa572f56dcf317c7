package wire

import (
	"net/url"
	"strings"
	"testing"
)

// A request with 5,000 values or 100 levels is read, one with more is not; what is inside of text counts
// for nothing.
func TestRequestsWithinJSONLimits(t *testing.T) {
	list := func(n int) string { return `[` + strings.Repeat("0,", n-1) + `0]` }
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for name, c := range map[string]struct {
		variables string
		want      bool
	}{
		"as many values as may be":  {`{"v":` + list(maxValues-3) + `}`, true}, // the request, its two keys and this object count
		"one more":                  {`{"v":` + list(maxValues-2) + `}`, false},
		"as deep as may be":         {`{"v":` + nested(maxNesting-2) + `}`, true},
		"one deeper":                {`{"v":` + nested(maxNesting-1) + `}`, false},
		"brackets and commas":       {`{"v":"` + strings.Repeat("[{,", 30000) + `"}`, true},
		"brackets behind a quote":   {`{"v":"\"` + strings.Repeat("[{,", 30000) + `"}`, true},
		"a backslash before an end": {`{"v":"\\","w":` + list(maxValues) + `}`, false},
	} {
		if _, no := ParseParams([]byte(`{"query":"{hello}","variables":` + c.variables + `}`)); (no == nil) != c.want {
			t.Errorf("%s: refused %v, want %v", name, no, !c.want)
		}
	}
	query := url.Values{"query": {"{hello}"}, "variables": {`{"v":` + list(maxValues+1) + `}`}}
	if _, no := ParseURL(query.Encode()); no == nil {
		t.Error("by GET it is read")
	}
}
