package accounts

import (
	"context"
	"fmt"

	"parley/auth"
	"parley/auth/rows"
	"parley/ent"
	"parley/ent/user"
	"parley/naming"
)

// A Profile is what somebody changes of how they are shown.
type Profile struct {
	Name **string // nil: it stays; nil in it: the username again
}

// UpdateMe changes how the caller is shown, and returns them. Sent again it changes nothing.
// InvalidError: name, as naming.Nickname says. ErrSessionRevoked: their account is gone, or disabled. ErrUnauthenticated: the bot has another token. *auth.RateError.
func (s *Service) UpdateMe(ctx context.Context, who auth.Identity, p Profile) (*auth.User, error) {
	name, err := p.read()
	if err != nil {
		return nil, err
	}
	if err := s.takeChange(who); err != nil {
		return nil, err
	}
	var row *ent.User
	err = s.store.WriteUnlessFull(ctx, func(ctx context.Context, tx *ent.Tx) error {
		change := tx.User.Update().Where(user.ID(who.User.ID)).AddPasswordVersion(0).SetNillableName(name)
		if p.Name != nil && name == nil {
			change.ClearName()
		}
		err := change.Exec(ctx) // the row is locked before the session is
		if err == nil {
			err = s.stillIn(ctx, tx, who)
		}
		if err == nil {
			row, err = tx.User.Get(ctx, who.User.ID)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("update me: %w", err)
	}
	return rows.User(row), nil
}

// read reads the arguments: the name as it is stored, nil where there is none.
func (p Profile) read() (name *string, err error) {
	if p.Name == nil || *p.Name == nil {
		return nil, nil
	}
	clean, reason := naming.Nickname(**p.Name)
	if reason != "" {
		return nil, &auth.InvalidError{Field: "name", Reason: reason}
	}
	return &clean, nil
}
