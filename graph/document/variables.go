package document

import (
	"context"
	"encoding/json"
	"reflect"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// exactVariables refuses values that gqlparser lets through: enum values in other letters, texts for
// numbers and numbers for texts, large numbers, and anything for a scalar of ours but JSON, which may be anything. When the operation
// runs it is too late: what gqlgen then finds looks like a fault of ours.
type exactVariables struct{}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationContextMutator
} = exactVariables{}

// ExtensionName is what gqlgen calls it.
func (exactVariables) ExtensionName() string { return "ExactVariables" }

// Validate accepts every schema.
func (exactVariables) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext looks at the variables as gqlparser has coerced them.
func (exactVariables) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	for _, v := range op.Operation.VariableDefinitions {
		if value, given := op.Variables[v.Variable]; given && !fits(v.Type, v.Definition, value) {
			err := &gqlerror.Error{Path: ast.Path{ast.PathName("variable"), ast.PathName(v.Variable)}}
			errcode.Set(err, errcode.ValidationFailed)
			return err
		}
	}
	return nil
}

// fits checks one value; null has been checked.
func fits(t *ast.Type, d *ast.Definition, value any) bool {
	switch {
	case value == nil:
		return true
	case t.Elem != nil:
		list := reflect.ValueOf(value) // of any element type
		for i := range list.Len() {
			if !fits(t.Elem, d, list.Index(i).Interface()) {
				return false
			}
		}
		return true
	case d.Kind == ast.Enum:
		name, ok := value.(string)
		return ok && d.EnumValues.ForName(name) != nil
	}
	switch d.Name {
	case "Int":
		n, ok := whole(value)
		return ok && n == int64(int32(n))
	case "ID":
		_, text := value.(string)
		_, number := whole(value)
		return text || number
	case "Boolean":
		_, ok := value.(bool)
		return ok
	case "Float":
		switch value.(type) {
		case float64, int64, json.Number:
			return true
		}
		return false
	case "JSON":
		return true
	}
	_, ok := value.(string)
	return ok
}

// whole reads a number without a fraction.
func whole(value any) (int64, bool) {
	switch n := value.(type) {
	case int64:
		return n, true
	case json.Number:
		i, err := n.Int64()
		return i, err == nil
	}
	return 0, false
}
