package settings

import (
	"slices"
	"strings"

	"parley/rights"
)

// MembersMay is what everybody may do on the server, separated by commas. Empty: all of it; none: nothing.
type MembersMay []rights.Action

// UnmarshalText reads it.
func (m *MembersMay) UnmarshalText(text []byte) error {
	*m = nil
	switch strings.TrimSpace(string(text)) {
	case "":
		*m = rights.Actions()
		return nil
	case "none":
		return nil
	}
	for word := range strings.SplitSeq(string(text), ",") {
		word = strings.TrimSpace(word)
		do, known := memberActions[word]
		switch {
		case word == "none":
			return badValue("none stands alone")
		case !known:
			return badValue("nobody may do %q: want list-people, open-direct and create-rooms, separated by commas, or none", word)
		case slices.Contains(*m, do):
			return badValue("%s stands there twice", word)
		default:
			*m = append(*m, do)
		}
	}
	return nil
}

var memberActions = map[string]rights.Action{
	"list-people": rights.ListPeople, "open-direct": rights.OpenDirect, "create-rooms": rights.CreateRooms,
}

// Withheld is what is left to bots and server admins.
func (m MembersMay) Withheld() rights.Withheld {
	return slices.DeleteFunc(rights.Actions(), func(do rights.Action) bool { return slices.Contains(m, do) })
}
