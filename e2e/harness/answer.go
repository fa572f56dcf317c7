package harness

import (
	"strconv"
	"strings"
)

// Times repeats a text; # in it is the number.
func Times(n int, text string) string {
	if !strings.Contains(text, "#") {
		return strings.Repeat(text, n)
	}
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(text, "#", strconv.Itoa(i)))
	}
	return b.String()
}

// Codes of errors.
const (
	ComplexCode    = "OPERATION_TOO_COMPLEX"
	ParseCode      = "GRAPHQL_PARSE_FAILED"
	ValidationCode = "GRAPHQL_VALIDATION_FAILED"
	InputCode      = "BAD_USER_INPUT"
	UnsignedCode   = "UNAUTHENTICATED"
)
