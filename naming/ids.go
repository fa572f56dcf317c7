// Package naming holds the rules of ids, names and networks that others share, so that what is an id or one network is
// so everywhere, and a name of a user and one of a room are checked alike.
package naming

import "github.com/google/uuid"

// ParseID reads an id in the forms of a UUID: with dashes, without, in braces, or behind urn:uuid:, in letters
// of any case. Not ok: it is the id of nothing, and there is no value to look for.
//
// uuid.Parse alone does not look at what stands where the braces are.
func ParseID(text string) (id uuid.UUID, ok bool) {
	if uuid.Validate(text) != nil {
		return uuid.Nil, false
	}
	id, err := uuid.Parse(text)
	return id, err == nil
}
