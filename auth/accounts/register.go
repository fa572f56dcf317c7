package accounts

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/google/uuid"

	"parley/audit"
	"parley/auth"
	"parley/auth/invites"
	"parley/auth/passwords"
	"parley/auth/rows"
	"parley/auth/sessions"
	"parley/ent"
	"parley/naming/usernames"
)

// A Registration is what somebody makes an account with.
type Registration struct {
	Username, Password string
	Invite             *string // the code of an invite to the server; not looked at where everybody may register
}

// Register makes an account and signs in to it. A deleted account keeps its name.
// *auth.RateError: too many from this network. ErrForbidden, REGISTRATION_CLOSED: nobody may register, or the code lets nobody in, which
// is asked first. InvalidError: username or password is not acceptable.
// ErrUsernameTaken. ErrBusy: no slot to hash in. db.ErrUnknownOutcome: the account may exist;
// signing in tells.
func (s *Service) Register(ctx context.Context, r Registration, from auth.Client) (*auth.Tokens, error) {
	if err := auth.TooFast(s.registrations.Take(from.Network(), s.store.Clock())); err != nil {
		return nil, err
	}
	code, err := s.letIn(ctx, r.Invite)
	if err != nil {
		return nil, err
	}
	wanted, err := s.newAccount(ctx, r, from)
	if err != nil {
		return nil, err
	}
	wanted.code = code
	begun, invite, err := s.create(ctx, wanted, from)
	if err != nil {
		return nil, fmt.Errorf("register: %w", err)
	}
	var by []slog.Attr
	if invite != uuid.Nil {
		by = []slog.Attr{slog.String("invite_id", invite.String())}
	}
	return s.issue(ctx, audit.Registered, begun, from, by...)
}

// newAccount judges a username and a password, and hashes that.
func (s *Service) newAccount(ctx context.Context, r Registration, from auth.Client) (newAccount, error) {
	n, reason := usernames.Parse(r.Username)
	if reason != "" {
		return newAccount{}, &auth.InvalidError{Field: "username", Reason: reason}
	}
	if err := passwords.Check("password", r.Password, n.Key); err != nil {
		return newAccount{}, err
	}
	// Asked before waiting for a slot, and again with the slot in hand: many who want one name or one use of a code at once
	// cost a few hashes and not one each. What decides is the transaction.
	if err := s.free(ctx, n.Key); err != nil {
		return newAccount{}, err
	}
	hash, err := s.passwords.Hash(ctx, r.Password, passwords.Request{
		Network: from.Network(), Wanted: func() error {
			if _, err := s.letIn(ctx, r.Invite); err != nil {
				return err
			}
			return s.free(ctx, n.Key)
		},
	})
	return newAccount{Name: n, hash: hash}, err
}

// letIn says whether a registration is gone on with. code is that of the invite it has to use; empty: it needs none.
func (s *Service) letIn(ctx context.Context, invite *string) (code string, err error) {
	switch s.o.Registration {
	case auth.RegistrationOpen:
		return "", nil
	case auth.RegistrationInvite:
		if invite != nil {
			return *invite, s.store.View(ctx, func(c *ent.Client) error { return invites.Find(ctx, c, *invite, s.store.Now()) })
		}
	}
	return "", invites.ErrClosed
}

// A newAccount is one that is to be stored.
type newAccount struct {
	usernames.Name
	hash string
	code string // of the invite that it uses; empty: none
}

// create stores a new account and the session that begins with it. used is the invite that it was made with; uuid.Nil: none.
func (s *Service) create(ctx context.Context, a newAccount, from auth.Client) (begun sessions.Begun, used uuid.UUID, err error) {
	err = s.store.WriteUnlessFull(ctx, func(ctx context.Context, tx *ent.Tx) error {
		if a.code != "" {
			var err error
			if used, err = invites.Use(ctx, tx, a.code, s.store.Now()); err != nil {
				return err
			}
		}
		row, err := tx.User.Create().SetID(uuid.Must(uuid.NewV7())).SetCreatedAt(s.store.Now()).
			SetUsername(a.Display).SetUsernameKey(a.Key).SetPasswordHash(a.hash).Save(ctx)
		if ent.IsConstraintError(err) { // the transaction ends here, as Postgres wants it
			return auth.ErrUsernameTaken
		}
		if err != nil {
			return err
		}
		begun, err = s.sessions.Begin(ctx, tx, rows.User(row), from)
		return err
	})
	return begun, used, err
}

// free returns nil when nobody has or had a name.
func (s *Service) free(ctx context.Context, key string) error {
	row, err := s.userByKey(ctx, key)
	if err == nil && row != nil {
		return auth.ErrUsernameTaken
	}
	return err
}
