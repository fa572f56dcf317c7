// Package texts says what the names of rooms, their topics, chats and the data of apps may be. It rests on one idea: what one of the two
// databases could not give back, and what readers could not tell apart, is not taken. It knows no room.
package texts

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"

	"parley/naming"
)

// Lengths in code points.
const (
	minRoomName, maxRoomName = 2, 64
	// MaxTopic is the largest length of a topic.
	MaxTopic = 250
	// MaxChat is the default and largest length of a chat.
	MaxChat = 10_000
)

// MaxPreview is how many bytes a bot may show of what it is writing.
const MaxPreview = 4_000

// An Error says why a text is not taken.
type Error struct {
	Reason string // TOO_SHORT, TOO_LONG, OUT_OF_RANGE, BAD_CHARACTER, MIXED_SCRIPTS, LOOKS_LIKE_ID
	Detail string // a sentence for people; never repeats the text
}

func (e *Error) Error() string { return e.Detail }

// Check wants a text of so many code points, and refuses what one of the two databases could not give back: broken UTF-8 and U+0000.
func Check(text string, least, most int) error {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return &Error{"BAD_CHARACTER", "has a character that cannot be stored"}
	}
	switch n := utf8.RuneCountInString(text); {
	case n < least:
		return &Error{"TOO_SHORT", fmt.Sprintf("has %d to %d characters", least, most)}
	case n > most:
		return &Error{"TOO_LONG", fmt.Sprintf("has %d to %d characters", least, most)}
	}
	return nil
}

// CheckPreview says whether a bot may show this of what it is writing: what may stand in a chat, or nothing yet.
func CheckPreview(text string) error {
	if len(text) > MaxPreview {
		return &Error{"TOO_LONG", fmt.Sprintf("has at most %d bytes", MaxPreview)}
	}
	return Check(text, 0, MaxPreview)
}

// CheckTopic says whether a room may have this topic; empty: it has none.
func CheckTopic(topic string) error { return Check(topic, 0, MaxTopic) }

// NewRoomName returns a new name as it is shown and its key. It has something to read, and letters of one script.
func NewRoomName(name string) (shown, key string, err error) {
	shown, key, err = ReadRoomName(name)
	switch {
	case err != nil:
		return "", "", err
	case !naming.Says(key):
		return "", "", &Error{"BAD_CHARACTER", "has no letter, digit or sign"}
	case !naming.OneScript(naming.Scripts(key)):
		return "", "", &Error{"MIXED_SCRIPTS", "has letters of more than one script"}
	}
	return shown, key, nil
}

// ReadRoomName returns a name as it is shown and its key, by which names are the same. Both follow the
// PRECIS Nickname profile (RFC 8266), made for names of chat rooms: outer and doubled spaces go,
// width and case do not count. What holds the parts of emoji together, which that profile refuses, does not count
// either. It takes the names of all releases, which NewRoomName does not: rooms keep what they are called.
func ReadRoomName(name string) (shown, key string, err error) {
	if err := Check(name, 1, 4*maxRoomName); err != nil {
		return "", "", err
	}
	whole, parts := naming.Emoji(name)
	shown, err = precis.Nickname.String(parts)
	if err == nil {
		key, err = precis.Nickname.CompareKey(parts)
	}
	if err != nil {
		return "", "", &Error{"BAD_CHARACTER", "has a character that names of rooms cannot have"}
	}
	if err := Check(shown, minRoomName, maxRoomName); err != nil {
		return "", "", err
	}
	if whole != parts {
		shown = naming.Tidied(whole)
		if err := Check(shown, minRoomName, maxRoomName); err != nil {
			return "", "", err
		}
	}
	if _, looks := naming.ParseID(shown); looks {
		return "", "", &Error{"LOOKS_LIKE_ID", "could be taken for an id"}
	}
	return shown, key, nil
}

// NameOf returns the name of a room that is called as the people in it, with its key: their usernames in an order that does
// not depend on their case.
func NameOf(usernames []string) (shown, key string, err error) {
	folded := map[string]string{}
	for _, name := range usernames {
		if folded[name], err = precis.Nickname.CompareKey(name); err != nil {
			return "", "", fmt.Errorf("key of a username: %w", err)
		}
	}
	sorted := slices.Clone(usernames)
	slices.SortFunc(sorted, func(x, y string) int { return cmp.Or(cmp.Compare(folded[x], folded[y]), cmp.Compare(x, y)) })
	keys := make([]string, len(sorted))
	for i, name := range sorted {
		keys[i] = folded[name]
	}
	return strings.Join(sorted, ", "), strings.Join(keys, ", "), nil
}

// MatchRoomNames returns the text to look for in keys of names; not ok: no name contains it.
func MatchRoomNames(text string) (key string, ok bool) {
	if len(text) > 4*maxRoomName || !utf8.ValidString(text) {
		return "", false
	}
	_, parts := naming.Emoji(text)
	key, err := precis.Nickname.CompareKey(parts)
	return key, err == nil || strings.TrimSpace(text) == ""
}
