package chat

import (
	"parley/chat/arguments"
	"parley/chat/texts"
)

// checkText says whether a chat may have this text. It is stored as sent.
func checkText(text string, most int) error {
	return arguments.Invalid("text", texts.Check(text, 1, most))
}
