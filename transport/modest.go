package transport

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
