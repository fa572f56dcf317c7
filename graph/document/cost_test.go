package document

import (
	"math/big"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
)

// What an operation costs is what a walk finds that expands everything and carries the sizes of all
// lists down.
func FuzzCost(f *testing.F) {
	seedGenerator(f)
	d := testDocuments()
	f.Fuzz(func(t *testing.T, bytes []byte) {
		text := oneOperation(bytes)
		doc, errs := d.check(text)
		if errs != nil {
			return
		}
		for _, values := range []map[string]any{{}, {"n": int64(50), "on": false}, {"n": int64(199), "ids": []any{"a", "b", "c"}}, {"n": nil}} {
			operation := doc.Operations[0]
			variables, err := validator.VariableValues(testAPI.Schema, operation, values)
			if err != nil {
				t.Fatalf("%v: %s", err, text)
			}
			e := costLimit{testAPI, d.limits.MaxCost}.estimator(variables)
			got := e.selection(operation.SelectionSet)
			want := (&naiveCost{variables}).of(operation.SelectionSet, big.NewInt(1), nil)
			if most := big.NewInt(int64(d.limits.MaxCost) + 1); want.Cmp(most) > 0 {
				want = most
			}
			if e.wrong != nil || int64(got.once) != want.Int64() || got.each != 0 {
				t.Fatalf("costs %+v, want %v, %v with %v\n%s", got, want, e.wrong, values, text)
			}
		}
	})
}

type naiveCost struct{ variables map[string]any }

// of is the cost of a selection of which there are so many; page is the size of the connection it is in.
func (n *naiveCost) of(set ast.SelectionSet, many, page *big.Int) *big.Int {
	sum := new(big.Int)
	for _, one := range set {
		switch one := one.(type) {
		case *ast.InlineFragment:
			if n.runs(one.Directives) {
				sum.Add(sum, n.of(one.SelectionSet, many, page))
			}
		case *ast.FragmentSpread:
			if n.runs(one.Directives) {
				sum.Add(sum, n.of(one.Definition.SelectionSet, many, page))
			}
		case *ast.Field:
			if n.runs(one.Directives) {
				sum.Add(sum, n.field(one, many, page))
			}
		}
	}
	return sum
}

func (n *naiveCost) field(f *ast.Field, many, page *big.Int) *big.Int {
	parent := f.ObjectDefinition.Name
	switch {
	case strings.HasSuffix(parent, "Connection") && (f.Name == "nodes" || f.Name == "edges"):
		return n.of(f.SelectionSet, new(big.Int).Mul(many, page), nil)
	case strings.HasSuffix(parent, "Connection") && f.Name == "pageInfo", strings.HasSuffix(parent, "Edge") && f.Name == "node":
		return n.of(f.SelectionSet, many, nil)
	case f.Name == "__schema", f.Name == "__type":
		return many
	}
	arguments := f.ArgumentMap(n.variables)
	below := many
	switch {
	case f.Name == "nodes" && parent == "Query":
		ids, ok := arguments["ids"].([]any)
		if !ok {
			ids = []any{"x"}
		}
		below = new(big.Int).Mul(many, big.NewInt(int64(len(ids))))
	case f.Definition.Type.Elem != nil:
		items := int64(10)
		if list, known := testAPI.Lists[nameOf(f)]; known {
			items = int64(list.Usual)
		}
		below = new(big.Int).Mul(many, big.NewInt(items))
	}
	size := int64(-1)
	for _, name := range []string{"first", "last"} {
		if first, given := arguments[name].(int64); given {
			size = max(size, min(max(first, 0), 200))
		}
	}
	if size < 0 { // null is like nothing: the default of the field
		size = map[string]int64{"users": 20, "rooms": 50, "chats": 50, "members": 50, "bans": 50, "mentions": 20, "replies": 50}[f.Name]
	}
	each := int64(1)
	switch f.Name {
	case "members", "bans", "replies":
		each = 11
	case "chats", "invites":
		if parent == "Room" {
			each = 11
		}
	case "mentions":
		if parent == "Chat" {
			each = 11
		}
	}
	return new(big.Int).Add(new(big.Int).Mul(many, big.NewInt(each)), n.of(f.SelectionSet, below, big.NewInt(size)))
}

func (n *naiveCost) runs(directives ast.DirectiveList) bool {
	for _, directive := range directives {
		is := directive.ArgumentMap(n.variables)["if"].(bool)
		if is == (directive.Name == "skip") {
			return false
		}
	}
	return true
}
