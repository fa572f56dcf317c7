package mentions

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"parley/naming/usernames"
)

// A Name is a place of a text that may mention somebody: the keys of the usernames that stand there, the longest first.
type Name []string

const (
	mostTried = 100               // different spellings that are looked at in one text: what stands behind them is text
	longest   = 3 * usernames.Max // code points of a spelling: a syllable of Hangul may be written as three
)

// Possible says whether a text can mention anybody. It is quick, and most texts cannot.
func Possible(text string) bool {
	return strings.IndexByte(text, '@') >= 0 || strings.Contains(text, wideAt)
}

// wideAt is what an input method for East Asian scripts makes of an @.
const wideAt = "＠"

// Find returns the names in a text, in the order in which each appears first. A name stands behind an @ that no word, address or
// path is before, and ends where a word does: before a dot or a dash, which names may have too, more than one may. There is none
// in the code of Markdown and in addresses of the web. It takes time that grows with the text, and no more.
func Find(text string) (names []Name) {
	if !Possible(text) {
		return nil
	}
	text = withoutURLs(withoutCode(strings.ReplaceAll(text, wideAt, "@")))
	seen, tried := map[string]bool{}, 0
	for before, behind, more := cutAt(text, 0); more && tried < mostTried; before, behind, more = cutAt(text, len(text)-len(behind)) {
		word := behind[:spelled(behind)]
		behind = behind[len(word):]
		if seen[word] || !mayPrecede(before) || strings.HasPrefix(behind, "@") {
			continue
		}
		seen[word] = true
		spellings := spellingsOf(word)
		if tried += len(spellings); tried > mostTried {
			break
		}
		if name := keysOf(spellings); len(name) > 0 {
			names = append(names, name)
		}
	}
	return names
}

// cutAt finds the next @ from somewhere on.
func cutAt(text string, from int) (before, behind string, found bool) {
	i := strings.IndexByte(text[from:], '@')
	if i < 0 {
		return "", "", false
	}
	return text[:from+i], text[from+i+1:], true
}

// mayPrecede says whether a name may follow a text and an @.
func mayPrecede(before string) bool {
	for {
		r, width := utf8.DecodeLastRuneInString(before)
		switch {
		case width == 0:
			return true
		case r == '_' || r == '-' || r == '+': // emphasis, or part of the word that stands before
			before = before[:len(before)-width]
		case strings.ContainsRune(`@/\=`, r):
			return false
		default:
			return !inWord(r) || unspaced(r) != nil
		}
	}
}

// inWord says whether a character is part of a word. What makes an emoji of the character before is none.
func inWord(r rune) bool {
	if r >= 0xFE00 && r <= 0xFE0F || r == 0x20E3 {
		return false
	}
	return unicode.In(r, unicode.L, unicode.M, unicode.N)
}

// unspaced is the script of a letter, if it is one of those that put no blanks between words, or none around foreign ones.
func unspaced(r rune) *unicode.RangeTable {
	for _, script := range []*unicode.RangeTable{
		unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar,
	} {
		if unicode.Is(script, r) {
			return script
		}
	}
	return nil
}

// dots and bars are what else names have, in both widths.
const (
	dots = ".-．－"
	bars = "_＿"
)

// spelled is how many bytes of a text may be of a name, in any spelling.
func spelled(text string) int {
	for i, r := range text {
		if !inWord(r) && !strings.ContainsRune(dots+bars, r) {
			return i
		}
	}
	return len(text)
}

// spellingsOf are the names that a word may be, the longest first: all of it, what stands before each dot and dash and before
// each letter of an unspaced script that follows one of another, and each of these without underscores behind it.
func spellingsOf(word string) (all []string) {
	var ends []int
	var last rune
	n := 0
	for i, r := range word {
		if n++; n > longest+1 {
			break
		}
		script := unspaced(r)
		if strings.ContainsRune(dots, r) || script != nil && unspaced(last) != script {
			ends = append(ends, i)
		}
		if !unicode.IsMark(r) {
			last = r
		}
	}
	if n <= longest {
		ends = append(ends, len(word))
	}
	for _, end := range slices.Backward(ends) {
		whole := strings.TrimRight(word[:end], dots)
		for _, spelling := range []string{whole, strings.TrimRight(whole, bars)} {
			if spelling != "" && !slices.Contains(all, spelling) {
				all = append(all, spelling)
			}
		}
	}
	return all
}

// keysOf are those of spellings that are names.
func keysOf(spellings []string) (name Name) {
	for _, spelling := range spellings {
		if parsed, bad := usernames.Parse(spelling); bad == "" {
			name = append(name, parsed.Key)
		}
	}
	return name
}
