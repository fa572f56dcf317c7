// Package standing is what people are on the server beside what they are in rooms: server admins, and disabled. It rests on one
// idea: it is columns of their row, judged in the transaction of what it allows, so that taking it away acts on whatever commits
// behind it. It knows no sessions.
package standing

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/auth"
	"parley/ent"
	"parley/ent/serverinvite"
	"parley/ent/user"
	"parley/rights"
)

// Lock takes the rows of people until the transaction ends, in order of their ids, and before any of their sessions.
func Lock(ctx context.Context, tx *ent.Tx, people ...uuid.UUID) error {
	slices.SortFunc(people, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	for _, id := range slices.Compact(people) {
		if err := tx.User.Update().Where(user.ID(id)).AddPasswordVersion(0).Exec(ctx); err != nil {
			return fmt.Errorf("lock user: %w", err)
		}
	}
	return nil
}

// CheckAdmin returns nil of a server admin who is let in. auth.ErrForbidden: they are none, or not any more.
func CheckAdmin(ctx context.Context, c *ent.Client, who uuid.UUID) error {
	is, err := c.User.Query().Where(user.ID(who), user.Admin(true), user.DisabledAtIsNil(), user.DeletedAtIsNil()).Exist(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("look for a server admin: %w", err)
	case !is:
		return auth.ErrForbidden
	}
	return nil
}

// CheckMay returns nil of whoever may do something on the server: everybody where it is not withheld, and bots and server admins in any
// case. *auth.ReasonError: they may not.
func CheckMay(ctx context.Context, c *ent.Client, who *auth.User, do rights.Action, withheld rights.Withheld) error {
	if !withheld.Has(do) || who.IsBot {
		return nil
	}
	err := CheckAdmin(ctx, c, who.ID)
	if errors.Is(err, auth.ErrForbidden) {
		return &auth.ReasonError{Err: auth.ErrForbidden, Reason: rights.NotForMembers}
	}
	return err
}

// CheckEnabled returns nil of whoever is let in. *auth.ReasonError: they are disabled.
func CheckEnabled(ctx context.Context, tx *ent.Tx, who uuid.UUID) error {
	disabled, err := tx.User.Query().Where(user.ID(who), user.DisabledAtNotNil()).Exist(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("look for the disabled: %w", err)
	case disabled:
		return &auth.ReasonError{Err: auth.ErrForbidden, Reason: auth.ReasonDisabled}
	}
	return nil
}

// SetDisabled disables somebody whose row is locked, or lets them in again. changed: it was not so before.
func SetDisabled(ctx context.Context, tx *ent.Tx, who uuid.UUID, on bool, now time.Time) (changed bool, err error) {
	change := tx.User.Update().Where(user.ID(who), user.DeletedAtIsNil())
	if on {
		change.Where(user.DisabledAtIsNil()).SetDisabledAt(now)
	} else {
		change.Where(user.DisabledAtNotNil()).ClearDisabledAt()
	}
	return set(ctx, change)
}

// SetAdmin makes somebody a server admin, or takes that away, and with it the invites to the server that they have made: they let nobody in
// again when their maker is one again. changed: it was not so before. A bot is none: nothing changes.
func SetAdmin(ctx context.Context, tx *ent.Tx, who uuid.UUID, on bool) (changed bool, err error) {
	change := tx.User.Update().Where(user.ID(who), user.DeletedAtIsNil())
	if on {
		return set(ctx, change.Where(user.AdminIsNil(), user.BotIsNil()).SetAdmin(true))
	}
	if _, err := tx.ServerInvite.Delete().Where(serverinvite.CreatedBy(who)).Exec(ctx); err != nil {
		return false, fmt.Errorf("end invites: %w", err)
	}
	return set(ctx, change.Where(user.AdminNotNil()).ClearAdmin())
}

func set(ctx context.Context, change *ent.UserUpdate) (changed bool, err error) {
	n, err := change.Save(ctx)
	if err != nil {
		return false, fmt.Errorf("change user: %w", err)
	}
	return n > 0, nil
}
