package chat

import (
	"parley/chat/arguments"
	"parley/chat/texts"
)

// checkText says whether a chat may have this text. It is stored as sent.
func checkText(text string, most int) error {
	return arguments.Invalid("text", texts.Check(text, 1, most))
}

// checkData says whether a chat may have this JSON; nil: it has none.
func checkData(data *string) error {
	if data == nil {
		return nil
	}
	return arguments.Invalid("data", texts.CheckData(*data))
}

// sameText says whether two texts are one, which may be none.
func sameText(x, y *string) bool { return x == y || x != nil && y != nil && *x == *y }
