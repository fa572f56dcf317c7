package texts

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"parley/naming"
)

// MaxEmoji is the largest length of an emoji, in bytes.
const MaxEmoji = 32

// ReadEmoji returns what is put on a chat as it is stored: in NFC and without variation selectors, so that one emoji is one however
// it was typed. It has 1 to MaxEmoji bytes and something to see; spaces, controls and characters that no release of Unicode knows
// are refused, but for those that are kept for emoji to come. An *Error says why it is not taken.
func ReadEmoji(text string) (emoji string, err error) {
	if len(text) > 4*MaxEmoji { // whatever form it is in
		return "", &Error{"TOO_LONG", "has 1 to 32 bytes"}
	}
	if !utf8.ValidString(text) {
		return "", &Error{"BAD_CHARACTER", "has a character that cannot be stored"}
	}
	emoji = norm.NFC.String(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Variation_Selector, r) {
			return -1
		}
		return r
	}, text))
	switch {
	case emoji == "":
		return "", &Error{"TOO_SHORT", "has 1 to 32 bytes"}
	case len(emoji) > MaxEmoji:
		return "", &Error{"TOO_LONG", "has 1 to 32 bytes"}
	case strings.ContainsFunc(emoji, func(r rune) bool { return !inEmoji(r) }):
		return "", &Error{"BAD_CHARACTER", "has a character that an emoji cannot have"}
	case !strings.ContainsFunc(emoji, seen):
		return "", &Error{"BAD_CHARACTER", "has nothing to see"}
	}
	return emoji, nil
}

// inEmoji says whether a character may stand in an emoji: what Unicode counts as graphic, what holds emoji together (ZWJ, and the
// tags of flags), and what is kept for emoji to come. Spaces are graphic to Unicode.
func inEmoji(r rune) bool {
	switch {
	case r == '\u200D', r >= 0xE0020 && r <= 0xE007F, toCome(r):
		return true
	}
	return unicode.IsGraphic(r) && !unicode.In(r, unicode.Z, unicode.White_Space)
}

// seen says whether a character shows anything by itself.
func seen(r rune) bool {
	blank := unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) // letters that show nothing, as U+3164
	return !blank && (toCome(r) || naming.Says(string(r)))
}

// toCome says whether a character is in a block that Unicode keeps for pictures (emoji-data.txt, Extended_Pictographic): newer
// releases of it fill them, and compose nothing of what is there.
func toCome(r rune) bool { return r >= 0x1F000 && r <= 0x1FAFF || r >= 0x1FC00 && r <= 0x1FFFD }
