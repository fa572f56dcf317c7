package graph

import (
	"context"

	"parley/graph/caller"
	"parley/graph/scalar"
)

func (r *queryResolver) Node(ctx context.Context, id string) (scalar.Node, error) {
	return r.findOne(ctx, caller.Me(ctx), id)
}

func (r *queryResolver) Nodes(ctx context.Context, ids []string) ([]scalar.Node, error) {
	return r.find(ctx, caller.Me(ctx), ids)
}
