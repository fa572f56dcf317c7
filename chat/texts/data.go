package texts

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// MaxData is how many bytes the JSON may have that an app keeps with a room or a chat.
const MaxData = 4 << 10

// maxNesting is how deep it may be. It comes back some levels further down, and there are parsers that stop at 64.
const maxNesting = 32

// CheckData says whether a text is JSON that an app may keep: one value that is not null, without spaces. U+0000 stands in it
// as an escape, which both databases take; halves of surrogate pairs are no text, escaped or not. A number has any digits, and is not
// larger than what 64 bits of a float hold, since many parsers take no event that has one.
func CheckData(data string) error {
	switch {
	case len(data) > MaxData:
		return &Error{"TOO_LONG", "has at most 4096 bytes as JSON"}
	case !utf8.ValidString(data) || !json.Valid([]byte(data)) || hasHalf(data):
		return &Error{"BAD_CHARACTER", "is no JSON that can be stored"}
	case nesting(data) > maxNesting:
		return &Error{"OUT_OF_RANGE", "is nested at most 32 deep"}
	case hasHuge(data):
		return &Error{"OUT_OF_RANGE", "has numbers below 1.8e308"}
	}
	var compact bytes.Buffer
	if json.Compact(&compact, []byte(data)) != nil || compact.Len() != len(data) || data == "null" {
		return &Error{"OUT_OF_RANGE", "is not null, and has no spaces"}
	}
	return nil
}

// hasHuge tells whether JSON has a number that no float of 64 bits holds.
func hasHuge(data string) bool {
	tokens := json.NewDecoder(strings.NewReader(data))
	tokens.UseNumber()
	for {
		token, err := tokens.Token()
		if err != nil {
			return false // the end
		}
		number, is := token.(json.Number)
		if !is {
			continue
		}
		if _, err := number.Float64(); err != nil {
			return true
		}
	}
}

// nesting is how deep JSON is.
func nesting(data string) (deepest int) {
	depth, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\':
			i++ // what is escaped ends no text
		case quoted:
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return deepest
}

// hasHalf tells whether JSON has the escape of one half of a surrogate pair without the other.
func hasHalf(data string) bool {
	const high, low = "89abAB", "cdefCDEF"
	for {
		next := strings.IndexByte(data, '\\')
		if next < 0 {
			return false
		}
		switch data = data[next:]; {
		case isHalf(data, high) && isHalf(data[6:], low):
			data = data[12:]
		case isHalf(data, high+low):
			return true
		default:
			data = data[2:]
		}
	}
}

// isHalf tells whether a text begins with the escape of a half whose second digit is one of these.
func isHalf(text, second string) bool {
	return len(text) >= 6 && text[0] == '\\' && text[1] == 'u' && text[2]|0x20 == 'd' && strings.IndexByte(second, text[3]) >= 0
}
