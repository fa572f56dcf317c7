package objects

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"parley/auth"
	"parley/chat/access"
	"parley/chat/invites"
	"parley/chat/members"
	"parley/chat/roomlog"
	"parley/db"
	"parley/graph/fields"
	"parley/graph/together"
)

// usersOf returns, of each object, whose account an id is, nil where it is gone, with one query.
func usersOf[T any](ctx context.Context, r *Resolver, objs []T, id func(T) uuid.UUID) ([]*auth.User, error) {
	ids := make([]uuid.UUID, len(objs))
	for i, obj := range objs {
		ids[i] = id(obj)
	}
	return r.people(ctx, ids)
}

// people returns whose accounts some ids are, nil where one is gone, with one query for those that the operation has not read yet.
// Each of them is charged for once, since they are one object wherever they are shown.
func (r *Resolver) people(ctx context.Context, ids []uuid.UUID) ([]*auth.User, error) {
	return together.People(ctx, ids, func(ctx context.Context, unknown []uuid.UUID) ([]*auth.User, error) {
		if err := db.Count(ctx, len(unknown)*fields.Bytes); err != nil {
			return nil, err
		}
		return r.auth.UsersByID(ctx, unknown)
	})
}

// usersIn are the same where the account was there when the object was read: who was deleted since is shown by name.
func usersIn[T any](ctx context.Context, r *Resolver, objs []T, who func(T) access.Caller) ([]*auth.User, error) {
	users, err := usersOf(ctx, r, objs, func(obj T) uuid.UUID { return who(obj).ID })
	if err != nil {
		return nil, err
	}
	for i, obj := range objs {
		if users[i] == nil {
			users[i] = &auth.User{ID: who(obj).ID, Username: who(obj).Username, Name: who(obj).Username}
		}
	}
	return users, nil
}

func authorOf(c *roomlog.Chat) uuid.UUID { return c.UserID }

func memberOf(m *members.Member) access.Caller {
	return access.Caller{ID: m.UserID, Username: m.Username}
}

func bannedOf(b *members.Ban) access.Caller {
	return access.Caller{ID: b.UserID, Username: b.Username}
}

func bannerOf(b *members.Ban) uuid.UUID { return b.By }

func inviterOf(i *invites.Invite) uuid.UUID { return i.CreatedBy }

// userOf returns whose account it is, nil where it is gone.
func (r *Resolver) userOf(ctx context.Context, id uuid.UUID) (*auth.User, error) {
	users, err := r.auth.UsersByID(ctx, []uuid.UUID{id})
	if err != nil {
		return nil, err
	}
	return users[0], nil
}

// Account turns the id of a person into whose it is.
func (r *Resolver) Account(ctx context.Context) func(uuid.UUID, error) (*auth.User, error) {
	return func(id uuid.UUID, err error) (*auth.User, error) {
		if err != nil {
			return nil, err
		}
		return r.userOf(ctx, id)
	}
}

// Accounts does the same with several, without those that are gone.
func (r *Resolver) Accounts(ctx context.Context) func([]uuid.UUID, error) ([]*auth.User, error) {
	return func(ids []uuid.UUID, err error) ([]*auth.User, error) {
		if err != nil || len(ids) == 0 {
			return []*auth.User{}, err
		}
		users, err := r.people(ctx, ids)
		return slices.DeleteFunc(users, func(u *auth.User) bool { return u == nil }), err
	}
}

// actor returns who did something, nil where the account is gone.
func (r *Resolver) actor(ctx context.Context, e *roomlog.Event) (*auth.User, error) {
	if e.ActorID == uuid.Nil { // nobody did
		return nil, nil
	}
	return r.personOf(ctx, "actor", e, func(e *roomlog.Event) uuid.UUID { return e.ActorID })
}

// about returns whom an event is about, nil where the account is gone.
func (r *Resolver) about(ctx context.Context, e *roomlog.Event) (*auth.User, error) {
	if e.UserID == nil {
		return nil, nil
	}
	return r.personOf(ctx, "user", e, func(e *roomlog.Event) uuid.UUID {
		if e.UserID == nil {
			return uuid.Nil
		}
		return *e.UserID
	})
}

// personOf returns whose account a field of an event is, read for all events that are executed with it.
func (r *Resolver) personOf(ctx context.Context, field string, e *roomlog.Event, id func(*roomlog.Event) uuid.UUID) (*auth.User, error) {
	users, err := together.Of(ctx, field, []*roomlog.Event{e}, func(all []*roomlog.Event) ([]*auth.User, error) { return usersOf(ctx, r, all, id) })
	if err != nil {
		return nil, err
	}
	return users[0], nil
}

// membership is that of whom an event is about as everybody is shown it, nil where it has ended.
func membership(e *roomlog.Event) *members.Member {
	if e.Member == nil {
		return nil
	}
	m := members.MemberOf(e.Room, access.Caller{ID: *e.UserID, Username: *e.Username}, e.Member, uuid.Nil)
	if e.Kind == roomlog.MemberRead { // told to those alone who may know
		m.LastRead = &e.Member.LastRead
	}
	return m
}

// pageOf is where a page of people lies, in the type that other pages have.
func pageOf(p *auth.UserPage) *members.PageInfo {
	return &members.PageInfo{
		StartCursor: p.StartCursor, EndCursor: p.EndCursor,
		HasPreviousPage: p.HasPreviousPage, HasNextPage: p.HasNextPage,
	}
}
