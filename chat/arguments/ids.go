package arguments

import (
	"errors"

	"github.com/google/uuid"

	"parley/naming"
)

// ErrIDTaken means that an id that a client chose belongs to something else.
var ErrIDTaken = errors.New("id taken")

// NewID reads the id that a client chose for something new, in any form in which it may look for it later; nil: one is made.
// The nil UUID is what programs send that forgot to make an id; taken, it would be one thing for all of them. *InvalidError.
func NewID(chosen *string) (uuid.UUID, error) {
	if chosen == nil {
		return uuid.Must(uuid.NewV7()), nil
	}
	id, ok := naming.ParseID(*chosen)
	if !ok || id == uuid.Nil {
		return uuid.Nil, &InvalidError{"id", "ID_INVALID", "is a UUID and not the nil UUID"}
	}
	return id, nil
}
