package graph

import (
	"context"

	"parley/graph/generated"
)

func (r *queryResolver) Server(ctx context.Context) (*generated.Server, error) {
	return r.describe(), nil
}
