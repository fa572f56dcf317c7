package graph

import (
	"context"
	"sync"

	"github.com/google/uuid"

	"parley/auth"
)

// A cohort is objects of one type that were read together: a list, or what a resolver has returned for all objects of one. gqlgen
// resolves a field of the latter once for each, as they are in no list: what one of them needs is read for all. It is used below
// one root field, which is resolved by one goroutine.
type cohort[T comparable] struct {
	objs  []T
	index map[T]int
	found map[string]any // of all of them, by the field
}

// cohorts are those of one operation, by their objects, and the people that it has read. The executions of streams have none: an
// event is no list.
type cohorts struct {
	mu     sync.Mutex
	of     map[any]any
	people map[uuid.UUID]*auth.User // nil: there is no account
}

type cohortsKey struct{}

func withCohorts(ctx context.Context) context.Context {
	return context.WithValue(ctx, cohortsKey{}, &cohorts{of: map[any]any{}, people: map[uuid.UUID]*auth.User{}})
}

func cohortsOf(ctx context.Context) *cohorts {
	x, _ := ctx.Value(cohortsKey{}).(*cohorts)
	return x
}

// together notes that objects were read together, nil for none. What is in a cohort already stays there.
func together[T comparable](ctx context.Context, objs []T) {
	x := cohortsOf(ctx)
	if x == nil {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	var none T
	c := &cohort[T]{index: map[T]int{}, found: map[string]any{}}
	for _, obj := range objs {
		if _, known := x.of[obj]; known || obj == none {
			continue
		}
		x.of[obj] = c
		c.index[obj] = len(c.objs)
		c.objs = append(c.objs, obj)
	}
}

// cohortOf is that of some objects, which are one from now on if they are of none; nil: they are of several.
func cohortOf[T comparable](ctx context.Context, objs []T) *cohort[T] {
	x := cohortsOf(ctx)
	if x == nil {
		return nil
	}
	together(ctx, objs)
	x.mu.Lock()
	defer x.mu.Unlock()
	c, _ := x.of[objs[0]].(*cohort[T])
	for _, obj := range objs {
		if x.of[obj] != any(c) {
			return nil
		}
	}
	return c
}

// ofAll returns a field of some objects, at least one: read once for all of their cohort.
func ofAll[T comparable, V any](ctx context.Context, field string, objs []T, read func([]T) ([]V, error)) ([]V, error) {
	c := cohortOf(ctx, objs)
	if c == nil {
		return read(objs)
	}
	found, known := c.found[field].([]V)
	if !known {
		var err error
		if found, err = read(c.objs); err != nil {
			return nil, err
		}
		c.found[field] = found
	}
	values := make([]V, len(objs))
	for i, obj := range objs {
		values[i] = found[c.index[obj]]
	}
	return values, nil
}
