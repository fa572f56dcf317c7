package document

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/graph/generated"
)

// testAPI is the schema of the server with the limits that it has there.
var testAPI = &API{
	Schema:  generated.NewExecutableSchema(generated.Config{}).Schema(),
	Busy:    func(context.Context) *gqlerror.Error { return gqlerror.Errorf("busy") },
	MaxPage: 200, MaxIDs: 100, MaxAnswer: 1 << 20, MaxEvent: 1 << 20, Largest: map[string]int{"String": 1000, "JSON": 500},
	Lists: map[string]List{"Chat.reactions": {Usual: 2, Most: 50}, "Reaction.users": {Usual: 3, Most: 10}},
}

var testSecrets = secretFields(testAPI.Schema)

func testDocuments() *documents {
	return newDocuments(Limits{Parallel: 1}.WithDefaults(), testAPI, testSecrets)
}

// prepare is what gqlgen's executor does with a request: it returns the document it would execute.
func (d *documents) prepare(ctx context.Context, text string) (*ast.QueryDocument, *gqlerror.Error) {
	ctx = graphql.WithOperationContext(ctx, &graphql.OperationContext{})
	if refused := d.MutateOperationParameters(ctx, &graphql.RawParams{Query: text}); refused != nil {
		return nil, refused
	}
	doc, found := checkedDocument{}.Get(ctx, text)
	if !found {
		return nil, gqlerror.Errorf("not found")
	}
	return doc, nil
}

// A document that is not known waits 100 ms for a slot, and no longer than its context; one that is
// known waits for nobody.
func TestSlotsOfParsing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := testDocuments()
		known, refused := d.prepare(t.Context(), "{ me { id } }")
		if refused != nil {
			t.Fatal(refused)
		}
		d.slots <- struct{}{} // somebody else parses
		begun := time.Now()
		if again, refused := d.prepare(t.Context(), "{ me { id } }"); again != known || refused != nil || time.Since(begun) != 0 {
			t.Errorf("a known document: %v, after %v", refused, time.Since(begun))
		}
		if _, refused := d.prepare(t.Context(), "{ me { username } }"); refused == nil || refused.Message != "busy" || time.Since(begun) != parseWait {
			t.Errorf("a new document: %v, after %v", refused, time.Since(begun))
		}
		short, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		begun = time.Now()
		if _, refused := d.prepare(short, "{ me { username } }"); refused == nil || time.Since(begun) != time.Millisecond {
			t.Errorf("a context that ends: %v, after %v", refused, time.Since(begun))
		}
		begun = time.Now()
		time.AfterFunc(50*time.Millisecond, func() { <-d.slots })
		if _, refused := d.prepare(t.Context(), "{ me { username } }"); refused != nil || time.Since(begun) != 50*time.Millisecond {
			t.Errorf("a slot comes free: %v, after %v", refused, time.Since(begun))
		}
		if len(d.slots) != 0 {
			t.Error("a slot was not given back")
		}
	})
}

// A slot is given back by what is refused, too, and nothing that was refused is kept.
func TestRefusedDocumentsAreNotKept(t *testing.T) {
	d := testDocuments()
	for _, text := range []string{"{", "{ nonsense }", "{ me { " + strings.Repeat("id ", 11) + "} }", "fragment A on Query { me { id } }"} {
		for range 2 {
			if _, refused := d.prepare(t.Context(), text); refused == nil || refused.Message == "busy" {
				t.Errorf("%s: %v", text, refused)
			}
		}
		if _, kept := d.cache.Get(t.Context(), text); kept {
			t.Errorf("kept: %s", text)
		}
	}
	long := "{ me { id } }" + strings.Repeat(" ", maxCachedDocument)
	if _, refused := d.prepare(t.Context(), long); refused != nil {
		t.Error(refused)
	}
	if _, kept := d.cache.Get(t.Context(), long); kept {
		t.Error("a document above 8 KiB was kept")
	}
}

// Validation ends after 20 errors, or after one of 100 KB; several errors come as one that wraps them.
func TestValidationEnds(t *testing.T) {
	d := testDocuments()
	if _, errs := d.check("{ me { " + numbered(400, "a# ") + "} }"); len(errs) != maxFindings {
		t.Errorf("%d errors", len(errs))
	}
	long := strings.Repeat("n", 100_000)
	if _, errs := d.check("query short(" + numbered(100, "$a#: Int ") + ") { me { id } }"); len(errs) != maxFindings {
		t.Errorf("%d errors", len(errs))
	}
	if _, errs := d.check("query " + long + "(" + numbered(100, "$a#: Int ") + ") { me { id } }"); len(errs) != 1 {
		t.Errorf("%d errors", len(errs))
	}
	_, refused := d.prepare(t.Context(), "{ me { a b } }")
	several, _ := refused.Err.(gqlerror.List) //nolint:errorlint // this is what is asked
	if len(several) != 2 || several[0].Message != refused.Message {
		t.Errorf("%v", refused)
	}
}

// numbered repeats a text; # in it is the number.
func numbered(n int, text string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(text, "#", strconv.Itoa(i)))
	}
	return b.String()
}

// BenchmarkDocument is what it takes to prepare a request, up to the variables, beside gqlgen alone.
func BenchmarkDocument(b *testing.B) {
	introspection, err := os.ReadFile("../../server/testdata/introspection.graphql")
	if err != nil {
		b.Fatal(err)
	}
	schema := generated.NewExecutableSchema(generated.Config{})
	var l Limits
	l = l.WithDefaults()
	ours := func() *executor.Executor {
		e := executor.New(schema)
		e.SetQueryCache(checkedDocument{})
		e.Use(newDocuments(l, testAPI, testSecrets))
		e.Use(costLimit{testAPI, l.MaxCost})
		return e
	}
	alone := func() *executor.Executor {
		e := executor.New(schema)
		e.SetParserTokenLimit(l.MaxTokens)
		e.SetDisableSuggestion(true)
		e.SetQueryCache(lru.New[*ast.QueryDocument](l.Cache))
		return e
	}
	for name, text := range map[string]string{
		"page":          `query($room: ID!) { chats(room: $room) { nodes { id number username text createdAt user { id username } } pageInfo { hasPreviousPage startCursor } syncCursor } }`,
		"introspection": string(introspection),
	} {
		for who, build := range map[string]func() *executor.Executor{"parley": ours, "gqlgen": alone} {
			for _, known := range []bool{true, false} {
				b.Run(fmt.Sprintf("%s/known=%v/%s", name, known, who), func(b *testing.B) {
					e := build()
					ctx := graphql.StartOperationTrace(b.Context())
					b.ReportAllocs()
					begun := spent()
					defer func() { b.ReportMetric(float64(spent()-begun)/float64(b.N), "cpu-ns/op") }()
					for i := 0; b.Loop(); i++ {
						document := text
						if !known {
							document += strings.Repeat(" ", i%1000) + strings.Repeat("\n", i/1000%1000)
						}
						params := &graphql.RawParams{Query: document, Variables: map[string]any{"room": "general"}}
						if _, errs := e.CreateOperationContext(ctx, params); errs != nil {
							b.Fatal(errs)
						}
					}
				})
			}
		}
	}
}

// spent is the time this process has had on all cores, which a noisy neighbour changes least.
func spent() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
