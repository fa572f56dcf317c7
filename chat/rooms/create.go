package rooms

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"parley/audit"
	"parley/chat/access"
	"parley/chat/arguments"
	"parley/chat/members"
	"parley/chat/roomlog"
	"parley/ent"
	"parley/ent/room"
	"parley/rights"
)

// A NewRoom is a room to be made.
type NewRoom struct {
	Name     string            // 2 to 64 code points, letters of one script; of a public room unique without regard to case and width
	Topic    *string           // at most 250; nil or empty: none
	Kind     *roomlog.RoomKind // PUBLIC or PRIVATE; nil: PUBLIC
	SendRole *access.Role      // the lowest that may send; nil: MEMBER
	Members  []string          // usernames or ids of at most 100 people who are in it from the start, besides its owner
	ID       *string           // the client's own UUID; nil: one is made
	Data     *string           // JSON that texts.CheckData takes; nil: none
}

// A plan is a room to be made, whose arguments were read.
type plan struct {
	id       uuid.UUID
	chosen   bool // the id, by the client
	name     name
	topic    *string
	data     *string
	kind     room.Kind
	sendRole access.Role
	owner    access.Caller
	members  []access.Caller // in order of their ids, the owner among them
}

// CreateRoom makes a room that the caller owns. The others become MEMBER, of which its log has an event each; if one of them
// is not found, or has blocked the caller (*access.ForbiddenError), there is no room. Sent again by the same person with the same id it makes nothing and returns the room that is
// there. *access.ForbiddenError: also where the caller makes none. ErrNameTaken, arguments.ErrIDTaken, *arguments.InvalidError, *limits.RateError, *limits.LimitError: ROOMS, MEMBERS; the
// error of FindPerson; access.ErrNoRoom: the same was sent before, and they may not read the room any more.
func (s *Service) CreateRoom(ctx context.Context, caller access.Caller, n NewRoom) (*roomlog.Room, error) {
	p, err := n.plan(caller)
	if err != nil {
		return nil, err
	}
	if err := s.Changes.Take(caller.ID); err != nil {
		return nil, err
	}
	if made, err := s.again(ctx, p, errNew); !errors.Is(err, errNew) {
		return made, err
	}
	if err := access.MayOnServer(ctx, s.Store.Read, caller, rights.CreateRooms, s.Withheld); err != nil {
		return nil, err
	}
	if err := s.Creations.Take(caller.ID); err != nil {
		return nil, err
	}
	others, err := s.FindPerson.Others(ctx, caller.ID, n.Members)
	if err != nil {
		return nil, err
	}
	if p.members = append(others, caller); len(p.members) > s.MaxMembers {
		return nil, members.ErrManyMembers
	}
	members.SortByID(p.members)
	var made *roomlog.Room
	var commit roomlog.Commit
	err = s.Store.Write(ctx, func(tx *ent.Tx) (err error) {
		made, commit, err = s.store(ctx, tx, p)
		return err
	})
	if errors.Is(err, ErrNameTaken) {
		return s.again(ctx, p, err)
	}
	if err != nil {
		return nil, fmt.Errorf("create room: %w", err)
	}
	s.Committed(commit)
	s.Tell(ctx, p.records()...)
	return made, nil
}

// records are what the audit is told of the room.
func (p plan) records() []members.Record {
	records := []members.Record{{Message: audit.RoomCreated, In: p.id, By: p.owner, More: []slog.Attr{slog.String("kind", string(p.kind))}}}
	for _, who := range p.members {
		if who.ID != p.owner.ID {
			records = append(records, members.Added(p.id, p.owner, who, access.Member))
		}
	}
	return records
}

// plan reads the arguments of a call, as far as that needs no database.
func (n NewRoom) plan(caller access.Caller) (p plan, err error) {
	p = plan{chosen: n.ID != nil, kind: room.KindPUBLIC, sendRole: access.Member, owner: caller}
	if n.Kind != nil {
		p.kind = room.Kind(*n.Kind)
	}
	if n.SendRole != nil {
		p.sendRole = *n.SendRole
	}
	switch {
	case p.kind == room.KindDIRECT:
		return p, &arguments.InvalidError{Field: "kind", Reason: "OUT_OF_RANGE", Detail: "is PUBLIC or PRIVATE; direct rooms are opened, not made"}
	case len(n.Members) > maxTogether:
		return p, tooMany("members")
	}
	if p.name, err = newName(n.Name); err != nil {
		return p, err
	}
	if p.topic, err = newTopic(n.Topic); err != nil {
		return p, err
	}
	if p.data, err = newData(n.Data); err != nil {
		return p, err
	}
	p.id, err = arguments.NewID(n.ID)
	return p, err
}

// store stores the room and all who are in it. ErrNameTaken: that, or the id.
func (s *Service) store(ctx context.Context, tx *ent.Tx, p plan) (*roomlog.Room, roomlog.Commit, error) {
	now := s.Now()
	row, err := tx.Room.Create().SetID(p.id).SetCreatedBy(p.owner.ID).SetKind(p.kind).SetSendRole(int(p.sendRole)).SetName(p.name.shown).
		SetNameKey(p.name.key).SetNillableTopic(p.topic).SetNillableData(p.data).SetCreatedAt(now).SetLastAt(now).SetMemberCount(len(p.members)).Save(ctx)
	if ent.IsConstraintError(err) {
		return nil, roomlog.Commit{}, ErrNameTaken
	}
	if err != nil {
		return nil, roomlog.Commit{}, fmt.Errorf("store room: %w", err)
	}
	owner, joined, err := s.enter(ctx, tx, row, p, now)
	if err != nil {
		return nil, roomlog.Commit{}, err
	}
	if err := access.BlockedBy(ctx, tx, members.IDs(p.members), p.owner.ID); err != nil {
		return nil, roomlog.Commit{}, err
	}
	commit := roomlog.Commit{Room: p.id}
	if len(joined) > 0 {
		last, err := s.Log.Append(ctx, tx, roomlog.Addition{Room: p.id, Events: joined, Now: now})
		if err != nil {
			return nil, roomlog.Commit{}, err
		}
		row, commit = last.Room, last.Commit()
	}
	commit.People = members.IDs(p.members) // whoever made it has no event
	return roomlog.RoomFor(access.Room{Room: row, As: access.Standing{Member: owner, LastOwner: true}}), commit, nil
}

// enter stores who is in the room, and returns what its log says of them.
func (s *Service) enter(ctx context.Context, tx *ent.Tx, row *ent.Room, p plan, now time.Time) (owner *access.Membership, joined []roomlog.NewEvent, err error) {
	for i := range p.members {
		who, role := p.members[i], access.Member
		if who.ID == p.owner.ID {
			role = access.Owner
		}
		place := int64(len(joined))
		if role == access.Owner {
			place = 0
		}
		entered, err := members.Enter(ctx, tx, row, who.ID, role, place, now, s.MaxRooms)
		if err != nil {
			return nil, nil, err
		}
		if role == access.Owner {
			owner = entered
			continue
		}
		joined = append(joined, roomlog.NewEvent{Kind: roomlog.MemberJoined, Actor: p.owner.ID, Whom: &who})
	}
	return owner, joined, nil
}

var errNew = errors.New("no room has the id")

// again answers a call whose id, chosen by the client, a room has: if the same person has made it, with that room. otherwise
// is the error if there is none.
func (s *Service) again(ctx context.Context, p plan, otherwise error) (*roomlog.Room, error) {
	if !p.chosen {
		return nil, otherwise
	}
	found, err := access.Load(ctx, s.Store.Read.Room.Query().Where(room.ID(p.id)), p.owner.ID, s.Now())
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, otherwise
	case found[0].CreatedBy != p.owner.ID:
		return nil, arguments.ErrIDTaken
	}
	if err := found[0].May(access.Read); err != nil {
		return nil, err
	}
	return roomlog.RoomFor(found[0]), nil
}
