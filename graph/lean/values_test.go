package lean_test

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"parley/graph/lean"
	"parley/graph/scalar"
)

func written(m graphql.Marshaler) string {
	var b bytes.Buffer
	b.WriteString("before ")
	m.MarshalGQL(&b)
	return b.String()
}

// TestValuesAreWrittenAsGqlgenDoes compares ours with what they take the place of.
func TestValuesAreWrittenAsGqlgenDoes(t *testing.T) {
	same := func(ours, theirs graphql.Marshaler) {
		t.Helper()
		if got, want := written(ours), written(theirs); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	texts := []string{"", "hi", `a "quote" and a \\`, "tab\tline\r\nend", "grüße 🙂", "\xff\xfe\xc3", "\u2028", strings.Repeat("x", 5000)}
	for c := range rune(0x100) {
		texts = append(texts, string(c), "a"+string(c)+"b"+string(c))
	}
	var ours lean.Array
	var theirs graphql.Array
	for _, text := range texts {
		same((*lean.String)(&text), graphql.MarshalString(text))
		same(lean.Optional(&text), graphql.MarshalString(text))
		ours, theirs = append(ours, lean.Optional(&text), graphql.Null), append(theirs, graphql.MarshalString(text), graphql.Null)
	}
	same(ours, theirs)
	same(lean.Array{}, graphql.Array{})
	same(lean.Optional(nil), graphql.Null)
	for _, n := range []int{0, 7, -1, math.MaxInt32, math.MinInt32} {
		same((*lean.Int)(&n), graphql.MarshalInt(n))
	}
	id := uuid.New()
	same((*lean.ID)(&id), graphql.MarshalUUID(id))
	for _, id := range []uuid.UUID{id, uuid.Nil, uuid.Max} { // the nil UUID is gqlgen's null, and never ours
		same((*lean.ID)(&id), scalar.MarshalUUID(id))
		same((*lean.ID)(&id), graphql.MarshalString(id.String()))
	}
	for _, at := range []time.Time{
		time.Date(2030, 1, 2, 3, 4, 5, 678_900_000, time.UTC), time.Date(2030, 1, 2, 3, 4, 5, 0, time.FixedZone("", 7200)), {},
	} {
		same((*lean.Time)(&at), scalar.MarshalDateTime(at))
	}
}
