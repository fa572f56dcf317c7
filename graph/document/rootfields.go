package document

import (
	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// RootFields are those of an operation that will be executed, fragments included.
func RootFields(op *graphql.OperationContext) []graphql.CollectedField {
	root := map[ast.Operation]string{ast.Query: "Query", ast.Mutation: "Mutation", ast.Subscription: "Subscription"}
	return graphql.CollectFields(op, op.Operation.SelectionSet, []string{root[op.Operation.Operation]})
}
