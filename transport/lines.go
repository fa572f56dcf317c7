package transport

import "bytes"

// lineEnds are characters that some readers of lines take for the end of one, besides those that JSON escapes, and how
// JSON may write them: U+2028, U+2029 and U+0085.
var lineEnds = []struct{ raw, escaped []byte }{
	{[]byte("\u2028"), []byte(`\u2028`)},
	{[]byte("\u2029"), []byte(`\u2029`)},
	{[]byte("\u0085"), []byte(`\u0085`)},
}

// asOneLine is JSON without line ends. Nearly always that is what it was given. In JSON they lie in strings alone.
func asOneLine(body []byte) []byte {
	for _, end := range lineEnds {
		if bytes.Contains(body, end.raw) {
			body = bytes.ReplaceAll(body, end.raw, end.escaped)
		}
	}
	return body
}
