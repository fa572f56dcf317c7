package naming

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

const (
	emojiStyle = '\uFE0F' // VS16: shown as an emoji
	joiner     = '\u200D' // ZWJ: shown as one emoji
	keycap     = '\u20E3' // around a digit
)

// Emoji takes out of a text what holds the parts of emoji together (Unicode TR51: VS16, ZWJ, the keycap), so that what is
// left is characters like others. Anywhere else these three stay. shown is the text with them, but for VS16 behind
// a character that NFKC writes as others: the letter that is left of it is no emoji.
func Emoji(text string) (shown, parts string) {
	var with, without strings.Builder
	runes := append([]rune(text), 0, 0) // nothing, on both sides
	for i, r := range runes[:len(runes)-2] {
		before, two := runes[(i+len(runes)-1)%len(runes)], runes[(i+len(runes)-2)%len(runes)]
		next := runes[i+1]
		part, gone := false, false
		switch r {
		case emojiStyle:
			gone = symbol(before) && !emoji(before)
			part = emoji(before) || inKeycap(before) && next == keycap
		case keycap:
			part = before == emojiStyle && inKeycap(two)
		case joiner:
			part = (emoji(before) || before == emojiStyle && emoji(two)) && emoji(next)
		}
		if !gone {
			with.WriteRune(r)
		}
		if !gone && !part {
			without.WriteRune(r)
		}
	}
	return with.String(), without.String()
}

func inKeycap(r rune) bool { return r >= '0' && r <= '9' || r == '#' || r == '*' }

// emoji says whether a character can be one, and stays as it is.
func emoji(r rune) bool { return symbol(r) && norm.NFKC.IsNormalString(string(r)) }

// symbol says whether a character can be an emoji. Go has no table of the property Emoji: it is that of symbols, of
// modifiers of skin colour, and of these.
func symbol(r rune) bool {
	switch r {
	case '‼', '⁉', 'ℹ', '〰', '↔', '◽', '◾', '◻', '◼':
		return true
	}
	return unicode.Is(unicode.So, r) || skin(r)
}

func skin(r rune) bool { return r >= 0x1F3FB && r <= 0x1F3FF }

// Says tells whether a text has anything to read: a letter, a digit, a symbol or a sign. Blanks say nothing, and accents
// say nothing alone.
func Says(text string) bool {
	for _, r := range text {
		switch {
		case r == '\u2800', // a Braille pattern without a dot
			r >= '\u02B9' && r <= '\u02FF': // accents that stand alone, which are letters to Unicode
		case skin(r), unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.So, unicode.Sm, unicode.Sc):
			return true
		}
	}
	return false
}

// Tidied is a text as PRECIS Nickname (RFC 8266) leaves it, of what that profile would refuse too, the parts of emoji: in normal form KC,
// with one blank between its words and none around them.
func Tidied(text string) string {
	return strings.Join(strings.FieldsFunc(norm.NFKC.String(text), func(r rune) bool { return unicode.Is(unicode.Zs, r) }), " ")
}
