package access

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"parley/ent"
	"parley/ent/block"
	"parley/ent/predicate"
)

// errBlocked says that somebody wants nothing from somebody else.
var errBlocked = &ForbiddenError{Reason: "BLOCKED"}

// BlockedBy says whether any of some people has blocked somebody, who wants to take them along: then that is a *ForbiddenError.
func BlockedBy(ctx context.Context, tx *ent.Tx, people []uuid.UUID, who uuid.UUID) error {
	return refuseWhere(ctx, tx, block.UserIDIn(people...), block.BlockedID(who))
}

// BlockedBetween says the same, also of those whom that person has blocked.
func BlockedBetween(ctx context.Context, tx *ent.Tx, people []uuid.UUID, who uuid.UUID) error {
	if err := BlockedBy(ctx, tx, people, who); err != nil {
		return err
	}
	return refuseWhere(ctx, tx, block.UserID(who), block.BlockedIDIn(people...))
}

func refuseWhere(ctx context.Context, tx *ent.Tx, these ...predicate.Block) error {
	there, err := tx.Block.Query().Where(these...).Exist(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("look for blocks: %w", err)
	case there:
		return errBlocked
	}
	return nil
}
