package mentions

import (
	"context"
	"errors"
	"fmt"
	"slices"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"parley/ent"
	"parley/ent/block"
	"parley/ent/member"
	"parley/ent/user"
)

// perStatement is how many names one statement looks for: SQLite takes 32,766 parameters.
const perStatement = 16_000

// roles are those of all members: the index that names are found by begins with room and role.
var roles = []any{0, 1, 2}

// people are those of some rooms who may be mentioned there.
type people struct {
	members map[in[uuid.UUID]]bool
	byName  map[in[string]]uuid.UUID
	blocked map[[2]uuid.UUID]bool // who, whom
}

// in is something in a room.
type in[What comparable] struct {
	room uuid.UUID
	what What
}

// find reads who of those that chats may mention are members with an account, and which authors they have blocked, by one statement.
func find(ctx context.Context, tx *ent.Tx, written []Written) (people, error) {
	there := people{map[in[uuid.UUID]]bool{}, map[in[string]]uuid.UUID{}, map[[2]uuid.UUID]bool{}}
	var asked []in[any] // each once: a key, or an id
	seen := map[in[any]]bool{}
	var authors []any
	ask := func(room uuid.UUID, what any) {
		if one := (in[any]{room, what}); !seen[one] {
			seen[one], asked = true, append(asked, one)
		}
	}
	for _, w := range written {
		for _, name := range w.Names {
			for _, key := range name {
				ask(w.Chat.RoomID, key)
			}
		}
		if w.Answered != uuid.Nil && w.Answered != w.Chat.UserID {
			ask(w.Chat.RoomID, w.Answered)
		}
		if !slices.Contains(authors, any(w.Chat.UserID)) {
			authors = append(authors, w.Chat.UserID)
		}
	}
	for part := range slices.Chunk(asked, perStatement) {
		if err := there.read(ctx, tx, part, authors); err != nil {
			return there, fmt.Errorf("find who is mentioned: %w", err)
		}
	}
	return there, nil
}

func (p *people) read(ctx context.Context, tx *ent.Tx, asked []in[any], authors []any) error {
	rows, err := tx.User.Query().Where(user.DeletedAtIsNil(), func(s *entsql.Selector) {
		m, k := entsql.Table(member.Table).As("m"), entsql.Table(block.Table).As("k")
		s.Join(m).On(m.C(member.FieldUserID), s.C(user.FieldID)).
			LeftJoin(k).OnP(entsql.And(entsql.ColumnsEQ(k.C(block.FieldUserID), s.C(user.FieldID)), entsql.In(k.C(block.FieldBlockedID), authors...))).
			Where(anyOf(m, asked)).
			AppendSelect(m.C(member.FieldRoomID), m.C(member.FieldUsernameKey), k.C(block.FieldBlockedID))
	}).Select(user.FieldID).Rows(ctx)
	if err != nil {
		return err
	}
	for rows.Next() && err == nil {
		var room, id uuid.UUID
		var key string
		var author uuid.NullUUID
		if err = rows.Scan(&id, &room, &key, &author); err == nil {
			p.members[in[uuid.UUID]{room, id}], p.byName[in[string]{room, key}] = true, id
			p.blocked[[2]uuid.UUID{id, author.UUID}] = author.Valid
		}
	}
	return errors.Join(err, rows.Close(), rows.Err())
}

// anyOf picks the members of rooms by their keys or ids.
func anyOf(members *entsql.SelectTable, asked []in[any]) *entsql.Predicate {
	keys, ids := map[uuid.UUID][]any{}, map[uuid.UUID][]any{}
	var rooms []uuid.UUID
	for _, one := range asked {
		if !slices.Contains(rooms, one.room) {
			rooms = append(rooms, one.room)
		}
		if id, is := one.what.(uuid.UUID); is {
			ids[one.room] = append(ids[one.room], id)
		} else {
			keys[one.room] = append(keys[one.room], one.what)
		}
	}
	var any []*entsql.Predicate
	for _, room := range rooms {
		if these := keys[room]; len(these) > 0 {
			any = append(any, entsql.And(entsql.EQ(members.C(member.FieldRoomID), room), entsql.In(members.C(member.FieldRole), roles...), entsql.In(members.C(member.FieldUsernameKey), these...)))
		}
		if these := ids[room]; len(these) > 0 {
			any = append(any, entsql.And(entsql.EQ(members.C(member.FieldRoomID), room), entsql.In(members.C(member.FieldUserID), these...)))
		}
	}
	return entsql.Or(any...)
}

// named are those whom the text of a chat mentions, each once, at most Most. Of the names that may stand at a place the longest
// that is a member's counts.
func (p *people) named(w Written) (ids []uuid.UUID) {
	for _, name := range w.Names {
		for _, key := range name {
			id, is := p.byName[in[string]{w.Chat.RoomID, key}]
			if !is {
				continue
			}
			if len(ids) < Most && p.mayTell(w.Chat, id) && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
			break
		}
	}
	return ids
}

// mayTell says whether somebody is a member whom a chat may mention.
func (p *people) mayTell(c *ent.Chat, id uuid.UUID) bool {
	return id != c.UserID && p.members[in[uuid.UUID]{c.RoomID, id}] && !p.blocked[[2]uuid.UUID{id, c.UserID}]
}
