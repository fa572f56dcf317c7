// Package objects has the resolvers of what objects lead to: the people, chats and counts that are shown with chats, rooms,
// members and events. What lies below a list is read for all of it at once.
package objects

import (
	"parley/auth/accounts"
	"parley/chat"
	"parley/graph/generated"
)

// Resolver is what resolvers of objects may call. Its fields are lower-case, because gqlgen's methods shadow an exported
// field of the same name as a GraphQL field.
type Resolver struct {
	auth *accounts.Service
	chat *chat.Service
}

// New returns resolvers over accounts and rooms.
func New(auth *accounts.Service, chat *chat.Service) *Resolver { return &Resolver{auth, chat} }

// Ban returns the resolvers of bans.
func (r *Resolver) Ban() generated.BanResolver { return &banResolver{r} }

// Chat returns those of chats.
func (r *Resolver) Chat() generated.ChatResolver { return &chatResolver{r} }

// Event returns those of events.
func (r *Resolver) Event() generated.EventResolver { return &eventResolver{r} }

// Invite returns those of invites.
func (r *Resolver) Invite() generated.InviteResolver { return &inviteResolver{r} }

// Member returns those of members.
func (r *Resolver) Member() generated.MemberResolver { return &memberResolver{r} }

// Reaction returns those of reactions.
func (r *Resolver) Reaction() generated.ReactionResolver { return &reactionResolver{r} }

// Room returns those of rooms.
func (r *Resolver) Room() generated.RoomResolver { return &roomResolver{r} }

// UserConnection returns those of pages of people.
func (r *Resolver) UserConnection() generated.UserConnectionResolver {
	return &userConnectionResolver{r}
}

type (
	banResolver            struct{ *Resolver }
	chatResolver           struct{ *Resolver }
	eventResolver          struct{ *Resolver }
	inviteResolver         struct{ *Resolver }
	memberResolver         struct{ *Resolver }
	reactionResolver       struct{ *Resolver }
	roomResolver           struct{ *Resolver }
	userConnectionResolver struct{ *Resolver }
)
