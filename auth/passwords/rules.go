package passwords

import (
	_ "embed" // the list
	"sort"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"parley/auth"
	"parley/naming/usernames"
)

// Bounds of a password.
const (
	shortest = 8    // code points
	MaxBytes = 1024 // bytes as typed; longer ones are refused, never cut
)

// Check says whether a new password may be one, by its text and the key of its owner's name; field is the argument it
// came in. *auth.InvalidError: TOO_LONG, BAD_CHARACTER, TOO_SHORT, COMMON, EQUALS_USERNAME.
func Check(field, password, nameKey string) error {
	// Length before anything else: what follows takes time with it.
	if len(password) > MaxBytes {
		return &auth.InvalidError{Field: field, Reason: "TOO_LONG"}
	}
	if !utf8.ValidString(password) {
		return &auth.InvalidError{Field: field, Reason: "BAD_CHARACTER"}
	}
	password = norm.NFC.String(password)
	first, _ := utf8.DecodeRuneInString(password)
	name, _ := usernames.Parse(password)
	switch {
	case utf8.RuneCountInString(password) < shortest:
		return &auth.InvalidError{Field: field, Reason: "TOO_SHORT"}
	case strings.Trim(password, string(first)) == "", isCommon(password):
		return &auth.InvalidError{Field: field, Reason: "COMMON"}
	case name.Key == nameKey:
		return &auth.InvalidError{Field: field, Reason: "EQUALS_USERNAME"}
	}
	return nil
}

// commonList are common passwords of 8 and more characters, in lower case, one a line, in the order
// of their bytes: those of @zxcvbn-ts/language-common 4.1.3, under the licence in common.LICENSE.
//
//go:embed common.txt
var commonList string

// isCommon says whether a password is on the list. The list is searched as it lies in the binary:
// a map of it would take megabytes of heap for a question asked a few times a day.
func isCommon(password string) bool {
	password = strings.ToLower(password)
	at := sort.Search(len(commonList), func(i int) bool { return lineAt(i) >= password })
	return at < len(commonList) && lineAt(at) == password
}

// lineAt is the line of the list that a byte belongs to, without its end.
func lineAt(i int) string {
	start := strings.LastIndexByte(commonList[:i], '\n') + 1
	line, _, _ := strings.Cut(commonList[start:], "\n")
	return line
}
