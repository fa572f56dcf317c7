package rooms

import (
	"context"
	"fmt"

	"parley/chat/access"
	"parley/chat/roomlog"
	"parley/ent"
)

// A Change says what of a room is to be different.
type Change struct {
	Name     *string      // nil: stays
	Topic    **string     // nil: stays; nil or empty text: removed
	Data     **string     // nil: stays; nil text: removed
	SendRole *access.Role // nil: stays
}

// UpdateRoom changes a room, of which its log has an event. If all is so already nothing happens.
// access.ErrNoRoom, *access.ForbiddenError, ErrNameTaken, *arguments.InvalidError, *limits.RateError.
func (s *Service) UpdateRoom(ctx context.Context, caller access.Caller, nameOrID string, c Change) (*roomlog.Room, error) {
	set, err := c.read()
	if err != nil {
		return nil, err
	}
	if err := s.Changes.Take(caller.ID); err != nil {
		return nil, err
	}
	var changed access.Room
	var commits []roomlog.Commit
	err = s.Store.Write(ctx, func(tx *ent.Tx) error {
		commits = nil
		changed, err = access.FindLocked(ctx, tx, caller, access.Update, nameOrID, s.Now())
		if err != nil {
			return err
		}
		update := tx.Room.UpdateOneID(changed.ID)
		set(update, changed.Room)
		if len(update.Mutation().Fields())+len(update.Mutation().ClearedFields()) == 0 {
			return nil
		}
		if err := update.Exec(ctx); ent.IsConstraintError(err) {
			return ErrNameTaken
		} else if err != nil {
			return err
		}
		last, err := s.Log.Append(ctx, tx, roomlog.Addition{Room: changed.ID, Events: []roomlog.NewEvent{{Kind: roomlog.RoomUpdated, Actor: caller.ID}}, Now: s.Now()})
		if err != nil {
			return err
		}
		changed.Room, commits = last.Room, []roomlog.Commit{last.Commit()}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("update room: %w", err)
	}
	s.Committed(commits...)
	return roomlog.RoomFor(changed), nil
}

// read reads the arguments, and returns what sets those of them that differ from the row. Whoever may not send any more
// after it, or not under that name, loses something: the version of the room's access says so.
func (c Change) read() (func(*ent.RoomUpdateOne, *ent.Room), error) {
	var named name
	var topic, data *string
	var err error
	if c.Name != nil {
		if named, err = newName(*c.Name); err != nil {
			return nil, err
		}
	}
	if c.Topic != nil {
		if topic, err = newTopic(*c.Topic); err != nil {
			return nil, err
		}
	}
	if c.Data != nil {
		if data, err = newData(*c.Data); err != nil {
			return nil, err
		}
	}
	return func(set *ent.RoomUpdateOne, row *ent.Room) {
		if c.Name != nil && named.shown != row.Name {
			set.SetName(named.shown).SetNameKey(named.key)
			if row.NameKey != nil && named.key != *row.NameKey { // by which senders may be remembered
				set.AddAccessVersion(1)
			}
		}
		if c.Topic != nil {
			setText(topic, row.Topic, set.SetTopic, set.ClearTopic)
		}
		if c.Data != nil {
			setText(data, row.Data, set.SetData, set.ClearData)
		}
		if c.SendRole != nil && int(*c.SendRole) != row.SendRole {
			set.SetSendRole(int(*c.SendRole))
			if int(*c.SendRole) < row.SendRole {
				set.AddAccessVersion(1)
			}
		}
	}, nil
}

// setText sets a text that may be none where it is another one than before.
func setText[Update any](now, before *string, set func(string) Update, remove func() Update) {
	switch {
	case now == nil && before != nil:
		remove()
	case now != nil && (before == nil || *now != *before):
		set(*now)
	}
}
