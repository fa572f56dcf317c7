package graph

import (
	"cmp"
	"context"
	"fmt"

	"github.com/google/uuid"

	"parley/auth"
	"parley/chat"
	"parley/chat/invites"
	"parley/chat/members"
	"parley/chat/roomlog"
	"parley/graph/caller"
	"parley/graph/failures"
	"parley/graph/scalar"
	"parley/naming"
)

// maxNodes is how many ids Query.nodes takes.
const maxNodes = 100

// find returns objects of any type in the order of ids, nil for what the reader may not see or what is no id.
func (r *Resolver) find(ctx context.Context, reader auth.Identity, ids []string) ([]scalar.Node, error) {
	if len(ids) > maxNodes {
		return nil, &chat.InvalidError{Field: "ids", Reason: "OUT_OF_RANGE", Detail: fmt.Sprintf("has at most %d ids", maxNodes)}
	}
	nodes := make([]scalar.Node, len(ids))
	var known []uuid.UUID
	var indexes []int // of these in nodes
	for i, text := range ids {
		if id, ok := naming.ParseID(text); ok {
			known, indexes = append(known, id), append(indexes, i)
		}
	}
	found, err := r.findByID(ctx, reader, known)
	if err != nil {
		return nil, err
	}
	for i, index := range indexes {
		nodes[index] = found[i]
	}
	return nodes, nil
}

// findByID looks for ids in every table.
func (r *Resolver) findByID(ctx context.Context, reader auth.Identity, ids []uuid.UUID) ([]scalar.Node, error) {
	nodes := make([]scalar.Node, len(ids))
	if len(ids) == 0 {
		return nodes, nil
	}
	who := caller.Person(ctx)
	return nodes, cmp.Or(
		fill[auth.User](nodes)(r.auth.UsersByID(ctx, ids)),
		fill[roomlog.Room](nodes)(r.chat.RoomsByID(ctx, who, ids)),
		fill[roomlog.Chat](nodes)(r.chat.ChatsByID(ctx, who, ids)),
		fill[members.Member](nodes)(r.chat.MembersByID(ctx, who, ids)),
		fill[invites.Invite](nodes)(r.chat.InvitesByID(ctx, who, ids)),
		fill[invites.Invite](nodes)(serverInvites(r.auth.InvitesByID(ctx, reader, ids))),
		fill[auth.Session](nodes)(r.auth.SessionsByID(ctx, reader, ids)),
	)
}

// fill puts what was found of one type where nothing is yet: clients choose ids, and may choose one that is there already.
func fill[T any](nodes []scalar.Node) func([]*T, error) error {
	return func(found []*T, err error) error {
		for i, one := range found {
			if one != nil && nodes[i] == nil {
				nodes[i] = one
			}
		}
		return err
	}
}

// findOne returns one object of any type.
func (r *Resolver) findOne(ctx context.Context, reader auth.Identity, id string) (scalar.Node, error) {
	nodes, err := r.find(ctx, reader, []string{id})
	if err != nil {
		return nil, err
	}
	if nodes[0] == nil {
		return nil, failures.ErrNoNode
	}
	return nodes[0], nil
}
