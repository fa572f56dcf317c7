package graph

import (
	"slices"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// Every field that a stream can reach is sorted, and nothing else is.
func TestFieldsOfStreamsAreSorted(t *testing.T) {
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: Schema})
	reached := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		d := schema.Types[name]
		if d.Kind != ast.Object && d.Kind != ast.Interface {
			return
		}
		for _, f := range d.Fields {
			if key := name + "." + f.Name; !reached[key] {
				reached[key] = true
				visit(f.Type.Name())
			}
		}
	}
	for _, f := range schema.Subscription.Fields {
		visit(f.Type.Name())
	}
	for key := range reached {
		if _, sorted := fieldsOfStreams[key]; !sorted {
			t.Errorf("%s is not sorted: is it the same for all who may read the room?", key)
		}
	}
	for key := range fieldsOfStreams {
		if !reached[key] {
			t.Errorf("%s is sorted, and no stream reaches it", key)
		}
	}
}

// An operation depends on its viewer when any field does, wherever it is selected, or when nobody has sorted it.
func TestDependsOnViewer(t *testing.T) {
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: Schema})
	without := sharing{}
	for key, same := range fieldsOfStreams {
		without[key] = same && key != "User.username"
	}
	delete(without, "Chat.text")
	var wrong []string
	for document, want := range map[string]bool{
		`subscription { chatSent(room: "x") { __typename id number room { name lastChat { number } } } }`:                                                          false,
		`subscription { chatSent(room: "x") { user { username } } }`:                                                                                               true,
		`subscription { chatSent(room: "x") { text } }`:                                                                                                            true,
		`subscription { chatSent(room: "x") { room { lastChat { ...F } } } } fragment F on Chat { ... on Chat { user { ...G } } } fragment G on User { username }`: true,
		`subscription { ...R } fragment R on Subscription { events(rooms: ["x"]) { actor { id } chat { id } } }`:                                                   false,
		`subscription { ...R } fragment R on Subscription { events(rooms: ["x"]) { actor { u: username } } }`:                                                      true,
	} {
		doc, errs := gqlparser.LoadQueryWithRules(schema, document, rules.NewDefaultRules())
		if errs != nil {
			t.Fatal(document, errs)
		}
		op := &graphql.OperationContext{Doc: doc, Operation: doc.Operations[0]}
		if without.dependsOnViewer(op) != want || fieldsOfStreams.dependsOnViewer(op) {
			wrong = append(wrong, document)
		}
	}
	slices.Sort(wrong)
	for _, document := range wrong {
		t.Error(document)
	}
}
