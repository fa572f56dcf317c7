package accounts

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"parley/auth"
	"parley/auth/rows"
	"parley/ent"
	"parley/ent/user"
	"parley/naming"
	"parley/naming/usernames"
)

// UserByNameOrID finds a user by what an argument says: an id in any form of a UUID, else a name.
// ErrNoUser: there is none, or it was deleted.
func (s *Service) UserByNameOrID(ctx context.Context, text string) (*auth.User, error) {
	if id, ok := naming.ParseID(text); ok {
		users, err := s.UsersByID(ctx, []uuid.UUID{id})
		if err != nil {
			return nil, err
		}
		if users[0] == nil {
			return nil, auth.ErrNoUser
		}
		return users[0], nil
	}
	n, reason := usernames.Parse(text)
	if reason != "" {
		return nil, auth.ErrNoUser
	}
	row, err := s.userByKey(ctx, n.Key)
	if err != nil {
		return nil, err
	}
	if row == nil || row.DeletedAt != nil {
		return nil, auth.ErrNoUser
	}
	return rows.User(row), nil
}

// userByKey returns the row that holds a name, deleted or not; nil when the name is free.
func (s *Service) userByKey(ctx context.Context, key string) (row *ent.User, err error) {
	err = s.store.View(ctx, func(c *ent.Client) error {
		row, err = rows.UserByKey(ctx, c, key)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find user: %w", err)
	}
	return row, nil
}

// UsersByID returns users in the order asked for, in one query; nil where there is none, or it was
// deleted.
func (s *Service) UsersByID(ctx context.Context, ids []uuid.UUID) ([]*auth.User, error) {
	byID := make(map[uuid.UUID]*auth.User, len(ids))
	distinct := make([]uuid.UUID, 0, len(ids))
	for _, id := range ids {
		if _, twice := byID[id]; !twice {
			byID[id] = nil
			distinct = append(distinct, id)
		}
	}
	found, err := s.store.Read.User.Query().Where(user.IDIn(distinct...), user.DeletedAtIsNil()).
		Select(rows.UserColumns...).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("users by id: %w", err)
	}
	for _, row := range found {
		byID[row.ID] = rows.User(row)
	}
	users := make([]*auth.User, len(ids))
	for i, id := range ids {
		users[i] = byID[id]
	}
	return users, nil
}
