package lean

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// A Batch is the objects of a list that a field is resolved for at once, and which of them it is resolved for now. It replaces
// gqlgen's BatchParents.
type Batch[P any] struct {
	Parents  []P
	Index    ast.PathIndex
	IndexMap map[int]int

	group *graphql.BatchParentGroup
}

// BatchParentsFor returns the batch of a type, false: the field is resolved for one object alone. It replaces gqlgen's, which writes
// down the whole path of each field to find the index that comes before it.
func BatchParentsFor[P any](ctx context.Context, typeName string) (Batch[P], bool) {
	group := graphql.GetBatchParentGroup(ctx, typeName)
	field := graphql.GetFieldContext(ctx)
	if group == nil || field == nil {
		return Batch[P]{}, false
	}
	above := field.Parent
	for above != nil && above.Index == nil && above.Field.Field == nil {
		above = above.Parent
	}
	parents, is := group.Parents.([]P)
	if !is || above == nil || above.Index == nil {
		return Batch[P]{}, false
	}
	return Batch[P]{parents, ast.PathIndex(*above.Index), group.IndexMap, group}, true
}

// FieldResult resolves the field for all objects, once.
func (b Batch[P]) FieldResult(field graphql.CollectedField, resolve func() (any, error)) *graphql.BatchFieldResult {
	return b.group.GetFieldResult(field.Alias, resolve)
}
