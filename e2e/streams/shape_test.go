package streams

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// A shape is what a document asks of an object, letter by letter: the plain way of GraphQL to execute a
// selection, in which nothing is shared or remembered. Objects are what the server answers to a document
// that selects every field, so the leaves are as it writes them.
type shape struct {
	t         testing.TB
	operation *ast.OperationDefinition
	fragments ast.FragmentDefinitionList
	variables map[string]any
}

func shapeOf(t testing.TB, text, operation string, variables map[string]any) *shape {
	t.Helper()
	document, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil {
		t.Fatal(text, err)
	}
	s := &shape{t, document.Operations.ForName(operation), document.Fragments, map[string]any{}}
	for _, v := range s.operation.VariableDefinitions {
		if v.DefaultValue != nil {
			s.variables[v.Variable], _ = v.DefaultValue.Value(nil)
		}
		if given, ok := variables[v.Variable]; ok {
			s.variables[v.Variable] = given
		}
	}
	return s
}

// event is the payload that brings an object to a subscriber.
func (s *shape) event(object json.RawMessage) string {
	keys, roots := s.fields([]ast.SelectionSet{s.operation.SelectionSet}, "Subscription")
	var b bytes.Buffer
	b.WriteString(`{"data":{"` + keys[0] + `":`)
	s.write(&b, roots[keys[0]], object)
	b.WriteString(`}}`)
	return b.String()
}

// write writes an object as the selections of some fields of one key want it, or a leaf as it is.
func (s *shape) write(b *bytes.Buffer, fields []*ast.Field, value json.RawMessage) {
	if fields[0].SelectionSet == nil || string(value) == "null" {
		b.Write(value)
		return
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(value, &object); err != nil {
		s.t.Fatalf("%s: %v", value, err)
	}
	var selections []ast.SelectionSet
	for _, field := range fields {
		selections = append(selections, field.SelectionSet)
	}
	var kind string
	_ = json.Unmarshal(object["__typename"], &kind)
	keys, chosen := s.fields(selections, kind)
	for i, key := range keys {
		b.WriteByte("{,"[min(i, 1)])
		b.WriteString(`"` + key + `":`)
		s.write(b, chosen[key], object[chosen[key][0].Name])
	}
	b.WriteByte('}')
}

// fields are the fields of selections by the key of their answer, in the order of their first mention.
func (s *shape) fields(selections []ast.SelectionSet, kind string) (keys []string, chosen map[string][]*ast.Field) {
	chosen = map[string][]*ast.Field{}
	var walk func(set ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, one := range set {
			switch one := one.(type) {
			case *ast.Field:
				if !s.wanted(one.Directives) {
					continue
				}
				if chosen[one.Alias] == nil {
					keys = append(keys, one.Alias)
				}
				chosen[one.Alias] = append(chosen[one.Alias], one)
			case *ast.InlineFragment:
				if s.wanted(one.Directives) && fits(one.TypeCondition, kind) {
					walk(one.SelectionSet)
				}
			case *ast.FragmentSpread:
				if f := s.fragments.ForName(one.Name); s.wanted(one.Directives) && fits(f.TypeCondition, kind) {
					walk(f.SelectionSet)
				}
			}
		}
	}
	for _, set := range selections {
		walk(set)
	}
	return keys, chosen
}

// fits: of our types only Event is no Node.
func fits(condition, kind string) bool {
	return condition == "" || condition == kind || condition == "Node" && kind != "Event"
}

func (s *shape) wanted(directives ast.DirectiveList) bool {
	for _, d := range directives {
		value, err := d.Arguments.ForName("if").Value.Value(s.variables)
		if err != nil {
			s.t.Fatal(err)
		}
		if value != (d.Name == "include") {
			return false
		}
	}
	return true
}
