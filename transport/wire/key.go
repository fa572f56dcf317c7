package wire

import (
	"crypto/sha256"
	"maps"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// Key tells operations apart by what they show: the text, the name and the variables. What is used
// only in the arguments of the root field chose the logs and the positions, and is left out: the room is part of
// the feed's key, the position is the reader's own. A literal there stays in the text, which costs sharing.
func Key(op *graphql.OperationContext) [sha256.Size]byte {
	variables := op.Variables
	if len(variables) > 0 {
		u := uses{doc: op.Doc, names: map[string]bool{}, seen: map[string]bool{}}
		u.selections(op.Operation.SelectionSet, true)
		u.directives(op.Operation.Directives)
		variables = maps.Clone(variables)
		maps.DeleteFunc(variables, func(name string, _ any) bool { return !u.names[name] })
	}
	h := sha256.New()
	for _, part := range [][]byte{MustJSON(op.RawQuery), MustJSON(op.OperationName), MustJSON(variables)} {
		_, _ = h.Write(part) // JSON ends itself; a hash never fails
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// Size is how many bytes an operation that is kept holds of its request.
func Size(op *graphql.OperationContext) int64 {
	return int64(len(op.RawQuery) + len(MustJSON(op.Variables)))
}

// uses are the variables that an operation uses outside the arguments of its root field.
type uses struct {
	doc   *ast.QueryDocument
	names map[string]bool
	seen  map[string]bool // fragments, at the root or below it
}

func (u uses) selections(set ast.SelectionSet, root bool) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			u.directives(s.Directives)
			if !root {
				u.arguments(s.Arguments)
			}
			u.selections(s.SelectionSet, false)
		case *ast.InlineFragment:
			u.directives(s.Directives)
			u.selections(s.SelectionSet, root)
		case *ast.FragmentSpread:
			u.directives(s.Directives)
			u.fragment(s.Name, root)
		}
	}
}

func (u uses) fragment(name string, root bool) {
	f := u.doc.Fragments.ForName(name)
	if f == nil || u.seen[name] {
		return // a fragment lies on one type only, so it is at the root always or never
	}
	u.seen[name] = true
	u.directives(f.Directives)
	u.selections(f.SelectionSet, root)
}

func (u uses) directives(list ast.DirectiveList) {
	for _, d := range list {
		u.arguments(d.Arguments)
	}
}

func (u uses) arguments(list ast.ArgumentList) {
	for _, a := range list {
		u.value(a.Value)
	}
}

func (u uses) value(v *ast.Value) {
	if v == nil {
		return
	}
	if v.Kind == ast.Variable {
		u.names[v.Raw] = true
	}
	for _, child := range v.Children {
		u.value(child.Value)
	}
}
