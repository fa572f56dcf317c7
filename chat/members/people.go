package members

import (
	"bytes"
	"context"
	"slices"

	"github.com/google/uuid"

	"parley/chat/access"
)

// A FindPerson finds a person by what an argument says: a username or an id. Its error says that there is none.
type FindPerson func(ctx context.Context, nameOrID string) (access.Caller, error)

// Others finds several people, each once, in order of their ids. One is left out.
func (find FindPerson) Others(ctx context.Context, but uuid.UUID, namesOrIDs []string) ([]access.Caller, error) {
	var people []access.Caller
	seen := map[uuid.UUID]bool{but: true}
	for _, text := range namesOrIDs {
		person, err := find(ctx, text)
		if err != nil {
			return nil, err
		}
		if !seen[person.ID] {
			seen[person.ID] = true
			people = append(people, person)
		}
	}
	SortByID(people)
	return people, nil
}

// SortByID puts people in the order in which a transaction takes their rows.
func SortByID(people []access.Caller) {
	slices.SortFunc(people, func(x, y access.Caller) int { return bytes.Compare(x.ID[:], y.ID[:]) })
}

// IDs are those of people.
func IDs(people []access.Caller) []uuid.UUID {
	ids := make([]uuid.UUID, len(people))
	for i, person := range people {
		ids[i] = person.ID
	}
	return ids
}
