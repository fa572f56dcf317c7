package document

import (
	"slices"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"parley/graph/generated"
)

// A rule that a new gqlparser brings is to be read: do its messages repeat values?
func TestEachRuleIsSorted(t *testing.T) {
	values := []string{rules.ValuesOfCorrectTypeRule.Name, rules.UniqueInputFieldNamesRule.Name, textScalars}
	for _, rule := range rulesFor(nil) {
		if namesOnly[rule.Name] == slices.Contains(values, rule.Name) {
			t.Errorf("%s is in no group of rules, or in both", rule.Name)
		}
	}
}

// exactVariables knows enums and these scalars; of lists and nulls it knows what every type can have.
func TestEachArgumentHasAKnownType(t *testing.T) {
	schema := testAPI.Schema
	scalars := []string{"Boolean", "Cursor", "DateTime", "ID", "Int", "JSON", "String"}
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

// The fields that take a password or a token are found by the names of their arguments.
func TestEachSecretIsFound(t *testing.T) {
	want := []string{"register", "login", "loginWith", "ensureUser", "refreshToken", "logout", "changePassword", "deleteAccount"}
	if !slices.Equal(testSecrets, want) {
		t.Errorf("%q take a secret, want %q", testSecrets, want)
	}
}

// The codes of request errors are codes of the schema.
func TestCodesAreKnown(t *testing.T) {
	for _, code := range []generated.ErrorCode{codeBadInput, codeTooComplex} {
		if !code.IsValid() {
			t.Errorf("the schema has no code %s", code)
		}
	}
}
