package transport

import "bytes"

// What a request may have of JSON, besides its bytes: 120 KB of `0,` in a list are 60,000 values, which take
// 11 MiB to read. The largest request that means something, a stream of 1,000 rooms with their cursors, has 2,000.
const (
	maxValues  = 5000 // keys of objects and items of lists, in all
	maxNesting = 100
)

// isModest counts values by the commas and brackets outside of text. It does not tell whether raw is JSON.
func isModest(raw []byte) bool {
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

// hasHalfPair tells whether a text in raw, which is JSON, has one half of a surrogate pair without the other. It is JSON
// all the same (RFC 8259 §8.2), but no text: encoding/json reads U+FFFD, and what is stored would not be what was sent.
func hasHalfPair(raw []byte) bool {
	for {
		next := bytes.IndexByte(raw, '\\')
		if next < 0 {
			return false
		}
		raw = raw[next:]
		size := 2 // of the escape, or of its beginning
		switch {
		case isSurrogate(raw, "cdefCDEF"):
			return true
		case isSurrogate(raw, "89abAB"):
			if size = 12; !isSurrogate(raw[6:], "cdefCDEF") {
				return true
			}
		}
		raw = raw[size:]
	}
}

// isSurrogate tells whether raw begins with the escape of a code unit whose digits are D, one of second, and two more.
func isSurrogate(raw []byte, second string) bool {
	return len(raw) >= 6 && raw[0] == '\\' && raw[1] == 'u' && raw[2]|0x20 == 'd' && bytes.IndexByte([]byte(second), raw[3]) >= 0
}
