// Package arguments says what is wrong with the arguments of a call. It rests on one idea: a client is told which argument
// it was and why, in words that never repeat what it sent. It knows no room.
package arguments

import (
	"errors"
	"fmt"

	"parley/chat/texts"
)

// An InvalidError is an argument that is not acceptable.
type InvalidError struct {
	Field  string // the argument's name in the API
	Reason string // TOO_SHORT, TOO_LONG, OUT_OF_RANGE, BAD_CHARACTER, MIXED_SCRIPTS, LOOKS_LIKE_ID, CURSOR_INVALID, ID_INVALID
	Detail string // a sentence for people; never repeats the input
}

func (e *InvalidError) Error() string { return e.Field + ": " + e.Detail }

// Invalid is what is wrong with the text of an argument, by what texts says of it; nil when nothing is.
func Invalid(field string, err error) error {
	if bad, ok := errors.AsType[*texts.Error](err); ok {
		return &InvalidError{field, bad.Reason, bad.Detail}
	}
	return err
}

// BadCursor is a cursor of something else.
func BadCursor(field string) error {
	return &InvalidError{field, "CURSOR_INVALID", "this is not a cursor of this list"}
}

// MaxPage is the largest page of any list.
const MaxPage = 200

// PageSize reads how many entries of a list are wanted, 0 to MaxPage; nil: unsaid.
func PageSize(field string, n *int, unsaid int) (int, error) {
	switch {
	case n == nil:
		return unsaid, nil
	case *n < 0 || *n > MaxPage:
		return 0, &InvalidError{field, "OUT_OF_RANGE", fmt.Sprintf("is 0 to %d", MaxPage)}
	}
	return *n, nil
}
