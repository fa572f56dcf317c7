// Package direct opens the rooms of a few people who write to each other. It rests on one idea: who is in such a room is what it
// is, in a unique column, so that whoever opens it first makes it and all others find it. Nobody joins or leaves it.
package direct

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"parley/chat/access"
	"parley/chat/arguments"
	"parley/chat/members"
	"parley/chat/roomlog"
	"parley/chat/texts"
	"parley/ent"
	"parley/ent/member"
	"parley/ent/room"
	"parley/rights"
)

const (
	maxOthers   = 9   // who are in a room with somebody
	maxTogether = 100 // named in one call: each of them is looked up
)

var errThere = errors.New("there is such a room already")

// Service opens and hides direct rooms. It is safe for concurrent use.
type Service struct{ members.Shared }

// New makes a Service.
func New(shared members.Shared) *Service { return &Service{shared} }

// OpenDirectRoom returns the room of the caller and 1 to 9 others, usernames or ids, and makes it if there is none: then all
// are MEMBER of it, it is called as they are, and it is in the lists of all at once. The caller and repeats among the users do
// not count. If the caller had hidden it, they have not any more.
// *access.ForbiddenError: there is none, and the caller may open none, or somebody has blocked the caller or is blocked by them; *arguments.InvalidError: users; *limits.RateError; *limits.LimitError: ROOMS; the error of FindPerson.
func (s *Service) OpenDirectRoom(ctx context.Context, caller access.Caller, users []string) (*roomlog.Room, error) {
	if len(users) > maxTogether {
		return nil, outOfRange()
	}
	if err := s.Changes.Take(caller.ID); err != nil {
		return nil, err
	}
	people, err := s.FindPerson.Others(ctx, caller.ID, users)
	if err != nil {
		return nil, err
	}
	if len(people) == 0 || len(people) > maxOthers {
		return nil, outOfRange()
	}
	people = append(people, caller)
	members.SortByID(people)
	if found, err := s.find(ctx, caller, people); !errors.Is(err, access.ErrNoRoom) {
		return found, err
	}
	if err := access.MayOnServer(ctx, s.Store.Read, caller, rights.OpenDirect, s.Withheld); err != nil {
		return nil, err
	}
	if err := s.Creations.Take(caller.ID); err != nil {
		return nil, err
	}
	made, err := s.create(ctx, caller, people)
	if errors.Is(err, errThere) {
		return s.find(ctx, caller, people)
	}
	return made, err
}

func outOfRange() error {
	return &arguments.InvalidError{Field: "users", Reason: "OUT_OF_RANGE", Detail: fmt.Sprintf("names 1 to %d others", maxOthers)}
}

// Key is the identity of the room of some people, who come in order of their ids.
func Key(people []uuid.UUID) string {
	ids := make([]string, len(people))
	for i, id := range people {
		ids[i] = id.String()
	}
	return strings.Join(ids, " ")
}

// find returns the room of some people, which the caller's list shows from now on. access.ErrNoRoom.
func (s *Service) find(ctx context.Context, caller access.Caller, people []access.Caller) (*roomlog.Room, error) {
	found, err := access.Load(ctx, s.Store.Read.Room.Query().Where(room.DirectKey(Key(members.IDs(people)))), caller.ID, s.Now())
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, access.ErrNoRoom
	}
	if err := found[0].May(access.Read); err != nil {
		return nil, err
	}
	hidden, err := s.Store.Read.Member.Query().Where(member.ID(found[0].As.Member.ID), member.HiddenNumberNotNil()).Exist(ctx)
	if err != nil {
		return nil, fmt.Errorf("is it hidden: %w", err)
	}
	if hidden {
		err = s.Store.Write(ctx, func(tx *ent.Tx) error {
			return tx.Member.UpdateOneID(found[0].As.Member.ID).ClearHiddenNumber().Exec(ctx)
		})
	}
	if err != nil {
		return nil, fmt.Errorf("show room: %w", err)
	}
	return roomlog.RoomFor(found[0]), nil
}

// create makes the room of some people, who come in order of their ids. errThere: somebody else was faster.
func (s *Service) create(ctx context.Context, caller access.Caller, people []access.Caller) (*roomlog.Room, error) {
	var made *roomlog.Room
	err := s.Store.Write(ctx, func(tx *ent.Tx) error {
		row, err := s.store(ctx, tx, caller, people)
		if err != nil {
			return err
		}
		in := access.Room{Room: row}
		for _, person := range people {
			entered, err := members.Enter(ctx, tx, row, person.ID, access.Member, 0, row.CreatedAt, s.MaxRooms)
			if err != nil {
				return err
			}
			if person.ID == caller.ID {
				in.As.Member = entered
			} else if err := s.mayBeAsked(ctx, tx, person); err != nil {
				return err
			}
		}
		made = roomlog.RoomFor(in)
		return access.BlockedBetween(ctx, tx, members.IDs(people), caller.ID) // behind the locks of all
	})
	if err != nil {
		return nil, fmt.Errorf("open direct room: %w", err)
	}
	s.Committed(roomlog.Commit{Room: made.ID, People: members.IDs(people)})
	return made, nil
}

// mayBeAsked says whether others may open one more room with somebody: all those rooms together take no more than half of the
// rooms that they may be in. Nobody leaves such a room, so others could take all of them, for good.
func (s *Service) mayBeAsked(ctx context.Context, tx *ent.Tx, person access.Caller) error {
	opened, err := tx.Room.Query().Where(
		room.KindEQ(room.KindDIRECT), room.CreatedByNEQ(person.ID), room.HasMembersWith(member.UserID(person.ID)),
	).Count(ctx)
	if err != nil {
		return fmt.Errorf("count rooms that others have opened: %w", err)
	}
	if opened > max(1, access.MaxRooms(s.MaxRooms, person.Bot)/2) {
		return members.ErrManyRooms
	}
	return nil
}

func (s *Service) store(ctx context.Context, tx *ent.Tx, caller access.Caller, people []access.Caller) (*ent.Room, error) {
	names := make([]string, len(people))
	for i, person := range people {
		names[i] = person.Username
	}
	shown, key, err := texts.NameOf(names)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	row, err := tx.Room.Create().SetID(uuid.Must(uuid.NewV7())).SetCreatedBy(caller.ID).SetKind(room.KindDIRECT).SetDirectKey(Key(members.IDs(people))).
		SetName(shown).SetNameKey(key).SetCreatedAt(now).SetLastAt(now).SetMemberCount(len(people)).Save(ctx)
	if ent.IsConstraintError(err) {
		return nil, errThere
	}
	if err != nil {
		return nil, fmt.Errorf("store room: %w", err)
	}
	return row, nil
}

// HideRoom takes a direct room out of the caller's list until the next chat, and returns what it was given.
// access.ErrNoRoom, *access.ForbiddenError: it is no direct room; *limits.RateError.
func (s *Service) HideRoom(ctx context.Context, caller access.Caller, nameOrID string) (string, error) {
	if err := s.Changes.Take(caller.ID); err != nil {
		return "", err
	}
	err := s.Store.Write(ctx, func(tx *ent.Tx) error {
		found, err := access.Find(ctx, tx.Client(), caller, access.Hide, nameOrID, s.Now())
		if err != nil {
			return err
		}
		return tx.Member.UpdateOneID(found.As.Member.ID).SetHiddenNumber(found.LastNumber).Exec(ctx)
	})
	if err != nil {
		return "", fmt.Errorf("hide room: %w", err)
	}
	return nameOrID, nil
}
