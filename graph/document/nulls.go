package document

import (
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// arguments refuses null where it cannot be. A variable with a default may stand there, and may still be
// null; gqlgen panics on it.
func (e *estimator) arguments(arguments ast.ArgumentList) {
	for _, argument := range arguments {
		e.notNull(argument.Value)
	}
}

func (e *estimator) notNull(v *ast.Value) {
	for _, child := range v.Children {
		e.notNull(child.Value)
	}
	if v.Kind != ast.Variable || v.ExpectedType == nil || !v.ExpectedType.NonNull || v.ExpectedTypeHasDefault {
		return
	}
	if value, given := e.variables[v.Raw]; given && value == nil && e.wrong == nil {
		e.wrong = variableError(v.Raw)
	}
}

// variableError is gqlgen's own error of a variable that does not fit.
func variableError(variable string) *gqlerror.Error {
	wrong := gqlerror.ErrorPathf(ast.Path{ast.PathName("variable"), ast.PathName(variable)}, "does not fit its type")
	errcode.Set(wrong, errcode.ValidationFailed)
	return wrong
}
