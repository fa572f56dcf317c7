package transport

import (
	"bytes"
	"unicode/utf8"
)

// A lineEnd is a character that some readers of lines take for the end of one, and how JSON may write it.
type lineEnd struct{ raw, escaped []byte }

// lineEnds are those besides what JSON escapes anyway: U+2028, U+2029 and U+0085.
var lineEnds = []lineEnd{
	{[]byte("\u2028"), []byte(`\u2028`)},
	{[]byte("\u2029"), []byte(`\u2029`)},
	{[]byte("\u0085"), []byte(`\u0085`)},
}

// appendLine appends JSON without line ends. Nearly always that is what it was given. In JSON they lie in strings alone.
func appendLine(b, body []byte) []byte { return appendWithout(b, body, lineEnds) }

// appendWithout makes no copy beside: three times as many bytes may leave as came.
func appendWithout(b, body []byte, ends []lineEnd) []byte {
	if len(ends) == 0 {
		return append(b, body...)
	}
	for {
		before, after, found := bytes.Cut(body, ends[0].raw)
		b = appendWithout(b, before, ends[1:])
		if !found {
			return b
		}
		b, body = append(b, ends[0].escaped...), after
	}
}

// upTo is how many bytes of a text to take, at most n, so that no character is torn.
func upTo(n int, text []byte) int {
	if len(text) <= n {
		return len(text)
	}
	for range utf8.UTFMax - 1 {
		if utf8.RuneStart(text[n]) {
			break
		}
		n--
	}
	return n
}
