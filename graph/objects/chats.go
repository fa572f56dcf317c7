package objects

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"parley/auth"
	"parley/chat/access"
	"parley/chat/mentions"
	"parley/chat/reactions"
	"parley/chat/roomlog"
	"parley/db"
	"parley/graph/caller"
	"parley/graph/fields"
	"parley/graph/together"
	"parley/transport/stream/execution"
)

// reader is to whom something of rooms is shown as it is now. Streams show it to all who may read the room: the execution notes who
// may not any more.
func (r *Resolver) reader(ctx context.Context, of *roomlog.Chat) access.Reader {
	if _, err := auth.IdentityFrom(ctx); err == nil {
		return access.Reader{Person: caller.Me(ctx).User.ID}
	}
	execution.ReadNow(ctx, func(ctx context.Context) (int64, error) { return r.chat.RevokedPlace(ctx, of.Room.ID) })
	return access.Reader{All: true}
}

// authors returns who wrote chats, nil where the account is gone.
func (r *Resolver) authors(ctx context.Context, chats []*roomlog.Chat) ([]*auth.User, error) {
	return together.Of(ctx, "user", chats, func(all []*roomlog.Chat) ([]*auth.User, error) { return usersOf(ctx, r, all, authorOf) })
}

// replyTargets returns what chats answer.
func (r *Resolver) replyTargets(ctx context.Context, chats []*roomlog.Chat) ([]*roomlog.Chat, error) {
	return together.Of(ctx, "replyTo", chats, func(all []*roomlog.Chat) ([]*roomlog.Chat, error) {
		targets, err := r.chat.ReplyTargets(ctx, r.reader(ctx, all[0]), all)
		together.Note(ctx, targets)
		return targets, err
	})
}

// replyCounts returns how many answer each of some chats.
func (r *Resolver) replyCounts(ctx context.Context, chats []*roomlog.Chat) ([]int, error) {
	return together.Of(ctx, "replyCount", chats, func(all []*roomlog.Chat) ([]int, error) {
		return r.chat.ReplyCounts(ctx, r.reader(ctx, all[0]), all)
	})
}

// reactionsOn returns what is on chats, with the people if they are selected.
func (r *Resolver) reactionsOn(ctx context.Context, chats []*roomlog.Chat) ([][]*reactions.Reaction, error) {
	field, people := "reactions", selectedOf(ctx, "Chat").has("reactions", "users")
	if people {
		field += " with people"
	}
	return together.Of(ctx, field, chats, func(all []*roomlog.Chat) ([][]*reactions.Reaction, error) {
		found, err := r.chat.Reactions(ctx, r.reader(ctx, all[0]), all, people)
		if err != nil {
			return nil, err
		}
		each := slices.Concat(found...)
		together.Note(ctx, each)
		return found, db.Count(ctx, len(each)*fields.Bytes) // there may be many more than the operation was charged for
	})
}

// reactionsOfMine returns what the caller has put on chats.
func (r *Resolver) reactionsOfMine(ctx context.Context, chats []*roomlog.Chat) ([][]string, error) {
	return together.Of(ctx, "myReactions", chats, func(all []*roomlog.Chat) ([][]string, error) {
		return r.chat.MyReactions(ctx, caller.Person(ctx), all)
	})
}

// reacting returns who has reacted first, without those whose accounts are gone.
func (r *Resolver) reacting(ctx context.Context, some []*reactions.Reaction) ([][]*auth.User, error) {
	return together.Of(ctx, "users", some, func(all []*reactions.Reaction) ([][]*auth.User, error) {
		var ids []uuid.UUID
		for _, one := range all {
			ids = append(ids, one.Users...)
		}
		if err := db.Count(ctx, len(ids)*fields.BytesShown); err != nil { // likewise
			return nil, err
		}
		users, err := r.people(ctx, ids)
		if err != nil {
			return nil, err
		}
		found := make([][]*auth.User, len(all))
		for i, one := range all {
			found[i] = make([]*auth.User, 0, len(one.Users))
			for _, user := range users[:len(one.Users)] {
				if user != nil {
					found[i] = append(found[i], user)
				}
			}
			users = users[len(one.Users):]
		}
		return found, nil
	})
}

// namedIn returns the ids of whom chats mention.
func (r *Resolver) namedIn(ctx context.Context, chats []*roomlog.Chat) ([][]uuid.UUID, error) {
	return together.Of(ctx, "mentions", chats, func(all []*roomlog.Chat) ([][]uuid.UUID, error) {
		if !slices.ContainsFunc(all, mentions.Possibly) {
			return make([][]uuid.UUID, len(all)), nil
		}
		return r.chat.Mentioned(ctx, r.reader(ctx, all[0]), all)
	})
}

// mentioned returns whom each chat mentions, by their usernames, without accounts that are gone.
func (r *Resolver) mentioned(ctx context.Context, chats []*roomlog.Chat) ([][]*auth.User, error) {
	named, err := r.namedIn(ctx, chats)
	if err != nil {
		return nil, err
	}
	users, err := r.people(ctx, slices.Concat(named...))
	if err != nil {
		return nil, err
	}
	mentioned := make([][]*auth.User, len(chats))
	for i, ids := range named {
		mentioned[i] = []*auth.User{}
		for _, user := range users[:len(ids)] {
			if user != nil {
				mentioned[i] = append(mentioned[i], user)
			}
		}
		slices.SortFunc(mentioned[i], func(x, y *auth.User) int { return strings.Compare(x.Username, y.Username) })
		users = users[len(ids):]
	}
	return mentioned, nil
}

// lastChats returns the newest chats of rooms.
func (r *Resolver) lastChats(ctx context.Context, rooms []*roomlog.Room) ([]*roomlog.Chat, error) {
	chats, err := r.chat.LastChats(ctx, caller.Anybody(ctx), rooms)
	together.Note(ctx, chats)
	return chats, err
}
