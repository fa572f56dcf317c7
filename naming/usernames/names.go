// Package usernames says which texts are names of users, and which of them are one name. It rests on PRECIS and on the
// scripts of naming: a name has a form to show and a key, and who is who is decided by the key alone. It knows no row.
package usernames

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/norm"

	"parley/naming"
)

// Bounds of a username in code points, counted on its key.
const (
	shortest = 3
	Max      = 32
)

const maxBytes = 256 // of what is looked at at all

// Name is a username in its two forms.
type Name struct {
	Display string // as typed, NFC
	Key     string // the identity, compared byte by byte
}

// Parse maps a username. The reason is empty when it is acceptable, else one of TOO_SHORT,
// TOO_LONG, BAD_CHARACTER, MIXED_SCRIPTS, LOOKS_LIKE_ID. Registration, login and every argument
// that takes a name go through here, so they agree on who is who.
func Parse(text string) (n Name, reason string) {
	// First of all: the tables of x/text are not made for invalid UTF-8 and long texts.
	if len(text) > maxBytes {
		return Name{}, "TOO_LONG"
	}
	if !utf8.ValidString(text) {
		return Name{}, "BAD_CHARACTER"
	}
	key, err := precis.UsernameCaseMapped.String(text)
	if err != nil {
		return Name{}, "BAD_CHARACTER"
	}
	// PRECIS takes the empty string, lookalikes of other scripts, "@" and "/". We do not.
	if reason := checkKey(key); reason != "" {
		return Name{}, reason
	}
	return Name{Display: norm.NFC.String(text), Key: key}, ""
}

func checkKey(key string) (reason string) {
	runes := []rune(key)
	if !goodCharacters(runes) {
		return "BAD_CHARACTER"
	}
	if reason := checkScripts(runes); reason != "" {
		return reason
	}
	switch {
	case len(runes) < shortest:
		return "TOO_SHORT"
	case len(runes) > Max:
		return "TOO_LONG"
	}
	if _, looks := naming.ParseID(key); looks {
		return "LOOKS_LIKE_ID"
	}
	return ""
}

// goodCharacters: letters, marks, decimal digits, "_", "-" and "."; the last is not "-" or ".", so
// a name can end a sentence.
func goodCharacters(runes []rune) bool {
	for i, r := range runes {
		edge := i == 0 || i == len(runes)-1
		switch {
		case unicode.IsLetter(r), unicode.Is(unicode.Nd, r), r == '_':
		case unicode.IsMark(r) && i > 0:
		case (r == '-' || r == '.') && !edge:
		default:
			return false
		}
	}
	return true
}

// nameScripts: one script. Marks only where a script needs them, and no towers of them.
func checkScripts(runes []rune) (reason string) {
	scripts := naming.Scripts(string(runes))
	marks, longest := 0, 0
	for _, r := range runes {
		if !unicode.IsMark(r) {
			marks = 0
			continue
		}
		marks++
		longest = max(longest, marks)
	}
	if !naming.OneScript(scripts) {
		return "MIXED_SCRIPTS"
	}
	// What NFC could put into a letter of these it has, and a mark on digits alone is a trick.
	bare := len(scripts) == 0 || scripts["Latin"] || scripts["Greek"] || scripts["Cyrillic"]
	if longest > 2 || longest > 0 && bare {
		return "BAD_CHARACTER"
	}
	return ""
}
