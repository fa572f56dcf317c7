package graph_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"parley/graph"
)

// The playground and every editor show what the schema says about a name. Nothing is left to guess.
func TestEverythingInTheSchemaIsDescribed(t *testing.T) {
	for _, name := range undescribed(load(t, graph.Schema)) {
		t.Errorf("%s has no description", name)
	}
}

func TestUndescribedFindsEachKind(t *testing.T) {
	const described = `
"d" directive @mark("d" on: Int) on FIELD_DEFINITION
"d" scalar Time
"d" interface Node { "d" id: ID! }
"d" type Query implements Node { "d" id: ID! "d" find("d" by: By): Kind @mark }
"d" input By { "d" name: String }
"d" enum Kind { "d" GOOD }
"d" union Any = Query
`
	if got := undescribed(load(t, described)); len(got) != 0 {
		t.Fatalf("%q in a schema that describes everything", got)
	}
	for what, want := range map[string]string{
		`directive @mark`: "@mark", `on: Int`: "@mark(on:)", `scalar Time`: "Time", `interface Node`: "Node",
		`id: ID! }`: "Node.id", `type Query`: "Query", `find(`: "Query.find", `by: By`: "Query.find(by:)",
		`input By`: "By", `name: String`: "By.name", `enum Kind`: "Kind", `GOOD`: "Kind.GOOD", `union Any`: "Any",
	} {
		bare := strings.Replace(described, `"d" `+what, what, 1)
		if got := undescribed(load(t, bare)); !slices.Equal(got, []string{want}) {
			t.Errorf("without the description of %s: %q, want %s", what, got, want)
		}
	}
}

func load(t *testing.T, text string) *ast.Schema {
	t.Helper()
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphqls", Input: text})
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// undescribed returns the names in a schema that have no description: types, fields, arguments, values
// of enums and directives.
func undescribed(schema *ast.Schema) (names []string) {
	check := func(name, description string) {
		if strings.TrimSpace(description) == "" {
			names = append(names, name)
		}
	}
	arguments := func(of string, list ast.ArgumentDefinitionList) {
		for _, a := range list {
			check(of+"("+a.Name+":)", a.Description)
		}
	}
	for _, directive := range schema.Directives {
		if directive.Position.Src.BuiltIn {
			continue
		}
		check("@"+directive.Name, directive.Description)
		arguments("@"+directive.Name, directive.Arguments)
	}
	for _, kind := range schema.Types {
		if kind.BuiltIn {
			continue
		}
		check(kind.Name, kind.Description)
		for _, field := range ours(kind) {
			check(kind.Name+"."+field.Name, field.Description)
			arguments(kind.Name+"."+field.Name, field.Arguments)
		}
		for _, value := range kind.EnumValues {
			check(kind.Name+"."+value.Name, value.Description)
		}
	}
	return names
}

// ours are the fields of a type but __schema and __type, which gqlparser gives to Query.
func ours(kind *ast.Definition) ast.FieldList {
	return slices.DeleteFunc(slices.Clone(kind.Fields), func(f *ast.FieldDefinition) bool {
		return strings.HasPrefix(f.Name, "__")
	})
}
