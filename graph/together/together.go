// Package together reads what lies below a list once for all of it. gqlgen does so for the fields of a list's objects, and not for
// those of what these lead to. It rests on one idea: objects that were read together are asked for together.
package together

import (
	"context"
	"sync"

	"github.com/google/uuid"

	"parley/auth"
)

// A Cohort is objects of one type that were read together: a list, or what a resolver has returned for all objects of one. gqlgen
// resolves a field of the latter once for each, as they are in no list: what one of them needs is read for all. It is used below
// one root field, which is resolved by one goroutine.
type Cohort[T comparable] struct {
	Objs  []T
	index map[T]int
	found map[string]any // of all of them, by the field
}

// cohorts are those of one operation, or of some events that are executed together, by their objects, and the people that it has read.
type cohorts struct {
	mu     sync.Mutex // guards both maps
	of     map[any]any
	people map[uuid.UUID]*auth.User // nil: there is no account
}

type cohortsKey struct{}

// With returns the context of an operation, or of some events, that reads together.
func With(ctx context.Context) context.Context {
	return context.WithValue(ctx, cohortsKey{}, &cohorts{of: map[any]any{}, people: map[uuid.UUID]*auth.User{}})
}

func operationOf(ctx context.Context) *cohorts {
	x, _ := ctx.Value(cohortsKey{}).(*cohorts)
	return x
}

// Note notes that objects were read together, nil for none. What is in a cohort already stays there.
func Note[T comparable](ctx context.Context, objs []T) {
	x := operationOf(ctx)
	if x == nil {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	var none T
	c := &Cohort[T]{index: make(map[T]int, len(objs)), found: map[string]any{}}
	for _, obj := range objs {
		if _, known := x.of[obj]; known || obj == none {
			continue
		}
		x.of[obj] = c
		c.index[obj] = len(c.Objs)
		c.Objs = append(c.Objs, obj)
	}
}

// CohortOf is that of some objects, which are one from now on if they are of none; nil: they are of several.
func CohortOf[T comparable](ctx context.Context, objs []T) *Cohort[T] {
	x := operationOf(ctx)
	if x == nil {
		return nil
	}
	Note(ctx, objs)
	x.mu.Lock()
	defer x.mu.Unlock()
	c, _ := x.of[objs[0]].(*Cohort[T])
	for _, obj := range objs {
		if x.of[obj] != any(c) {
			return nil
		}
	}
	return c
}

// Of returns a field of some objects, at least one: read once for all of their cohort.
func Of[T comparable, V any](ctx context.Context, field string, objs []T, read func([]T) ([]V, error)) ([]V, error) {
	c := CohortOf(ctx, objs)
	if c == nil {
		return read(objs)
	}
	found, known := c.found[field].([]V)
	if !known {
		var err error
		if found, err = read(c.Objs); err != nil {
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

// Once says whether something is done of the cohort for the first time.
func (c *Cohort[T]) Once(what string) bool {
	if c.found[what] != nil {
		return false
	}
	c.found[what] = true
	return true
}

// People returns whose accounts some ids are, nil where one is gone: read for those that the operation has not read yet.
func People(ctx context.Context, ids []uuid.UUID, read func(context.Context, []uuid.UUID) ([]*auth.User, error)) ([]*auth.User, error) {
	x := operationOf(ctx)
	if x == nil {
		return read(ctx, ids)
	}
	if unknown := x.unknown(ids); len(unknown) > 0 {
		found, err := read(ctx, unknown)
		if err != nil {
			return nil, err
		}
		x.know(unknown, found)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	users := make([]*auth.User, len(ids))
	for i, id := range ids {
		users[i] = x.people[id]
	}
	return users, nil
}

// unknown are those that have not been read, each once.
func (x *cohorts) unknown(ids []uuid.UUID) (unknown []uuid.UUID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	seen := map[uuid.UUID]bool{}
	for _, id := range ids {
		if _, known := x.people[id]; !known && !seen[id] {
			seen[id], unknown = true, append(unknown, id)
		}
	}
	return unknown
}

func (x *cohorts) know(ids []uuid.UUID, found []*auth.User) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i, id := range ids {
		x.people[id] = found[i]
	}
}
