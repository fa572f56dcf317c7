package stream

import (
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
)

// What an event shows may have been changed behind a revocation that lies in the same page, and a page is executed in
// parts: each tells of it. (Events that this node had stored told of the revocations of their own moment alone: whoever was
// behind and had been removed was given a text of later.)
func TestPartOfAPageTellsOfItsRevocations(t *testing.T) {
	p := newFeeds(1 << 20).prepare(Prepared{shows{}, &graphql.OperationContext{}})
	large := Event{Position: Position{Place: 7}, Object: strings.Repeat("x", executionBytes), Revoked: 3}
	removed := Event{Position: Position{Place: 8}, Object: "removed", Revoked: 3, Revokes: &Revocation{Of: "ann"}}
	edited := Event{Position: Position{Place: 9}, Object: "edited", Revoked: 8}
	for name, page := range map[string][]Event{"a revocation in the page": {large, removed, edited}, "one beyond it": {large, edited}} {
		entries, ended := p.execute(page)
		if ended != nil || len(entries) != 1 || entries[0].Revoked != 8 {
			t.Errorf("%s: %d entries, the first tells of %d: %v", name, len(entries), entries[0].Revoked, ended)
		}
	}
}
