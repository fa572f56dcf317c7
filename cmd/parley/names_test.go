package main

import (
	"strings"
	"testing"
)

func TestUsersByPrefix(t *testing.T) {
	s := newServer(t, "--register-rate", "0")
	for _, name := range []string{"Anna", "anton", "bob", "ANGELA"} {
		s.register(name)
	}
	token, _ := s.register("zoe")
	var names []string
	var after any
	for {
		var data struct {
			Users struct {
				Nodes    []struct{ Username string }
				PageInfo struct {
					EndCursor   string
					HasNextPage bool
				}
			}
		}
		s.must(&data, token, `query($a: Cursor) { users(startingWith: "ＡＮ", first: 1, after: $a) { nodes { username } edges { cursor node { id } } pageInfo { endCursor hasNextPage } } }`, map[string]any{"a": after})
		for _, n := range data.Users.Nodes {
			names = append(names, n.Username)
		}
		if !data.Users.PageInfo.HasNextPage {
			break
		}
		after = data.Users.PageInfo.EndCursor
	}
	if got := strings.Join(names, " "); got != "ANGELA Anna anton" {
		t.Errorf("got %s", got)
	}
}
