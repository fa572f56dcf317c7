package document

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

const (
	// maxIntrospected is how large the answer to __schema and __type may be: its fields, the items of its lists, and
	// its descriptions by describedAs bytes. They need no database and cost nothing else, but a document of
	// 900 bytes could ask for 800 KB of them: measured 47 ms and 14 MiB. The usual documents come to 5,000.
	maxIntrospected = 12_000
	describedAs     = 32
)

// An introspectionCounter counts what introspection will return, by walking the schema as gqlgen's package introspection
// does, without building anything. Fields that will be merged are counted each.
type introspectionCounter struct {
	schema *ast.Schema
	left   int // below 0: it is too much, and the walk ends
}

// selection counts what is selected of one object of the schema.
func (i *introspectionCounter) selection(set ast.SelectionSet, of any) {
	for _, one := range set {
		if i.left--; i.left < 0 {
			return
		}
		switch one := one.(type) {
		case *ast.Field:
			if one.Name == "description" {
				i.left -= len(description(of)) / describedAs
			}
			if len(one.SelectionSet) > 0 {
				i.each(of, one.Name, func(below any) {
					i.left--
					i.selection(one.SelectionSet, below)
				})
			}
		case *ast.InlineFragment:
			i.selection(one.SelectionSet, of)
		case *ast.FragmentSpread:
			i.selection(one.Definition.SelectionSet, of)
		}
	}
}

// each hands out what a field returns: an *ast.Definition, an *ast.Type where it wraps another, and so on.
func (i *introspectionCounter) each(of any, field string, do func(any)) {
	switch of := of.(type) {
	case *ast.Schema:
		i.eachOfSchema(of, field, do)
	case *ast.Definition:
		i.eachOfType(of, field, do)
	case *ast.Type:
		if field == "ofType" {
			do(i.inner(of))
		}
	case *ast.FieldDefinition:
		switch field {
		case "type":
			do(i.unwrapped(of.Type))
		case "args":
			forEach(of.Arguments, do)
		}
	case *ast.ArgumentDefinition:
		if field == "type" {
			do(i.unwrapped(of.Type))
		}
	case *ast.DirectiveDefinition:
		if field == "args" {
			forEach(of.Arguments, do)
		}
	}
}

func (i *introspectionCounter) eachOfSchema(of *ast.Schema, field string, do func(any)) {
	switch field {
	case "types":
		for _, definition := range of.Types {
			do(definition)
		}
	case "directives":
		for _, directive := range of.Directives {
			do(directive)
		}
	case "queryType":
		do(of.Query)
	case "mutationType":
		do(of.Mutation)
	case "subscriptionType":
		do(of.Subscription)
	}
}

func (i *introspectionCounter) eachOfType(of *ast.Definition, field string, do func(any)) {
	switch {
	case of == nil: // __type of a name that nothing has
	case field == "enumValues":
		forEach(of.EnumValues, do)
	case field == "possibleTypes" && of.IsAbstractType():
		forEach(i.schema.GetPossibleTypes(of), do)
	case field == "interfaces":
		for _, name := range of.Interfaces {
			do(i.schema.Types[name])
		}
	case field == "fields" && of.Kind != ast.InputObject, field == "inputFields" && of.Kind == ast.InputObject:
		for _, definition := range of.Fields {
			if !strings.HasPrefix(definition.Name, "__") {
				do(definition)
			}
		}
	}
}

// inner is what a list or a type that is never null wraps.
func (i *introspectionCounter) inner(of *ast.Type) any {
	if !of.NonNull {
		return i.unwrapped(of.Elem)
	}
	inner := *of
	inner.NonNull = false
	return i.unwrapped(&inner)
}

func (i *introspectionCounter) unwrapped(of *ast.Type) any {
	if !of.NonNull && of.Elem == nil {
		return i.schema.Types[of.NamedType]
	}
	return of
}

func forEach[T any](list []T, do func(any)) {
	for _, one := range list {
		do(one)
	}
}

func description(of any) string {
	switch of := of.(type) {
	case *ast.Definition:
		if of != nil {
			return of.Description
		}
	case *ast.FieldDefinition:
		return of.Description
	case *ast.ArgumentDefinition:
		return of.Description
	case *ast.EnumValueDefinition:
		return of.Description
	case *ast.DirectiveDefinition:
		return of.Description
	}
	return ""
}
