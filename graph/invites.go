package graph

import (
	"context"
	"errors"

	"parley/auth"
	serverinvites "parley/auth/invites"
	"parley/chat"
	"parley/chat/invites"
	"parley/graph/caller"
)

// The API has one type of invites, of two kinds: those to rooms, which chat knows, and those to the server, which auth knows.

// createInvite makes an invite to a room, or without one to the server.
func (r *Resolver) createInvite(ctx context.Context, room *string, w serverinvites.Wish) (*invites.Invite, error) {
	if room != nil {
		return r.chat.CreateInvite(ctx, caller.Person(ctx), *room, w.Uses, w.Until, w.ID)
	}
	made, err := r.auth.CreateInvite(ctx, caller.Me(ctx), w)
	if err != nil {
		return nil, err
	}
	return serverInvite(made), nil
}

// deleteInvite ends an invite of either kind.
func (r *Resolver) deleteInvite(ctx context.Context, id string) (string, error) {
	deleted, err := r.chat.DeleteInvite(ctx, caller.Person(ctx), id)
	if errors.Is(err, chat.ErrNoInvite) {
		return r.auth.DeleteInvite(ctx, caller.Me(ctx), id)
	}
	return deleted, err
}

func serverInvite(i *auth.Invite) *invites.Invite {
	return &invites.Invite{ID: i.ID, Code: i.Code, Uses: i.Uses, UsesLeft: i.UsesLeft, Until: i.Until, CreatedBy: i.CreatedBy, CreatedAt: i.CreatedAt}
}

// serverInvites are invites to the server as the API has them; nil stays nil.
func serverInvites(list []*auth.Invite, err error) ([]*invites.Invite, error) {
	if err != nil {
		return nil, err
	}
	all := make([]*invites.Invite, len(list))
	for i, one := range list {
		if one != nil {
			all[i] = serverInvite(one)
		}
	}
	return all, nil
}
