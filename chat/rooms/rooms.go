// Package rooms makes and changes rooms. It rests on one idea: a room is a row, and whatever changes it is judged
// under the lock of that row and stored there in the transaction that appends the change to the room's log.
package rooms

import (
	"errors"
	"fmt"

	"parley/chat/arguments"
	"parley/chat/members"
	"parley/chat/texts"
)

// ErrNameTaken means that there is a public room of that name.
var ErrNameTaken = errors.New("room name taken")

// Service makes and changes rooms. It is safe for concurrent use.
type Service struct{ members.Shared }

// New makes a Service.
func New(shared members.Shared) *Service { return &Service{shared} }

// A name is what a room is called.
type name struct{ shown, key string }

func newName(text string) (n name, err error) {
	n.shown, n.key, err = texts.NewRoomName(text)
	return n, arguments.Invalid("name", err)
}

// newTopic reads a topic; empty and nil are none.
func newTopic(text *string) (*string, error) {
	if text == nil || *text == "" {
		return nil, nil
	}
	return text, arguments.Invalid("topic", texts.CheckTopic(*text))
}

// newData reads what an app keeps with a room; nil is none.
func newData(data *string) (*string, error) {
	if data == nil {
		return nil, nil
	}
	return data, arguments.Invalid("data", texts.CheckData(*data))
}

// maxTogether is how many people one call may name: each of them is looked up.
const maxTogether = 100

func tooMany(field string) error {
	return &arguments.InvalidError{Field: field, Reason: "OUT_OF_RANGE", Detail: fmt.Sprintf("names at most %d people", maxTogether)}
}
