package scalar

import (
	"encoding/json"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"parley/graph/document/syntax"
)

func TestJSONOfVariables(t *testing.T) {
	deep := any("x")
	for range 200_000 { // variables put into one another come to more than any request
		deep = []any{deep}
	}
	for _, c := range []struct {
		value any
		want  string
	}{
		{json.Number("1.0"), `1.0`},
		{json.Number("123456789012345678901234567890"), `123456789012345678901234567890`},
		{map[string]any{"b": json.Number("1e400"), "a": nil, "": true}, `{"":true,"a":null,"b":1e400}`},
		{[]any{"<&>\u2028\x00\n\"\\", int64(-5), []any(nil), map[string]any{}}, "[\"<&>\u2028\\u0000\\n\\\"\\\\\",-5,[],{}]"},
		{[]string{"a"}, `["a"]`}, // as gqlparser makes one of an item alone
		{[]map[string]any{{"a": nil}}, `[{"a":null}]`},
		{nil, `null`},
	} {
		if got, err := UnmarshalJSON(c.value); err != nil || got != c.want {
			t.Errorf("%v is %s, %v; want %s", c.value, got, err, c.want)
		}
	}
	if got, err := UnmarshalJSON(deep); err != nil || len(got) < enough || len(got) > 2*enough+8 {
		t.Errorf("too much is %d bytes, %v", len(got), err)
	}
	if got, err := UnmarshalJSON(struct{}{}); err == nil {
		t.Errorf("a struct is %s", got)
	}
}

func TestJSONOfLiterals(t *testing.T) {
	for literal, want := range map[string]string{
		`{b: 1.0, a: [true, null, "x", 1.50e3, -0, 123456789012345678901234567890, $v, $none], c: $none}`: `{"a":[true,null,"x",1.50e3,-0,123456789012345678901234567890,{"k":7.0},null],"b":1.0}`,
		`"1.0"`: `"1.0"`, `1.0`: `1.0`, `[]`: `[]`, `{}`: `{}`, `"""x"""`: `"x"`,
	} {
		doc, err := parser.ParseQuery(&ast.Source{Input: `{ a(x: ` + literal + `) }`})
		if err != nil {
			t.Fatal(err)
		}
		value := doc.Operations[0].SelectionSet[0].(*ast.Field).Arguments[0].Value
		syntax.KeepNumbers(value)
		syntax.KeepNumbers(value) // as of a fragment that is spread twice
		given, err := value.Value(map[string]any{"v": map[string]any{"k": json.Number("7.0")}})
		if err != nil {
			t.Fatal(literal, err)
		}
		if got, err := UnmarshalJSON(given); err != nil || got != want {
			t.Errorf("%s is %s, %v; want %s", literal, got, err, want)
		}
	}
}
