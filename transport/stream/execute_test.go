package stream

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"

	"parley/transport/stream/execution"
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

// readsNow reads beside the events, when somebody has been revoked since these were read.
type readsNow struct {
	shows
	err error
}

func (x readsNow) DispatchOperation(ctx context.Context, op *graphql.OperationContext) (graphql.ResponseHandler, context.Context) {
	execution.ReadNow(ctx, func(context.Context) (int64, error) { return 9, x.err })
	return x.shows.DispatchOperation(ctx, op)
}

// What is read beside the events of a page may be later than the page: each entry tells of who was revoked by then, and nothing is
// shown where that is not known.
func TestWhatIsReadNowTellsOfItsRevocations(t *testing.T) {
	page := []Event{{Position: Position{Place: 7}, Object: "a", Revoked: 3}, {Position: Position{Place: 8}, Object: "b", Revoked: 3}}
	for _, failing := range []error{nil, context.Canceled} {
		entries, err := newFeeds(1 << 20).prepare(Prepared{readsNow{err: failing}, &graphql.OperationContext{}}).execute(page)
		if !errors.Is(err, failing) || err == nil && (entries[0].Revoked != 9 || entries[1].Revoked != 9) {
			t.Errorf("%v, %v", entries, err)
		}
	}
}
