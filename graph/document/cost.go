package document

import (
	"context"
	"fmt"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

const (
	defaultPage = 50 // of a list whose `first` has no default in the schema
	otherList   = 10 // items of a list without pages
	ownQuery    = 10 // what a list costs that the database is asked for once more for each object it belongs to
)

// A costLimit refuses operations that would look up too much. A field costs 1, a list of objects below the root ownQuery
// more, times the sizes of the lists above it. It runs behind validation, with the variables, and before anybody is asked who they are.
type costLimit struct {
	api  *API
	most int
}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationContextMutator
} = costLimit{}

// ExtensionName is what gqlgen calls it.
func (costLimit) ExtensionName() string { return "CostLimit" }

// Validate accepts every schema.
func (costLimit) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext adds up the operation that will be executed.
func (c costLimit) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	e := c.estimator(op.Variables)
	e.directives(op.Operation.Directives)
	total := e.selection(op.Operation.SelectionSet)
	if e.wrong != nil {
		return e.wrong
	}
	if total.once > c.most {
		return tooComplex(fmt.Sprintf("The operation costs more than %d: fields, times the sizes of the lists they are in.", c.most))
	}
	built := total.once + maxIntrospected - e.introspected.left
	if e.introspected.left < 0 || built > LargestCost(c.most) {
		return tooComplex("The operation asks for too much of the schema at once.")
	}
	if built > cheap {
		op.Stats.SetExtension(costLimit{}.ExtensionName(), built)
	}
	return c.checkLargest(op)
}

// cheap operations need not be remembered as such.
const cheap = 20

// LargestCost is the largest cost that an operation is allowed, introspection included: who asks for the whole schema asks for little besides.
func LargestCost(maxCost int) int { return max(maxCost, maxIntrospected) }

// CostOf is what an operation was found to cost, introspection included; at least cheap.
func CostOf(op *graphql.OperationContext) int {
	cost, _ := op.Stats.GetExtension(costLimit{}.ExtensionName()).(int)
	return max(cost, cheap)
}

func (c costLimit) estimator(variables map[string]any) *estimator {
	return &estimator{
		api: c.api, variables: variables, most: c.most + 1, known: map[*ast.FragmentDefinition]cost{},
		introspected: introspectionCounter{c.api.Schema, maxIntrospected},
	}
}

// A cost is what a selection costs: once, and, in a connection, for each item of the page.
type cost struct{ once, each int }

// An estimator adds up one operation in one walk. A fragment is walked once, and its cost remembered: it does
// not depend on where the fragment is spread, but for the page size, which is not yet in it.
type estimator struct {
	api          *API
	variables    map[string]any
	most         int // sums end here
	known        map[*ast.FragmentDefinition]cost
	introspected introspectionCounter
	wrong        *gqlerror.Error
}

func (e *estimator) selection(set ast.SelectionSet) (sum cost) {
	for _, one := range set {
		var part cost
		switch one := one.(type) {
		case *ast.Field:
			if e.included(one.Directives) {
				part = e.field(one)
			}
		case *ast.InlineFragment:
			if e.included(one.Directives) {
				part = e.selection(one.SelectionSet)
			}
		case *ast.FragmentSpread:
			if e.included(one.Directives) {
				part = e.fragment(one.Definition)
			}
		}
		sum.once, sum.each = e.plus(sum.once, part.once), e.plus(sum.each, part.each)
	}
	return sum
}

func (e *estimator) fragment(fragment *ast.FragmentDefinition) cost {
	known, walked := e.known[fragment]
	if !walked {
		known = e.selection(fragment.SelectionSet)
		e.known[fragment] = known
	}
	return known
}

// field adds up a field with what is below it. The parts of a connection are free, and what is in its
// items is counted for each.
func (e *estimator) field(f *ast.Field) cost {
	e.arguments(f.Arguments)
	if e.wrong != nil {
		return cost{}
	}
	below := e.selection(f.SelectionSet)
	switch f.Name { // what is below stays in memory, and is counted by itself
	case "__schema":
		e.introspected.selection(f.SelectionSet, e.introspected.schema)
		return cost{once: 1}
	case "__type":
		name, _ := e.value(f.Arguments.ForName("name").Value).(string)
		e.introspected.selection(f.SelectionSet, e.introspected.schema.Types[name])
		return cost{once: 1}
	}
	if parent := f.ObjectDefinition.Name; isConnection(parent) {
		switch f.Name {
		case "edges", "nodes":
			return cost{each: below.once}
		case "pageInfo":
			return below
		}
	} else if strings.HasSuffix(parent, "Edge") && f.Name == "node" {
		return below
	}
	items := e.plus(below.once, e.times(below.each, e.items(f)))
	if f.Definition.Type.Elem != nil {
		items = e.times(below.once, e.items(f))
	}
	return cost{once: e.plus(e.plus(1, e.query(f)), e.plus(e.named(f), items))}
}

// query is what a field costs as a query of its own. What is no list is read once for all objects of one, and some lists are.
func (e *estimator) query(f *ast.Field) int {
	of := e.api.Schema.Types[f.Definition.Type.Name()]
	if _, together := e.api.Lists[nameOf(f)]; together {
		return 0
	}
	if f.ObjectDefinition == e.api.Schema.Query || !isConnection(of.Name) && (f.Definition.Type.Elem == nil || !of.IsCompositeType()) {
		return 0
	}
	return ownQuery
}

// named is how many rooms or people a field looks up by their names before it does anything.
func (e *estimator) named(f *ast.Field) (sum int) {
	for _, list := range []string{"rooms", "members", "users"} {
		if argument := f.Arguments.ForName(list); argument != nil {
			sum += e.distinct(argument)
		}
	}
	return sum
}

// distinct is how many different names an argument has: the same twice is one look-up.
func (e *estimator) distinct(argument *ast.Argument) int {
	list, many := e.value(argument.Value).([]any)
	if !many {
		return 1
	}
	distinct := make(map[string]bool, len(list))
	for _, one := range list {
		name, _ := graphql.UnmarshalID(one) // validation has seen to it
		distinct[name] = true
	}
	return len(distinct)
}

// items is how many objects a list has at most. A page that is too large is the resolver's to refuse.
func (e *estimator) items(f *ast.Field) int {
	if ids := f.Arguments.ForName("ids"); ids != nil {
		list, many := e.value(ids.Value).([]any)
		if !many {
			return 1
		}
		return min(len(list), e.api.MaxIDs)
	}
	if list, known := e.api.Lists[nameOf(f)]; known {
		return list.Usual
	}
	if f.Definition.Type.Elem != nil {
		return otherList
	}
	return e.page(f)
}

// page is how many objects a page has at most: by `first` and `last`, where null is like nothing, or by the schema.
func (e *estimator) page(f *ast.Field) int {
	most := -1
	for _, name := range []string{"first", "last"} {
		argument := f.Arguments.ForName(name)
		if argument == nil {
			continue
		}
		if value := e.value(argument.Value); value != nil {
			n, err := graphql.UnmarshalInt(value)
			if err != nil {
				n = e.api.MaxPage
			}
			most = max(most, min(max(n, 0), e.api.MaxPage))
		}
	}
	if most >= 0 {
		return most
	}
	if first := f.Definition.Arguments.ForName("first"); first != nil && first.DefaultValue != nil {
		if n, err := graphql.UnmarshalInt(e.value(first.DefaultValue)); err == nil {
			return n
		}
	}
	return defaultPage
}

// value is what an argument comes to; nil for null and for a variable without a value. Validation has seen
// to it that there is no error.
func (e *estimator) value(v *ast.Value) any {
	value, err := v.Value(e.variables)
	if err != nil {
		return nil
	}
	return value
}

// included tells whether @skip and @include let a part be executed.
func (e *estimator) included(directives ast.DirectiveList) bool {
	if len(directives) == 0 {
		return true
	}
	e.directives(directives)
	for _, directive := range directives {
		if condition := directive.Arguments.ForName("if"); condition != nil && e.wrong == nil {
			is, _ := e.value(condition.Value).(bool)
			if (directive.Name == "skip" && is) || (directive.Name == "include" && !is) {
				return false
			}
		}
	}
	return true
}

func (e *estimator) directives(directives ast.DirectiveList) {
	for _, directive := range directives {
		e.arguments(directive.Arguments)
	}
}

// isConnection tells whether a type is a list in pages.
func isConnection(name string) bool { return strings.HasSuffix(name, "Connection") }

func (e *estimator) plus(a, b int) int { return min(a+b, e.most) }

// times multiplies; both are far below the root of the largest int.
func (e *estimator) times(a, b int) int { return min(a*b, e.most) }
