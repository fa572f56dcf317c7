package settings

import (
	"io"
	"slices"
	"strings"
	"testing"

	"parley/rights"
)

func TestMembersMay(t *testing.T) {
	for value, withheld := range map[string]rights.Withheld{
		"unset":                                {},
		"":                                     {},
		" ":                                    {},
		"create-rooms,list-people,open-direct": {},
		"open-direct":                          {rights.ListPeople, rights.CreateRooms},
		" list-people , create-rooms ":         {rights.OpenDirect},
		"none":                                 {rights.ListPeople, rights.OpenDirect, rights.CreateRooms},
	} {
		environ := []string{"PARLEY_MEMBERS_MAY=" + value}
		if value == "unset" {
			environ = nil
		}
		var line struct{ Config }
		if _, err := Parse(&line, nil, environ, io.Discard); err != nil {
			t.Errorf("%q: %v", value, err)
		} else if got := line.MembersMay.Withheld(); !slices.Equal(got, withheld) {
			t.Errorf("%q withholds %v, want %v", value, got, withheld)
		}
	}
	for value, says := range map[string]string{
		"list-peoples":              `nobody may do "list-peoples"`,
		"LIST-PEOPLE":               `nobody may do "LIST-PEOPLE"`,
		"list_people":               `nobody may do "list_people"`,
		"all":                       `nobody may do "all"`,
		"list-people open-direct":   `nobody may do "list-people open-direct"`,
		"list-people,":              `nobody may do ""`,
		",":                         `nobody may do ""`,
		"list-people,list-people":   "list-people stands there twice",
		"none,list-people":          "none stands alone",
		"open-direct,none":          "none stands alone",
		"none,none":                 "none stands alone",
		"open-direct,x,open-direct": `nobody may do "x"`,
	} {
		var line struct{ Config }
		_, err := Parse(&line, []string{"--members-may", value}, nil, io.Discard)
		if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "--members-may") {
			t.Errorf("%q: %v, want %s", value, err, says)
		}
	}
}
