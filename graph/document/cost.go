package document

import (
	"context"
	"fmt"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

const (
	defaultPage = 50 // of a list whose `first` has no default in the schema
	otherList   = 10 // items of a list without pages
)

// A costLimit refuses operations that would look up too much. A field costs 1, times the sizes of the lists
// above it. It runs behind validation, with the variables, and before anybody is asked who they are.
type costLimit struct {
	api  API
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
	p := c.pricer(op.Variables)
	p.directives(op.Operation.Directives)
	total := p.selection(op.Operation.SelectionSet)
	if p.wrong != nil {
		return p.wrong
	}
	if total.once > c.most {
		return tooComplex(fmt.Sprintf("The operation costs more than %d: fields, times the sizes of the lists they are in.", c.most))
	}
	built := total.once + maxIntrospected - p.introspected.left
	if p.introspected.left < 0 || built > LargestCost(c.most) {
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

func (c costLimit) pricer(variables map[string]any) *pricer {
	return &pricer{
		api: c.api, variables: variables, most: c.most + 1, known: map[*ast.FragmentDefinition]price{},
		introspected: introspected{c.api.Schema, maxIntrospected},
	}
}

// A price is what a selection costs: once, and, in a connection, for each item of the page.
type price struct{ once, each int }

// A pricer adds up one operation in one walk. A fragment is walked once, and its price remembered: it does
// not depend on where the fragment is spread, but for the page size, which is not yet in it.
type pricer struct {
	api          API
	variables    map[string]any
	most         int // sums end here
	known        map[*ast.FragmentDefinition]price
	introspected introspected
	wrong        *gqlerror.Error
}

func (p *pricer) selection(set ast.SelectionSet) (sum price) {
	for _, one := range set {
		var part price
		switch one := one.(type) {
		case *ast.Field:
			if p.included(one.Directives) {
				part = p.field(one)
			}
		case *ast.InlineFragment:
			if p.included(one.Directives) {
				part = p.selection(one.SelectionSet)
			}
		case *ast.FragmentSpread:
			if p.included(one.Directives) {
				part = p.fragment(one.Definition)
			}
		}
		sum.once, sum.each = p.plus(sum.once, part.once), p.plus(sum.each, part.each)
	}
	return sum
}

func (p *pricer) fragment(fragment *ast.FragmentDefinition) price {
	known, walked := p.known[fragment]
	if !walked {
		known = p.selection(fragment.SelectionSet)
		p.known[fragment] = known
	}
	return known
}

// field prices a field with what is below it. The parts of a connection are free, and what is in its
// items is counted for each.
func (p *pricer) field(f *ast.Field) price {
	p.arguments(f.Arguments)
	if p.wrong != nil {
		return price{}
	}
	below := p.selection(f.SelectionSet)
	switch f.Name { // what is below stays in memory, and is counted by itself
	case "__schema":
		p.introspected.selection(f.SelectionSet, p.introspected.schema)
		return price{once: 1}
	case "__type":
		name, _ := p.value(f.Arguments.ForName("name").Value).(string)
		p.introspected.selection(f.SelectionSet, p.introspected.schema.Types[name])
		return price{once: 1}
	}
	if parent := f.ObjectDefinition.Name; strings.HasSuffix(parent, "Connection") {
		switch f.Name {
		case "edges", "nodes":
			return price{each: below.once}
		case "pageInfo":
			return below
		}
	} else if strings.HasSuffix(parent, "Edge") && f.Name == "node" {
		return below
	}
	items := p.plus(below.once, p.times(below.each, p.items(f)))
	if f.Definition.Type.Elem != nil {
		items = p.times(below.once, p.items(f))
	}
	return price{once: p.plus(p.plus(1, p.rooms(f)), items)}
}

// rooms is how many rooms a stream looks up before it begins. The same name twice is one look-up.
func (p *pricer) rooms(f *ast.Field) int {
	argument := f.Arguments.ForName("rooms")
	if argument == nil {
		return 0
	}
	list, many := p.value(argument.Value).([]any)
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
func (p *pricer) items(f *ast.Field) int {
	if ids := f.Arguments.ForName("ids"); ids != nil {
		list, many := p.value(ids.Value).([]any)
		if !many {
			return 1
		}
		return min(len(list), p.api.MaxIDs)
	}
	if f.Definition.Type.Elem != nil {
		return otherList
	}
	most := -1
	for _, name := range []string{"first", "last"} {
		if argument := f.Arguments.ForName(name); argument != nil {
			if value := p.value(argument.Value); value != nil {
				n, err := graphql.UnmarshalInt(value)
				if err != nil {
					n = p.api.MaxPage
				}
				most = max(most, min(max(n, 0), p.api.MaxPage))
			}
		}
	}
	if most >= 0 {
		return most
	}
	if first := f.Definition.Arguments.ForName("first"); first != nil && first.DefaultValue != nil {
		if n, err := graphql.UnmarshalInt(p.value(first.DefaultValue)); err == nil {
			return n
		}
	}
	return defaultPage
}

// value is what an argument comes to; nil for null and for a variable without a value. Validation has seen
// to it that there is no error.
func (p *pricer) value(v *ast.Value) any {
	value, err := v.Value(p.variables)
	if err != nil {
		return nil
	}
	return value
}

// included tells whether @skip and @include let a part be executed.
func (p *pricer) included(directives ast.DirectiveList) bool {
	if len(directives) == 0 {
		return true
	}
	p.directives(directives)
	for _, directive := range directives {
		if condition := directive.Arguments.ForName("if"); condition != nil && p.wrong == nil {
			is, _ := p.value(condition.Value).(bool)
			if (directive.Name == "skip" && is) || (directive.Name == "include" && !is) {
				return false
			}
		}
	}
	return true
}

func (p *pricer) directives(directives ast.DirectiveList) {
	for _, directive := range directives {
		p.arguments(directive.Arguments)
	}
}

// arguments refuses null where it cannot be. A variable with a default may stand there, and may still be
// null; gqlgen panics on it.
func (p *pricer) arguments(arguments ast.ArgumentList) {
	for _, argument := range arguments {
		p.notNull(argument.Value)
	}
}

func (p *pricer) notNull(v *ast.Value) {
	for _, child := range v.Children {
		p.notNull(child.Value)
	}
	if v.Kind != ast.Variable || v.ExpectedType == nil || !v.ExpectedType.NonNull || v.ExpectedTypeHasDefault {
		return
	}
	if value, given := p.variables[v.Raw]; given && value == nil && p.wrong == nil {
		p.wrong = unfit(v.Raw)
	}
}

// unfit is gqlgen's own error of a variable that does not fit.
func unfit(variable string) *gqlerror.Error {
	wrong := gqlerror.ErrorPathf(ast.Path{ast.PathName("variable"), ast.PathName(variable)}, "does not fit its type")
	errcode.Set(wrong, errcode.ValidationFailed)
	return wrong
}

func (p *pricer) plus(a, b int) int { return min(a+b, p.most) }

// times multiplies; both are far below the root of the largest int.
func (p *pricer) times(a, b int) int { return min(a*b, p.most) }
