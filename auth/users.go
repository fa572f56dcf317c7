package auth

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"parley/ent"
	"parley/ent/user"
)

func newUser(row *ent.User) *User {
	return &User{ID: row.ID, Username: row.Username, CreatedAt: row.CreatedAt.UTC()}
}

// Register makes an account and signs in to it. A deleted account keeps its name.
// InvalidError: username or password is not acceptable. ErrUsernameTaken. ErrBusy: no slot to hash
// in. db.ErrUnknownOutcome: the account may exist; signing in tells.
func (s *Service) Register(ctx context.Context, username, password string, from Client) (*Tokens, error) {
	n, reason := parseName(username)
	if reason != "" {
		return nil, &InvalidError{Field: "username", Reason: reason}
	}
	if err := checkPassword("password", password, n.key); err != nil {
		return nil, err
	}
	// Asked before waiting for a slot, and again with the slot in hand: many who want one name at once
	// cost a few hashes and not one each. What decides is the unique index.
	if err := s.free(ctx, n.key); err != nil {
		return nil, err
	}
	hash, err := s.passwords.make(ctx, password, func() error { return s.free(ctx, n.key) })
	if err != nil {
		return nil, err
	}
	var pair grant
	err = s.write(ctx, func(ctx context.Context, tx *ent.Tx) error {
		row, err := tx.User.Create().SetID(uuid.Must(uuid.NewV7())).SetCreatedAt(s.now()).
			SetUsername(n.display).SetUsernameKey(n.key).SetPasswordHash(hash).Save(ctx)
		if ent.IsConstraintError(err) { // the transaction ends here, as Postgres wants it
			return ErrUsernameTaken
		}
		if err != nil {
			return err
		}
		pair, _, err = s.begin(ctx, tx, newUser(row), from)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("register: %w", err)
	}
	return s.sign(pair)
}

// free answers nil when nobody has or had a name.
func (s *Service) free(ctx context.Context, key string) error {
	row, err := s.userByKey(ctx, key)
	if err == nil && row != nil {
		return ErrUsernameTaken
	}
	return err
}

// Login signs in. ErrInvalidCredentials: there is no such user, the account is deleted or the
// password is wrong; the three take the same time. InvalidError: password TOO_LONG. ErrBusy: no
// slot to hash in. db.ErrUnknownOutcome: a session may have begun that nobody holds the tokens of.
func (s *Service) Login(ctx context.Context, username, password string, from Client) (*Tokens, error) {
	if len(password) > MaxPasswordBytes {
		return nil, &InvalidError{Field: "password", Reason: "TOO_LONG"}
	}
	row, newer, err := s.verify(ctx, username, password)
	if err != nil {
		return nil, err
	}
	return s.enter(ctx, row, newer, from)
}

// enter begins the session of a user whose password was right when row was read.
func (s *Service) enter(ctx context.Context, row *ent.User, newer string, from Client) (*Tokens, error) {
	var pair grant
	var surplus []uuid.UUID
	err := s.write(ctx, func(ctx context.Context, tx *ent.Tx) error {
		// A lock, and the question whether the password verified is still the password: whoever
		// commits second, a change of it or this, sees the other.
		n, err := tx.User.Update().Where(user.ID(row.ID), user.PasswordVersion(row.PasswordVersion), user.DeletedAtIsNil()).
			AddPasswordVersion(0).Save(ctx)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrInvalidCredentials
		}
		if newer != "" {
			err := tx.User.Update().Where(user.ID(row.ID), user.PasswordHash(*row.PasswordHash)).
				SetPasswordHash(newer).Exec(ctx)
			if err != nil {
				return err
			}
		}
		pair, surplus, err = s.begin(ctx, tx, newUser(row), from)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("login: %w", err)
	}
	s.ended(surplus, ReasonTooManySessions)
	return s.sign(pair)
}

// verify answers the row of the user whose name and password these are; newer is the hash to store
// instead of the old one, or empty. Names that do not exist take a hash too.
func (s *Service) verify(ctx context.Context, username, password string) (row *ent.User, newer string, err error) {
	if n, reason := parseName(username); reason == "" {
		if row, err = s.userByKey(ctx, n.key); err != nil {
			return nil, "", err
		}
	}
	stored := s.passwords.dummy
	exists := row != nil && row.DeletedAt == nil && row.PasswordHash != nil
	if exists {
		stored = *row.PasswordHash
	}
	right, newer, err := s.passwords.verify(ctx, stored, password)
	if err != nil {
		return nil, "", fmt.Errorf("verify password: %w", err)
	}
	if !right || !exists {
		return nil, "", ErrInvalidCredentials
	}
	return row, newer, nil
}

// userByKey answers the row that holds a name, deleted or not; nil when the name is free.
func (s *Service) userByKey(ctx context.Context, key string) (row *ent.User, err error) {
	err = s.store.View(ctx, func(c *ent.Client) error {
		rows, err := c.User.Query().Where(user.UsernameKey(key)).Limit(1).All(ctx)
		if err == nil && len(rows) == 1 {
			row = rows[0]
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find user: %w", err)
	}
	return row, nil
}

// UserByNameOrID finds a user by what an argument says: an id in any form of a UUID, else a name.
// ErrNoUser: there is none, or it was deleted.
func (s *Service) UserByNameOrID(ctx context.Context, text string) (*User, error) {
	if id, err := uuid.Parse(text); err == nil {
		users, err := s.UsersByID(ctx, []uuid.UUID{id})
		if err != nil {
			return nil, err
		}
		if users[0] == nil {
			return nil, ErrNoUser
		}
		return users[0], nil
	}
	n, reason := parseName(text)
	if reason != "" {
		return nil, ErrNoUser
	}
	row, err := s.userByKey(ctx, n.key)
	if err != nil {
		return nil, err
	}
	if row == nil || row.DeletedAt != nil {
		return nil, ErrNoUser
	}
	return newUser(row), nil
}

// UsersByID answers users in the order asked for, in one query; nil where there is none, or it was
// deleted.
func (s *Service) UsersByID(ctx context.Context, ids []uuid.UUID) ([]*User, error) {
	found := make(map[uuid.UUID]*User, len(ids))
	distinct := make([]uuid.UUID, 0, len(ids))
	for _, id := range ids {
		if _, twice := found[id]; !twice {
			found[id] = nil
			distinct = append(distinct, id)
		}
	}
	rows, err := s.store.Read.User.Query().Where(user.IDIn(distinct...), user.DeletedAtIsNil()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("users by id: %w", err)
	}
	for _, row := range rows {
		found[row.ID] = newUser(row)
	}
	users := make([]*User, len(ids))
	for i, id := range ids {
		users[i] = found[id]
	}
	return users, nil
}
