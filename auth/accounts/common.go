package accounts

import (
	_ "embed" // the list
	"sort"
	"strings"
)

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
