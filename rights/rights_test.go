package rights

import (
	"slices"
	"testing"
)

func TestWhatMembersMay(t *testing.T) {
	for _, c := range []struct {
		withheld Withheld
		may      []Action
	}{
		{nil, []Action{ListPeople, OpenDirect, CreateRooms}},
		{Withheld{CreateRooms, ListPeople}, []Action{OpenDirect}},
		{Actions(), []Action{}},
	} {
		if got := c.withheld.MembersMay(); !slices.Equal(got, c.may) || got == nil {
			t.Errorf("%v: %v, want %v", c.withheld, got, c.may)
		}
	}
}
