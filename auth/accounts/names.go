package accounts

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/norm"

	"parley/naming"
)

// Bounds of a username in code points, counted on its key.
const (
	MinUsername = 3
	MaxUsername = 32
)

const maxNameBytes = 256 // of what is looked at at all

// name is a username in its two forms.
type name struct {
	display string // as typed, NFC
	key     string // the identity, compared byte by byte
}

// parseName maps a username. The reason is empty when it is acceptable, else one of TOO_SHORT,
// TOO_LONG, BAD_CHARACTER, MIXED_SCRIPTS, LOOKS_LIKE_ID. Registration, login and every argument
// that takes a name go through here, so they agree on who is who.
func parseName(text string) (n name, reason string) {
	// First of all: the tables of x/text are not made for invalid UTF-8 and long texts.
	if len(text) > maxNameBytes {
		return name{}, "TOO_LONG"
	}
	if !utf8.ValidString(text) {
		return name{}, "BAD_CHARACTER"
	}
	key, err := precis.UsernameCaseMapped.String(text)
	if err != nil {
		return name{}, "BAD_CHARACTER"
	}
	// PRECIS takes the empty string, lookalikes of other scripts, "@" and "/". We do not.
	if reason := checkName(key); reason != "" {
		return name{}, reason
	}
	return name{display: norm.NFC.String(text), key: key}, ""
}

func checkName(key string) (reason string) {
	runes := []rune(key)
	if !nameCharacters(runes) {
		return "BAD_CHARACTER"
	}
	if reason := nameScripts(runes); reason != "" {
		return reason
	}
	switch {
	case len(runes) < MinUsername:
		return "TOO_SHORT"
	case len(runes) > MaxUsername:
		return "TOO_LONG"
	}
	if _, looks := naming.ParseID(key); looks {
		return "LOOKS_LIKE_ID"
	}
	return ""
}

// nameCharacters: letters, marks, decimal digits, "_", "-" and "."; the last is not "-" or ".", so
// a name can end a sentence.
func nameCharacters(runes []rune) bool {
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
func nameScripts(runes []rune) (reason string) {
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
