// Package reads keeps how far people have read the rooms they are in, and counts what they have not. It rests on one idea: the
// position alone is stored, in the membership, and it never goes back; counts are computed from the chats that are there, so
// nothing can drift.
package reads

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"parley/chat/access"
	"parley/chat/limits"
	"parley/chat/members"
	"parley/chat/pages"
	"parley/chat/roomlog"
	"parley/db"
	"parley/ent"
	"parley/ent/chat"
	"parley/ent/member"
	"parley/ent/room"
	"parley/naming"
)

// A Teller is told who has read on, behind the commit: in which room, as they were judged, and up to which number. It does not
// block.
type Teller interface {
	MemberRead(in access.Room, who access.Caller, lastRead int)
}

// Options of a Service.
type Options struct {
	Now     func() time.Time // the clock that bans are compared with
	Changes *limits.Limiter  // of one person
	Teller  Teller           // nil: nobody is told
}

// Service keeps what people have read, and counts. It is safe for concurrent use.
type Service struct {
	store            *db.Store
	pages            *pages.Pages
	o                Options
	unread, mentions *db.BulkLookup
}

// New makes a Service.
func New(store *db.Store, p *pages.Pages, o Options) *Service {
	return &Service{store: store, pages: p, o: o, unread: countBy(store, unreadChats), mentions: countBy(store, mentionedIn)}
}

// MarkRead says that the caller has read a room up to a chat, and returns their membership. Up to an older chat than before it
// changes nothing, from however many devices and in whatever order; a deleted chat counts like others.
// pages.ErrNoChat; *access.ForbiddenError: they are not in its room; *limits.RateError.
func (s *Service) MarkRead(ctx context.Context, caller access.Caller, chatID string) (*members.Member, error) {
	id, ok := naming.ParseID(chatID)
	if !ok {
		return nil, pages.ErrNoChat
	}
	if err := s.o.Changes.Take(caller.ID); err != nil {
		return nil, err
	}
	in, number, err := s.find(ctx, caller, id)
	if err == nil && number > in.As.Member.LastRead {
		in, err = s.advance(ctx, caller, in, number)
	}
	switch {
	case errors.Is(err, access.ErrNoRoom):
		return nil, pages.ErrNoChat // it went with its room, or they may not know of it
	case err != nil:
		return nil, fmt.Errorf("mark as read: %w", err)
	}
	return mine(caller, in), nil
}

// find reads the number of a chat and its room, in which the caller may mark chats as read.
func (s *Service) find(ctx context.Context, caller access.Caller, id uuid.UUID) (in access.Room, number int, err error) {
	err = s.store.View(ctx, func(db *ent.Client) error {
		row, err := db.Chat.Query().Where(chat.ID(id)).Select(chat.FieldRoomID, chat.FieldNumber).Only(ctx)
		if ent.IsNotFound(err) {
			return pages.ErrNoChat
		}
		if err != nil {
			return fmt.Errorf("find chat: %w", err)
		}
		number = row.Number
		in, err = s.member(ctx, db, caller, row.RoomID)
		return err
	})
	return in, number, err
}

// member reads a room that the caller is in. access.ErrNoRoom, *access.ForbiddenError.
func (s *Service) member(ctx context.Context, db *ent.Client, caller access.Caller, id uuid.UUID) (access.Room, error) {
	found, err := access.Load(ctx, db.Room.Query().Where(room.ID(id)), caller.ID, s.o.Now())
	switch {
	case err != nil:
		return access.Room{}, err
	case len(found) == 0:
		return access.Room{}, access.ErrNoRoom
	}
	return found[0], found[0].May(access.MarkRead)
}

// advance moves how far the caller has read, unless another device has meanwhile, and returns the room with their membership as
// it is then. It takes no lock of the room, which sends would wait for.
func (s *Service) advance(ctx context.Context, caller access.Caller, in access.Room, number int) (access.Room, error) {
	now, moved := in, false
	err := s.store.Write(ctx, func(tx *ent.Tx) error {
		n, err := tx.Member.Update().Where(member.ID(in.As.Member.ID), member.LastReadLT(number)).SetLastRead(number).Save(ctx)
		if err != nil {
			return fmt.Errorf("set what was read: %w", err)
		}
		if moved = n > 0; !moved { // or they are not in the room any more
			now, err = s.member(ctx, tx.Client(), caller, in.ID)
		}
		return err
	})
	if err != nil || !moved {
		return now, err
	}
	in.As.Member.LastRead = number
	if s.o.Teller != nil {
		s.o.Teller.MemberRead(in, caller, number)
	}
	return in, nil
}

// SetNotify says which chats of a room ring for the caller, and returns their membership. The same again changes nothing.
// access.ErrNoRoom; *access.ForbiddenError: they are not in the room; *limits.RateError.
func (s *Service) SetNotify(ctx context.Context, caller access.Caller, nameOrID string, level access.NotifyLevel) (*members.Member, error) {
	if err := s.o.Changes.Take(caller.ID); err != nil {
		return nil, err
	}
	in, err := access.Find(ctx, s.store.Read, caller, access.MarkRead, nameOrID, s.o.Now())
	if err != nil {
		return nil, err
	}
	if was := in.As.Member.Notify; was != nil && *was == level {
		return mine(caller, in), nil
	}
	err = s.store.Write(ctx, func(tx *ent.Tx) error {
		if in, err = access.Lock(ctx, tx, in.ID, caller, s.o.Now()); err != nil {
			return err
		}
		if err := in.May(access.MarkRead); err != nil {
			return err
		}
		in.As.Member.Notify = &level
		return tx.Member.UpdateOneID(in.As.Member.ID).SetNotify(int(level)).Exec(ctx)
	})
	if err != nil {
		return nil, fmt.Errorf("set what rings: %w", err)
	}
	return mine(caller, in), nil
}

// mine is the caller's membership of a room.
func mine(caller access.Caller, in access.Room) *members.Member {
	return members.MemberOf(roomlog.RoomFor(in), caller, in.As.Member, caller.ID)
}
