package chat

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/norm"

	"parley/naming"
)

// Lengths in code points.
const (
	minRoomName, maxRoomName = 2, 64
	maxTopic                 = 250
	// MaxText is the default and largest length of a chat.
	MaxText = 10_000
)

// checkText says whether a chat may have this text. It is stored as sent.
func checkText(text string, most int) error {
	return checkLength("text", text, 1, most)
}

// checkLength refuses what one of the two databases could not give back: broken UTF-8 and U+0000.
func checkLength(field, text string, least, most int) error {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return &InvalidError{field, "BAD_CHARACTER", "has a character that cannot be stored"}
	}
	switch n := utf8.RuneCountInString(text); {
	case n < least:
		return &InvalidError{field, "TOO_SHORT", fmt.Sprintf("has %d to %d characters", least, most)}
	case n > most:
		return &InvalidError{field, "TOO_LONG", fmt.Sprintf("has %d to %d characters", least, most)}
	}
	return nil
}

// roomName answers a new name as it is shown and its key. It has something to read, and letters of one script.
func roomName(name string) (shown, key string, err error) {
	const field = "name"
	shown, key, err = readName(name)
	switch {
	case err != nil:
		return "", "", err
	case !naming.Says(key):
		return "", "", &InvalidError{field, "BAD_CHARACTER", "has no letter, digit or sign"}
	case !naming.OneScript(naming.Scripts(key)):
		return "", "", &InvalidError{field, "MIXED_SCRIPTS", "has letters of more than one script"}
	}
	return shown, key, nil
}

// readName answers a name as it is shown and its key, by which names are the same. Both follow the
// PRECIS Nickname profile (RFC 8266), made for names of chat rooms: outer and doubled spaces go,
// width and case do not count. What holds the parts of emoji together, which that profile refuses, does not count
// either. It takes the names of all releases, which roomName does not: rooms keep what they are called.
func readName(name string) (shown, key string, err error) {
	const field = "name"
	if err := checkLength(field, name, 1, 4*maxRoomName); err != nil {
		return "", "", err
	}
	whole, parts := naming.Emoji(name)
	shown, err = precis.Nickname.String(parts)
	if err == nil {
		key, err = precis.Nickname.CompareKey(parts)
	}
	if err != nil {
		return "", "", &InvalidError{field, "BAD_CHARACTER", "has a character that names of rooms cannot have"}
	}
	if err := checkLength(field, shown, minRoomName, maxRoomName); err != nil {
		return "", "", err
	}
	if whole != parts {
		space := func(r rune) bool { return unicode.Is(unicode.Zs, r) }
		shown = strings.Join(strings.FieldsFunc(norm.NFKC.String(whole), space), " ")
		if err := checkLength(field, shown, minRoomName, maxRoomName); err != nil {
			return "", "", err
		}
	}
	if _, looks := naming.ParseID(shown); looks {
		return "", "", &InvalidError{field, "LOOKS_LIKE_ID", "could be taken for an id"}
	}
	return shown, key, nil
}

// matchKey answers the text to look for in keys of names; not ok: no name contains it.
func matchKey(text string) (key string, ok bool) {
	if len(text) > 4*maxRoomName || !utf8.ValidString(text) {
		return "", false
	}
	_, parts := naming.Emoji(text)
	key, err := precis.Nickname.CompareKey(parts)
	return key, err == nil || strings.TrimSpace(text) == ""
}

// chatID reads the id a client chose. Only the usual form with dashes is taken, so that the id in
// the client's cache and ours are the same text but for case. The nil UUID is what programs send that forgot to
// make an id; taken, it would be one chat for all of them.
func chatID(text string) (uuid.UUID, error) {
	id, ok := naming.ParseID(text)
	if !ok || len(text) != 36 || id == uuid.Nil {
		return uuid.Nil, &InvalidError{"id", "ID_INVALID", "is a UUID in the form 8-4-4-4-12 and not the nil UUID"}
	}
	return id, nil
}
