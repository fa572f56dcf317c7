package document

import (
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

const maxTypename = 64 // bytes, longer than any name of a type

// checkLargest refuses what must not turn out too large once it is executed. A mutation has been carried out when its
// answer is made, and the events of a stream go to many.
func (c costLimit) checkLargest(op *graphql.OperationContext) *gqlerror.Error {
	most, what := c.api.MaxAnswer, "The answer of this mutation"
	switch op.Operation.Operation {
	case ast.Query:
		return nil // its answer is counted while it is made
	case ast.Subscription:
		most, what = c.api.MaxEvent, "An event of this subscription"
	}
	e := c.estimator(op.Variables)
	e.most = most + 1
	if e.largest(0, op.Operation.SelectionSet) <= most {
		return nil
	}
	return tooComplex(fmt.Sprintf("%s could be larger than %d KiB. Select texts less often.", what, most>>10))
}

// largest is what an object can come to for which these are selected; page is how many items it has if it is a connection.
// Fields of one key are one in it, in however many fragments they stand.
func (e *estimator) largest(page int, sets ...ast.SelectionSet) int {
	fields := map[string][]*ast.Field{}
	for _, set := range sets {
		e.collect(set, fields)
	}
	sum, textless, either := 0, 0, [2]int{}
	for _, same := range fields {
		size := e.ofKey(page, same)
		switch nameOf(same[0]) {
		case e.api.Textless:
			textless = e.plus(textless, size)
		case e.api.Either[0]:
			either[0] = e.plus(either[0], size)
		case e.api.Either[1]:
			either[1] = e.plus(either[1], size)
		default:
			sum = e.plus(sum, size)
		}
	}
	sum = e.plus(sum, max(either[0], either[1]))
	return max(sum, e.plus(textless, min(sum, withoutTexts)))
}

// ofKey is what fields of one key can come to in an object.
func (e *estimator) ofKey(page int, same []*ast.Field) int {
	size, below := 0, make([]ast.SelectionSet, len(same))
	for i, f := range same {
		size, below[i] = max(size, e.sizeOf(f)), f.SelectionSet
	}
	f := same[0]
	if len(f.SelectionSet) == 0 {
		return size
	}
	inner := e.largest(e.page(f), below...)
	switch {
	case f.Definition.Type.Elem == nil:
	case isConnection(f.ObjectDefinition.Name):
		inner = e.times(inner, page)
	default:
		inner = e.times(inner, max(e.items(f), e.api.Lists[nameOf(f)].Most))
	}
	return e.plus(size, inner)
}

// withoutTexts is what an object without texts has at most, beside the field that tells.
const withoutTexts = 8 << 10

// collect adds the fields of a selection by their keys.
func (e *estimator) collect(set ast.SelectionSet, fields map[string][]*ast.Field) {
	for _, one := range set {
		switch one := one.(type) {
		case *ast.Field:
			if e.included(one.Directives) {
				fields[one.Alias] = append(fields[one.Alias], one)
			}
		case *ast.InlineFragment:
			if e.included(one.Directives) {
				e.collect(one.SelectionSet, fields)
			}
		case *ast.FragmentSpread:
			if e.included(one.Directives) {
				e.collect(one.Definition.SelectionSet, fields)
			}
		}
	}
}

// sizeOf is how large a field can be with its key, without what is below it.
func (e *estimator) sizeOf(f *ast.Field) int {
	size := len(f.Alias) + len(`"":,`)
	if len(f.SelectionSet) > 0 {
		return size + len("{}")
	}
	if f.Name == "__typename" {
		return size + maxTypename
	}
	for _, name := range []string{nameOf(f), f.Definition.Type.Name()} {
		if known, is := e.api.Largest[name]; is {
			return size + known
		}
	}
	return size + e.api.Largest["String"]
}

// nameOf is a field with its type.
func nameOf(f *ast.Field) string { return f.ObjectDefinition.Name + "." + f.Name }
