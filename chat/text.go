package chat

import (
	"errors"

	"github.com/google/uuid"

	"parley/chat/texts"
	"parley/naming"
)

// invalid is what is wrong with the text of an argument, nil when nothing is.
func invalid(field string, err error) error {
	if bad, ok := errors.AsType[*texts.Error](err); ok {
		return &InvalidError{field, bad.Reason, bad.Detail}
	}
	return err
}

// checkText says whether a chat may have this text. It is stored as sent.
func checkText(text string, most int) error { return invalid("text", texts.Check(text, 1, most)) }

func checkTopic(topic string) error { return invalid("topic", texts.Check(topic, 0, texts.MaxTopic)) }

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
