// Package invites lets people make accounts by codes. It rests on one idea: a use is counted by the transaction that makes the
// account, and by one statement, so a use lets one person in. It knows no password and no request.
package invites

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"parley/auth"
	"parley/ent"
	"parley/ent/predicate"
	"parley/ent/serverinvite"
	"parley/ent/user"
	"parley/naming"
	"parley/naming/codes"
)

// A Wish is an invite that is to be made: uses is 1 to 1000, 0 for any number, nil for 1; until is in the future, nil: it does not end
// by time; id is the client's own UUID, nil: one is made.
type Wish struct {
	Uses  *int
	Until *time.Time
	ID    *string
}

// New is the invite that a wish is for. by is its maker; uuid.Nil: the shell.
// *auth.InvalidError: uses or until OUT_OF_RANGE, id ID_INVALID.
func New(w Wish, by uuid.UUID, now time.Time) (*auth.Invite, error) {
	terms, field, _ := codes.NewTerms(w.Uses, w.Until, now)
	if field != "" {
		return nil, &auth.InvalidError{Field: field, Reason: "OUT_OF_RANGE"}
	}
	id := uuid.Must(uuid.NewV7())
	if w.ID != nil {
		var ok bool
		if id, ok = naming.ParseID(*w.ID); !ok || id == uuid.Nil {
			return nil, &auth.InvalidError{Field: "id", Reason: "ID_INVALID"}
		}
	}
	return &auth.Invite{ID: id, Code: codes.New(), Uses: terms.Uses, UsesLeft: terms.Uses, Until: terms.Until, CreatedBy: by, CreatedAt: now}, nil
}

// Store stores an invite, whose maker the transaction has judged, and returns it, or the one that is there of the same call.
// auth.ErrIDTaken: another's. auth.ErrManyInvites: there are 100 that let somebody in.
func Store(ctx context.Context, tx *ent.Tx, i *auth.Invite) (*auth.Invite, error) {
	there, err := tx.ServerInvite.Get(ctx, i.ID)
	switch {
	case err == nil && makerOf(there) != i.CreatedBy:
		return nil, auth.ErrIDTaken
	case err == nil:
		return inviteOf(there), nil
	case !ent.IsNotFound(err):
		return nil, fmt.Errorf("find invite: %w", err)
	}
	old := serverinvite.And(serverinvite.CreatedAtLT(i.CreatedAt.Add(-codes.KeptFor)), serverinvite.Not(live(i.CreatedAt)))
	if _, err := tx.ServerInvite.Delete().Where(old).Exec(ctx); err != nil {
		return nil, fmt.Errorf("delete ended invites: %w", err)
	}
	n, err := tx.ServerInvite.Query().Where(live(i.CreatedAt)).Count(ctx)
	if err != nil {
		return nil, fmt.Errorf("count invites: %w", err)
	}
	if n >= codes.MostLive {
		return nil, auth.ErrManyInvites
	}
	row := tx.ServerInvite.Create().SetID(i.ID).SetCode(i.Code).SetCreatedAt(i.CreatedAt).SetNillableUses(i.Uses).SetNillableUsesLeft(i.UsesLeft).
		SetNillableUntil(i.Until)
	if i.CreatedBy != uuid.Nil {
		row.SetCreatedBy(i.CreatedBy)
	}
	return i, row.Exec(ctx) // where the id is there meanwhile, by the same call sent again, this is repeated and finds it
}

// live picks the invites that let somebody in: with uses left, with time, and of the shell or somebody who is a server admin.
func live(now time.Time) predicate.ServerInvite {
	return serverinvite.And(
		serverinvite.Or(serverinvite.UsesLeftIsNil(), serverinvite.UsesLeftGT(0)),
		serverinvite.Or(serverinvite.UntilIsNil(), serverinvite.UntilGT(now)),
		serverinvite.Or(serverinvite.CreatedByIsNil(), serverinvite.HasCreatorWith(user.Admin(true), user.DisabledAtIsNil(), user.DeletedAtIsNil())))
}

// Find says whether a code lets anybody in now. ErrClosed: it does not, whatever the reason.
func Find(ctx context.Context, c *ent.Client, code string, now time.Time) error {
	there := false
	if parsed, ok := codes.Parse(code); ok {
		var err error
		if there, err = c.ServerInvite.Query().Where(serverinvite.Code(parsed), live(now)).Exist(ctx); err != nil {
			return fmt.Errorf("find invite: %w", err)
		}
	}
	if !there {
		return ErrClosed
	}
	return nil
}

// ErrClosed is what is told of a code that lets nobody in, as of none.
var ErrClosed error = &auth.ReasonError{Err: auth.ErrForbidden, Reason: auth.ReasonRegistrationClosed}

// Use counts a use of a code, in the transaction that makes an account with it, and returns the id of the invite. ErrClosed: it lets nobody in
// any more.
func Use(ctx context.Context, tx *ent.Tx, code string, now time.Time) (uuid.UUID, error) {
	parsed, ok := codes.Parse(code)
	if !ok {
		return uuid.Nil, ErrClosed
	}
	// The row is locked before it is judged: who waited for another use sees what that left.
	if err := tx.ServerInvite.Update().Where(serverinvite.Code(parsed), serverinvite.UsesLeftNotNil()).AddUsesLeft(0).Exec(ctx); err != nil {
		return uuid.Nil, fmt.Errorf("lock invite: %w", err)
	}
	id, err := tx.ServerInvite.Query().Where(serverinvite.Code(parsed), live(now)).OnlyID(ctx)
	switch {
	case ent.IsNotFound(err):
		return uuid.Nil, ErrClosed
	case err != nil:
		return uuid.Nil, fmt.Errorf("find invite: %w", err)
	}
	err = tx.ServerInvite.Update().Where(serverinvite.Code(parsed), serverinvite.UsesLeftNotNil()).AddUsesLeft(-1).Exec(ctx)
	if err != nil {
		return uuid.Nil, fmt.Errorf("count a use: %w", err)
	}
	return id, nil
}

// List are the invites that let somebody in, in the order in which they were made.
func List(ctx context.Context, c *ent.Client, now time.Time, where ...predicate.ServerInvite) ([]*auth.Invite, error) {
	found, err := c.ServerInvite.Query().Where(live(now)).Where(where...).
		Order(ent.Asc(serverinvite.FieldCreatedAt, serverinvite.FieldID)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list invites: %w", err)
	}
	invites := make([]*auth.Invite, len(found))
	for i, row := range found {
		invites[i] = inviteOf(row)
	}
	return invites, nil
}

// ByID are those of some ids.
func ByID(ids []uuid.UUID) predicate.ServerInvite { return serverinvite.IDIn(ids...) }

// Delete ends an invite. auth.ErrNoInvite: there is none, perhaps any more.
func Delete(ctx context.Context, tx *ent.Tx, id uuid.UUID) error {
	n, err := tx.ServerInvite.Delete().Where(serverinvite.ID(id)).Exec(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("delete invite: %w", err)
	case n == 0:
		return auth.ErrNoInvite
	}
	return nil
}

func inviteOf(row *ent.ServerInvite) *auth.Invite {
	return &auth.Invite{
		ID: row.ID, Code: row.Code, Uses: row.Uses, UsesLeft: row.UsesLeft, Until: row.Until, CreatedBy: makerOf(row), CreatedAt: row.CreatedAt,
	}
}

func makerOf(row *ent.ServerInvite) uuid.UUID {
	if row.CreatedBy == nil {
		return uuid.Nil
	}
	return *row.CreatedBy
}
