package wire

import (
	"bytes"
	"strings"
)

// What a request may have of JSON, besides its bytes: 120 KB of `0,` in a list are 60,000 values, which take
// 11 MiB to read. The largest request that means something, a bot's stream of all its rooms with cursors, has 4,000 at most.
const (
	maxValues  = 5000 // keys of objects and items of lists, in all
	maxNesting = 100
)

// withinJSONLimits counts values by the commas and brackets outside of text. It does not tell whether raw is JSON.
func withinJSONLimits(raw []byte) bool {
	values, depth, quoted := 0, 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\':
			i++ // what is escaped ends no text
		case quoted:
		case c == '{' || c == '[':
			depth++
			values++
		case c == '}' || c == ']':
			depth--
		case c == ',':
			values++
		}
		if depth > maxNesting || values > maxValues {
			return false
		}
	}
	return true
}

// HasHalfPair tells whether a text in raw, which is JSON, has one half of a surrogate pair without the other. It is JSON
// all the same (RFC 8259 §8.2), but no text: encoding/json reads U+FFFD, and what is stored would not be what was sent.
func HasHalfPair(raw []byte) bool {
	for {
		next := bytes.IndexByte(raw, '\\')
		if next < 0 {
			return false
		}
		size := Escape(raw[next:])
		if size == 0 {
			return true
		}
		raw = raw[next+size:]
	}
}

// Escape is how many bytes to skip at a backslash in a string of JSON or of a GraphQL document: the escape, or its
// beginning. 0: it is one half of a surrogate pair without the other.
func Escape[Text string | []byte](raw Text) int {
	const high, low = "89abAB", "cdefCDEF"
	switch {
	case isSurrogate(raw, high) && isSurrogate(raw[6:], low):
		return 12
	case isSurrogate(raw, high) || isSurrogate(raw, low):
		return 0
	}
	return 2
}

// isSurrogate tells whether raw begins with the escape of a code unit whose digits are D, one of second, and two more.
func isSurrogate[Text string | []byte](raw Text, second string) bool {
	return len(raw) >= 6 && raw[0] == '\\' && raw[1] == 'u' && raw[2]|0x20 == 'd' && strings.IndexByte(second, raw[3]) >= 0
}
