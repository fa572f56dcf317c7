package usernames

import (
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// Range is where the keys of the names lie that begin with a text in any spelling: from that one on, and
// before until, if it is not empty. False: no name begins so.
func Range(text string) (from, until string, ok bool) {
	from, ok = foldPrefix(text)
	return from, afterPrefix(from), ok
}

// foldPrefix maps the beginning of a username as Parse maps a whole one. PRECIS itself checks
// whole names only: its rule about directions refuses beginnings of good ones. False: no username
// begins so.
func foldPrefix(text string) (prefix string, ok bool) {
	if len(text) > maxBytes || !utf8.ValidString(text) {
		return "", false
	}
	prefix = width.Fold.String(text)
	prefix = norm.NFC.String(cases.Lower(language.Und, cases.HandleFinalSigma(false)).String(prefix))
	runes := []rune(prefix)
	// One letter more, because only the last character of a name may not be "-" or ".".
	return prefix, len(runes) <= Max && goodCharacters(append(runes, 'a'))
}

// afterPrefix is the least text, by code points, that is greater than every text with that prefix;
// empty when there is none.
func afterPrefix(prefix string) string {
	runes := []rune(prefix)
	for i := len(runes) - 1; i >= 0; i-- {
		switch r := runes[i]; r {
		case utf8.MaxRune:
		case 0xD7FF: // surrogates are no characters
			return string(append(runes[:i], 0xE000))
		default:
			return string(append(runes[:i], r+1))
		}
	}
	return ""
}
