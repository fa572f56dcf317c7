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

// written also wants the value to be as long as it says.
func written(t *testing.T, m graphql.Marshaler) string {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("before ")
	m.MarshalGQL(&b)
	said := -1
	data := lean.Marshal(lean.WithMeasured(t.Context(), func(size int) bool { said = size; return true }), m)
	if len(data) != said || "before "+string(data) != b.String() {
		t.Errorf("%.80q has %d bytes, and %d were announced", data, len(data), said)
	}
	return b.String()
}

// TestValuesAreWrittenAsGqlgenDoes compares ours with what they replace.
func TestValuesAreWrittenAsGqlgenDoes(t *testing.T) {
	same := func(ours, theirs graphql.Marshaler) {
		t.Helper()
		if got, want := written(t, ours), written(t, theirs); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	texts := []string{"", "hi", `a "quote" and a \\`, "tab\tline\r\nend", "grüße 🙂", "\xff\xfe\xc3", "\u2028", strings.Repeat("x", 5000)}
	for c := range rune(0x100) {
		texts = append(texts, string(c), "a"+string(c)+"b"+string(c))
		for before := range 9 { // at each place of a word of eight bytes
			texts = append(texts, strings.Repeat("é", before)[:before]+string(c)+strings.Repeat("x", 9-before))
		}
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

// An answer that may not be as large as it would be is not made.
func TestAnswerThatIsTooLargeIsNotMade(t *testing.T) {
	text := strings.Repeat("\x01", 1<<20)
	answer := lean.Array{lean.Optional(&text), lean.Optional(&text), graphql.Null}
	size := 0
	refuse := lean.WithMeasured(t.Context(), func(n int) bool { size = n; return false })
	if cost := testing.AllocsPerRun(10, func() {
		if lean.Marshal(refuse, answer) != nil {
			t.Error("it was made")
		}
	}); cost > 3 {
		t.Errorf("%v allocations to find out", cost)
	}
	if want := 2*(6<<20+2) + len("[,,null]"); size != want {
		t.Errorf("measured %d bytes, want %d", size, want)
	}
}
