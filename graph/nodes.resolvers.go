package graph

import (
	"context"

	"parley/graph/scalar"
)

func (r *queryResolver) Node(ctx context.Context, id string) (scalar.Node, error) {
	return r.findOne(ctx, me(ctx), id)
}

func (r *queryResolver) Nodes(ctx context.Context, ids []string) ([]scalar.Node, error) {
	return r.find(ctx, me(ctx), ids)
}
