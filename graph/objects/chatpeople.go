package objects

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"parley/chat/roomlog"
	"parley/graph/together"
)

// readPeople reads all people that are selected of chats at once: their authors, whom they mention, who has reacted to them, and the authors of what
// they answer. Each would be a query otherwise, since a field is resolved with all that is below it before the next.
func (r *Resolver) readPeople(ctx context.Context, chats []*roomlog.Chat) error {
	c := together.CohortOf(ctx, chats)
	if c == nil || !c.Once("people") {
		return nil
	}
	var ids []uuid.UUID
	selected := selectedOf(ctx, "Chat")
	if selected.has("user") {
		for _, chat := range c.Objs {
			ids = append(ids, chat.UserID)
		}
	}
	if selected.has("reactions", "users") {
		found, err := r.reactionsOn(ctx, c.Objs)
		if err != nil {
			return err
		}
		for _, one := range slices.Concat(found...) {
			ids = append(ids, one.Users...)
		}
	}
	if selected.has("mentions") {
		named, err := r.namedIn(ctx, c.Objs)
		if err != nil {
			return err
		}
		ids = append(ids, slices.Concat(named...)...)
	}
	if selected.has("replyTo", "user") {
		targets, err := r.replyTargets(ctx, c.Objs)
		if err != nil {
			return err
		}
		for _, target := range targets {
			if target != nil {
				ids = append(ids, target.UserID)
			}
		}
	}
	_, err := r.people(ctx, ids)
	return err
}

// withPeople reads a field of chats behind all people that are selected of them.
func withPeople[V any](ctx context.Context, r *Resolver, chats []*roomlog.Chat, read func(context.Context, []*roomlog.Chat) ([]V, error)) ([]V, error) {
	if err := r.readPeople(ctx, chats); err != nil {
		return nil, err
	}
	return read(ctx, chats)
}

// A selection is the fields that are selected of an object.
type selection struct {
	op     *graphql.OperationContext
	fields []graphql.CollectedField
}

// selectedOf is what is selected of the object of a type whose field is being resolved.
func selectedOf(ctx context.Context, of string) selection {
	s := selection{op: graphql.GetOperationContext(ctx)}
	above := graphql.GetFieldContext(ctx).Parent
	for above != nil && above.Field.Field == nil { // an index of a list
		above = above.Parent
	}
	if above != nil {
		s.fields = graphql.CollectFields(s.op, above.Field.Selections, []string{of, "Node"})
	}
	return s
}

// has says whether a field is selected, and below it another one, which is of one type.
func (s selection) has(path ...string) bool {
	return slices.ContainsFunc(s.fields, func(f graphql.CollectedField) bool {
		if f.Name != path[0] {
			return false
		}
		below := selection{s.op, nil}
		if len(path) > 1 {
			below.fields = graphql.CollectFields(s.op, f.Selections, []string{f.Definition.Type.Name(), "Node"})
		}
		return len(path) == 1 || below.has(path[1:]...)
	})
}
