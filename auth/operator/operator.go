// Package operator is what whoever runs the server does to accounts from the shell, whether nodes are running or not. It rests on
// one idea: it changes rows and nothing else, and running nodes find what has changed as they find what other nodes change,
// within two seconds. It needs no key, and knows no request.
package operator

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"parley/audit"
	"parley/auth"
	"parley/auth/invites"
	"parley/auth/passwords"
	"parley/auth/rows"
	"parley/auth/sessions"
	"parley/auth/standing"
	"parley/db"
	"parley/ent"
	"parley/ent/user"
	"parley/naming"
	"parley/naming/usernames"
)

// Operator changes accounts.
type Operator struct {
	store *rows.Store
	audit *audit.Log
}

// New returns one on a store. log gets the audit of what it does; nil: nobody is told.
func New(store *db.Store, log *slog.Logger) *Operator {
	return &Operator{&rows.Store{Store: store, Clock: time.Now}, audit.New(log, nil, audit.OfSignIn)}
}

// AddUser makes an account, whoever may register. auth.ErrUsernameTaken; *auth.InvalidError: username, password.
func (o *Operator) AddUser(ctx context.Context, username, password string) (*auth.User, error) {
	n, reason := usernames.Parse(username)
	if reason != "" {
		return nil, &auth.InvalidError{Field: "username", Reason: reason}
	}
	hash, err := hashOf(ctx, password, n.Key)
	if err != nil {
		return nil, err
	}
	var row *ent.User
	err = o.store.WriteUnlessFull(ctx, func(ctx context.Context, tx *ent.Tx) (err error) {
		row, err = tx.User.Create().SetID(uuid.Must(uuid.NewV7())).SetCreatedAt(o.store.Now()).
			SetUsername(n.Display).SetUsernameKey(n.Key).SetPasswordHash(hash).Save(ctx)
		if ent.IsConstraintError(err) {
			return auth.ErrUsernameTaken
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("add user: %w", err)
	}
	o.tell(ctx, audit.AccountAdded, row.ID)
	return rows.User(row), nil
}

func hashOf(ctx context.Context, password, nameKey string) (string, error) {
	if err := passwords.Check("password", password, nameKey); err != nil {
		return "", err
	}
	return passwords.New(passwords.Options{Parallel: 1, Queue: 1}).Hash(ctx, password, passwords.Request{})
}

// SetPassword gives somebody another password and ends all their sessions. auth.ErrNoUser. auth.ErrForbidden: they have none, because an issuer
// says who they are, or they are a bot. *auth.InvalidError: password.
func (o *Operator) SetPassword(ctx context.Context, nameOrID, password string) (*auth.User, error) {
	row, err := o.find(ctx, nameOrID)
	if err != nil {
		return nil, err
	}
	if row.PasswordHash == nil {
		return nil, auth.ErrForbidden
	}
	hash, err := hashOf(ctx, password, row.UsernameKey)
	if err != nil {
		return nil, err
	}
	return o.change(ctx, row, audit.PasswordChanged, func(ctx context.Context, tx *ent.Tx) (bool, error) {
		n, err := tx.User.Update().Where(user.ID(row.ID), user.DeletedAtIsNil()).SetPasswordHash(hash).AddPasswordVersion(1).Save(ctx)
		if err == nil && n > 0 {
			err = o.endSessions(ctx, tx, row.ID, auth.ReasonPasswordChanged)
		}
		return n > 0, err
	})
}

// SetDisabled ends all sessions of somebody and lets them in nowhere, or lets them in again, server admins too. auth.ErrNoUser.
func (o *Operator) SetDisabled(ctx context.Context, nameOrID string, on bool) (*auth.User, error) {
	row, err := o.find(ctx, nameOrID)
	if err != nil {
		return nil, err
	}
	return o.change(ctx, row, audit.Disabling(on), func(ctx context.Context, tx *ent.Tx) (bool, error) {
		changed, err := standing.SetDisabled(ctx, tx, row.ID, on, o.store.Now())
		if err == nil && changed && on {
			err = o.endSessions(ctx, tx, row.ID, auth.ReasonDisabled)
		}
		return changed, err
	})
}

// SetAdmin makes somebody a server admin, or takes that away, also of the last one. auth.ErrNoUser. auth.ErrForbidden: a bot is none.
func (o *Operator) SetAdmin(ctx context.Context, nameOrID string, on bool) (*auth.User, error) {
	row, err := o.find(ctx, nameOrID)
	if err != nil {
		return nil, err
	}
	message := audit.AdminRemoved
	if on {
		message = audit.AdminAdded
	}
	if on && rows.User(row).IsBot {
		return nil, auth.ErrForbidden
	}
	return o.change(ctx, row, message, func(ctx context.Context, tx *ent.Tx) (bool, error) {
		return standing.SetAdmin(ctx, tx, row.ID, on)
	})
}

// Admins are the server admins, by username.
func (o *Operator) Admins(ctx context.Context) ([]*auth.User, error) {
	return o.list(ctx, o.store.Read.User.Query().Where(user.Admin(true), user.DeletedAtIsNil()))
}

// usersAtOnce is how many accounts one query reads.
const usersAtOnce = 1000

// An Account is what an operator is shown of one.
type Account struct {
	*auth.User
	Issuer, Subject string // who they are to another system; empty: they have a password, or are a bot
}

// Users calls each for all accounts, by username.
func (o *Operator) Users(ctx context.Context, each func(Account)) error {
	for last := ""; ; {
		found, err := o.store.Read.User.Query().Where(user.DeletedAtIsNil(), user.UsernameKeyGT(last)).
			Order(user.ByUsernameKey()).Limit(usersAtOnce).All(ctx)
		if err != nil {
			return fmt.Errorf("list users: %w", err)
		}
		for _, row := range found {
			a := Account{User: rows.User(row)}
			if row.Issuer != nil && row.Subject != nil {
				a.Issuer, a.Subject = *row.Issuer, *row.Subject
			}
			each(a)
			last = row.UsernameKey
		}
		if len(found) < usersAtOnce {
			return nil
		}
	}
}

func (o *Operator) list(ctx context.Context, people *ent.UserQuery) ([]*auth.User, error) {
	found, err := people.Order(user.ByUsernameKey()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	users := make([]*auth.User, len(found))
	for i, row := range found {
		users[i] = rows.User(row)
	}
	return users, nil
}

// Invite makes an invite to the server, which no admin's leaving ends. Errors as of invites.New and invites.Store.
func (o *Operator) Invite(ctx context.Context, w invites.Wish) (*auth.Invite, error) {
	made, err := invites.New(w, uuid.Nil, o.store.Now())
	if err != nil {
		return nil, err
	}
	err = o.store.WriteUnlessFull(ctx, func(ctx context.Context, tx *ent.Tx) error {
		_, err := invites.Store(ctx, tx, made)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("create invite: %w", err)
	}
	o.audit.Write(ctx, slog.LevelInfo, audit.Event{Message: audit.ServerInviteCreated}, slog.String("invite_id", made.ID.String()))
	return made, nil
}

// change carries out a change of somebody whose row it locks, and tells the audit if there was one. It returns them as they are then.
// auth.ErrNoUser: their account was deleted meanwhile.
func (o *Operator) change(ctx context.Context, row *ent.User, message string, do func(context.Context, *ent.Tx) (bool, error)) (*auth.User, error) {
	var changed bool
	now := row
	err := o.store.Write(ctx, func(ctx context.Context, tx *ent.Tx) error {
		if err := standing.Lock(ctx, tx, row.ID); err != nil {
			return err
		}
		var err error
		if changed, err = do(ctx, tx); err != nil {
			return err
		}
		if now, err = tx.User.Get(ctx, row.ID); err == nil && now.DeletedAt != nil {
			err = auth.ErrNoUser
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("change user: %w", err)
	}
	if changed {
		o.tell(ctx, message, row.ID)
	}
	return rows.User(now), nil
}

func (o *Operator) endSessions(ctx context.Context, tx *ent.Tx, who uuid.UUID, reason string) error {
	return sessions.RevokeAll(ctx, tx, who, o.store.Now(), reason)
}

func (o *Operator) tell(ctx context.Context, message string, whom uuid.UUID) {
	o.audit.Write(ctx, slog.LevelInfo, audit.Event{Message: message}, slog.String("whom", whom.String()))
}

// find finds somebody by name or id. auth.ErrNoUser: there is nobody, or their account is deleted.
func (o *Operator) find(ctx context.Context, nameOrID string) (row *ent.User, err error) {
	if id, ok := naming.ParseID(nameOrID); ok {
		row, err = o.store.Read.User.Get(ctx, id)
		if ent.IsNotFound(err) {
			return nil, auth.ErrNoUser
		}
	} else if n, reason := usernames.Parse(nameOrID); reason == "" {
		err = o.store.View(ctx, func(c *ent.Client) (err error) {
			row, err = rows.UserByKey(ctx, c, n.Key)
			return err
		})
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("find user: %w", err)
	case row == nil || row.DeletedAt != nil:
		return nil, auth.ErrNoUser
	}
	return row, nil
}
