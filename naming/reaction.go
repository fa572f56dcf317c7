package naming

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// MaxReaction is how many bytes the emoji of a reaction has at most: the longest families and flags have 28.
const MaxReaction = 32

const (
	textStyle = '\uFE0E' // VS15: shown as a text
	blackFlag = '\U0001F3F4'
	cancelTag = '\U000E007F'
)

// Reaction reads what somebody puts on a chat: an emoji, or a word for one like :parrot:. It returns it in NFC and without the
// selectors of style, so that what looks the same is the same, and for what is not taken why: TOO_SHORT, TOO_LONG, BAD_CHARACTER.
func Reaction(text string) (emoji, reason string) {
	if len(text) > 8*MaxReaction {
		return "", "TOO_LONG"
	}
	if !utf8.ValidString(text) {
		return "", "BAD_CHARACTER"
	}
	emoji = norm.NFC.String(strings.Map(func(r rune) rune {
		if r == textStyle || r == emojiStyle {
			return -1
		}
		return r
	}, text))
	switch {
	case emoji == "":
		return "", "TOO_SHORT"
	case len(emoji) > MaxReaction:
		return "", "TOO_LONG"
	case !isReaction([]rune(emoji)):
		return "", "BAD_CHARACTER"
	}
	return emoji, ""
}

// isReaction wants something to read, and nothing that is not seen but for what holds the parts of emoji together.
func isReaction(runes []rune) bool {
	if isFlag(runes) {
		return true
	}
	says := false
	for i, r := range runes {
		switch {
		case r == joiner:
			if i == 0 || i == len(runes)-1 || !part(runes[i-1]) || !part(runes[i+1]) {
				return false
			}
		case r == keycap:
			if i == 0 || !inKeycap(runes[i-1]) {
				return false
			}
		case part(r):
			says = true
		case !unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S) || hidden(r), i == 0 && unicode.Is(unicode.M, r):
			return false
		default:
			says = says || Says(string(r))
		}
	}
	return says
}

// isFlag says whether it is one like that of Scotland: a black flag and tags, up to their end.
func isFlag(runes []rune) bool {
	end := len(runes) - 1
	return end > 1 && runes[0] == blackFlag && runes[end] == cancelTag &&
		!slices.ContainsFunc(runes[1:end], func(r rune) bool { return r < 0xE0020 || r >= cancelTag })
}

// part says whether a character can be part of an emoji of several. Those that Unicode will give a picture have their block.
func part(r rune) bool {
	return symbol(r) && r != '\u2800' || r >= 0x1F000 && r <= 0x1FAFF
}

// hidden says whether a letter or a mark is not seen: fillers, and selectors of variants.
func hidden(r rune) bool {
	return unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}
