package access

import (
	"context"
	"fmt"

	"parley/ent"
	"parley/ent/user"
	"parley/rights"
)

// MayOnServer says whether somebody may do something on the server; nothing else of rooms decides that. Everybody may where it is not
// withheld, and bots and server admins in any case. *ForbiddenError: NOT_FOR_MEMBERS.
func MayOnServer(ctx context.Context, db *ent.Client, caller Caller, do rights.Action, withheld rights.Withheld) error {
	if !withheld.Has(do) || caller.Bot {
		return nil
	}
	admin, err := db.User.Query().Where(user.ID(caller.ID), user.Admin(true), user.DisabledAtIsNil(), user.DeletedAtIsNil()).Exist(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("look for a server admin: %w", err)
	case !admin:
		return &ForbiddenError{Reason: rights.NotForMembers}
	}
	return nil
}
