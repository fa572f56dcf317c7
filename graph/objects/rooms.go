package objects

import (
	"context"

	"parley/chat/access"
	"parley/chat/members"
	"parley/chat/roomlog"
	"parley/graph/caller"
)

// mine returns the memberships of whoever asks, nil where they have none.
func (r *Resolver) mine(ctx context.Context, rooms []*roomlog.Room) ([]*members.Member, error) {
	standings, err := r.chat.Standings(ctx, caller.Person(ctx), rooms)
	if err != nil {
		return nil, err
	}
	mine := make([]*members.Member, len(rooms))
	for i, as := range standings {
		if as.Member != nil {
			mine[i] = members.MemberOf(rooms[i], caller.Person(ctx), as.Member, caller.Person(ctx).ID)
		}
	}
	return mine, nil
}

// actions returns what whoever asks may do in rooms.
func (r *Resolver) actions(ctx context.Context, rooms []*roomlog.Room) ([][]access.Action, error) {
	standings, err := r.chat.Standings(ctx, caller.Person(ctx), rooms)
	if err != nil {
		return nil, err
	}
	actions := make([][]access.Action, len(rooms))
	for i, as := range standings {
		actions[i] = rooms[i].Actions(as)
	}
	return actions, nil
}
