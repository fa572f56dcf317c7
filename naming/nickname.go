package naming

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"
)

// MaxNickname is how many code points what somebody is called beside their username has at most.
const MaxNickname = 64

// Nickname returns what somebody is called beside their username, as it is stored: as PRECIS Nickname (RFC 8266) has it, without spaces around
// it or several in a row, and in normal form KC. What it may not be is said by a reason: TOO_SHORT, which is also of what has nothing to
// read, TOO_LONG, or BAD_CHARACTER, of control characters, marks of direction and others that are not seen. Joiners may stand where
// they are seen: between letters as RFC 5892 A.1 and A.2 have it, as in Persian and Hindi, and in emoji.
func Nickname(text string) (name, reason string) {
	if len(text) > 16*MaxNickname { // before it is looked at: normal forms take up to 18 times as much
		return "", "TOO_LONG"
	}
	if !utf8.ValidString(text) {
		return "", "BAD_CHARACTER"
	}
	whole, parts := Emoji(text)
	for _, r := range parts {
		if r != joiner && r != nonJoiner && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point) {
			return "", "BAD_CHARACTER"
		}
	}
	if !Says(parts) {
		return "", "TOO_SHORT"
	}
	name, err := precis.Nickname.String(parts)
	if err != nil {
		return "", "BAD_CHARACTER"
	}
	if whole != parts {
		name = Tidied(whole)
	}
	if utf8.RuneCountInString(name) > MaxNickname {
		return "", "TOO_LONG"
	}
	return name, ""
}

const nonJoiner = '\u200C' // ZWNJ
