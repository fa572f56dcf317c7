package arguments

import (
	"errors"

	"github.com/google/uuid"

	"parley/naming"
)

// ErrIDTaken means that an id that a client chose belongs to something else.
var ErrIDTaken = errors.New("id taken")

// NewID reads the id that a client chose for something new; nil: one is made. Only the usual form with dashes is taken, so
// that the id in the client's cache and ours are the same text but for case. The nil UUID is what programs send that forgot
// to make an id; taken, it would be one thing for all of them. *InvalidError.
func NewID(chosen *string) (uuid.UUID, error) {
	if chosen == nil {
		return uuid.Must(uuid.NewV7()), nil
	}
	id, ok := naming.ParseID(*chosen)
	if !ok || len(*chosen) != 36 || id == uuid.Nil {
		return uuid.Nil, &InvalidError{"id", "ID_INVALID", "is a UUID in the form 8-4-4-4-12 and not the nil UUID"}
	}
	return id, nil
}
