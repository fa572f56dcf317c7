package graph

import (
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// A rule that a new gqlparser brings is to be read: do its messages repeat values?
func TestEachRuleIsSorted(t *testing.T) {
	values := []string{rules.ValuesOfCorrectTypeRule.Name, rules.UniqueInputFieldNamesRule.Name, textScalars}
	for _, rule := range quietRules() {
		if namesOnly[rule.Name] == slices.Contains(values, rule.Name) {
			t.Errorf("%s is in no group of rules, or in both", rule.Name)
		}
	}
}

// exactVariables knows enums and these scalars; of lists and nulls it knows what every type can have.
func TestEachArgumentHasAKnownType(t *testing.T) {
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: Schema})
	scalars := []string{"Boolean", "Cursor", "DateTime", "ID", "Int", "String"}
	for _, d := range schema.Types {
		for _, field := range d.Fields {
			for _, argument := range field.Arguments {
				named := schema.Types[argument.Type.Name()]
				if named.Kind != ast.Enum && !slices.Contains(scalars, named.Name) {
					t.Errorf("%s.%s(%s:) is of type %s", d.Name, field.Name, argument.Name, named.Name)
				}
			}
		}
	}
}

// A field that takes a password or a token is in the list that keeps its text out of the persisted queries.
func TestEachSecretIsListed(t *testing.T) {
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: Schema})
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation, schema.Subscription} {
		for _, field := range root.Fields {
			for _, argument := range field.Arguments {
				name := strings.ToLower(argument.Name)
				secret := strings.Contains(name, "password") || strings.Contains(name, "token")
				if secret && !slices.Contains(secretFields, field.Name) {
					t.Errorf("%s takes %s", field.Name, argument.Name)
				}
			}
		}
	}
}
