// Package blocks keeps whom people want nothing from. It rests on one idea: a block is a row that others look for where they
// judge, so it holds from its commit on, and nothing of it is kept in memory. What it comes to is the business of whoever looks.
//
// In the database: the direct room of two, then people in order of their ids, then the rest.
package blocks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"parley/chat/access"
	"parley/chat/arguments"
	"parley/chat/direct"
	"parley/chat/limits"
	"parley/chat/members"
	"parley/ent"
	"parley/ent/block"
	"parley/ent/predicate"
	"parley/ent/room"
	"parley/ent/user"
)

// most is how many people somebody may have blocked.
const most = 1000

// errOpened says that a direct room was made before the two were locked: it is to be locked first.
var errOpened = errors.New("a direct room was opened meanwhile")

// Service blocks people for others. It is safe for concurrent use.
type Service struct{ members.Shared }

// New makes a Service.
func New(shared members.Shared) *Service { return &Service{shared} }

// BlockUser blocks somebody for the caller, or takes that back, and returns their id. The same again changes nothing.
// members.ErrNoPerson; *arguments.InvalidError: user is the caller; *limits.LimitError: BLOCKS; *limits.RateError; the error of
// FindPerson.
func (s *Service) BlockUser(ctx context.Context, caller access.Caller, nameOrID string, on bool) (uuid.UUID, error) {
	if err := s.Changes.Take(caller.ID); err != nil {
		return uuid.Nil, err
	}
	whom, err := s.FindPerson(ctx, nameOrID)
	if err != nil {
		return uuid.Nil, err
	}
	if whom.ID == caller.ID {
		return uuid.Nil, &arguments.InvalidError{Field: "user", Reason: "OUT_OF_RANGE", Detail: "is somebody else"}
	}
	write := func(tx *ent.Tx) error {
		if !on {
			_, err := tx.Block.Delete().Where(block.UserID(caller.ID), block.BlockedID(whom.ID)).Exec(ctx)
			return err
		}
		return s.block(ctx, tx, caller.ID, whom.ID)
	}
	if err = s.Store.Write(ctx, write); errors.Is(err, errOpened) {
		err = s.Store.Write(ctx, write) // nobody takes the room away
	}
	if err != nil {
		return uuid.Nil, fmt.Errorf("block: %w", err)
	}
	return whom.ID, nil
}

// block stores one. The locks of both keep away whoever makes a room of the two; what was granted in the one that is there is
// judged anew. errOpened.
func (s *Service) block(ctx context.Context, tx *ent.Tx, who, whom uuid.UUID) error {
	both := []uuid.UUID{who, whom}
	slices.SortFunc(both, func(x, y uuid.UUID) int { return bytes.Compare(x[:], y[:]) })
	together := room.DirectKey(direct.Key(both))
	rooms, err := tx.Room.Update().Where(together).AddLastPlace(0).Save(ctx)
	if err != nil {
		return fmt.Errorf("lock direct room: %w", err)
	}
	for _, id := range both {
		if _, err := members.Lock(ctx, tx, id, 0); err != nil {
			return err
		}
	}
	if there, err := tx.Block.Query().Where(block.UserID(who), block.BlockedID(whom)).Exist(ctx); err != nil || there {
		return err
	}
	if err := s.mayBlock(ctx, tx, who); err != nil {
		return err
	}
	if err := tx.Block.Create().SetUserID(who).SetBlockedID(whom).SetCreatedAt(s.Now()).Exec(ctx); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if rooms == 0 {
		return wantNone(ctx, tx, together)
	}
	if err := tx.Room.Update().Where(together).AddAccessVersion(1).Exec(ctx); err != nil {
		return fmt.Errorf("take away what was granted: %w", err)
	}
	return nil
}

// wantNone returns errOpened if there is such a room.
func wantNone(ctx context.Context, tx *ent.Tx, together predicate.Room) error {
	made, err := tx.Room.Query().Where(together).Exist(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("look for a direct room: %w", err)
	case made:
		return errOpened
	}
	return nil
}

// mayBlock says whether somebody may block one more. Whose accounts are gone do not count.
func (s *Service) mayBlock(ctx context.Context, tx *ent.Tx, who uuid.UUID) error {
	blocked, err := tx.Block.Query().Where(block.UserID(who), block.HasBlockedWith(user.DeletedAtIsNil())).Count(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("count: %w", err)
	case blocked >= most:
		return &limits.LimitError{Reason: "BLOCKS"}
	}
	return nil
}

// Blocked returns the ids of those whom the caller has blocked, the newest first, also of accounts that are gone.
func (s *Service) Blocked(ctx context.Context, caller access.Caller) ([]uuid.UUID, error) {
	rows, err := s.Store.Read.Block.Query().Where(block.UserID(caller.ID)).Order(ent.Desc(block.FieldID)).
		Select(block.FieldBlockedID).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read blocks: %w", err)
	}
	ids := make([]uuid.UUID, len(rows))
	for i, row := range rows {
		ids[i] = row.BlockedID
	}
	return ids, nil
}
