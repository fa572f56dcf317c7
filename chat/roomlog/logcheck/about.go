package logcheck

import (
	"fmt"

	"parley/ent/roomevent"
)

// What an event of a kind holds besides its place.
type holds struct {
	chat   bool // it is about one
	person bool // likewise
	name   bool // the room's then, because it ends somebody's reading
	emoji  bool // that was put on the chat or taken off
	nobody bool // it may be nobody who did it
}

var ofKind = map[roomevent.Kind]holds{
	roomevent.KindCHAT_SENT:      {chat: true},
	roomevent.KindCHAT_EDITED:    {chat: true},
	roomevent.KindCHAT_DELETED:   {chat: true},
	roomevent.KindCHAT_REACTED:   {chat: true, emoji: true},
	roomevent.KindCHAT_UNREACTED: {chat: true, emoji: true},
	roomevent.KindMEMBER_JOINED:  {person: true},
	roomevent.KindMEMBER_LEFT:    {person: true, name: true},
	roomevent.KindMEMBER_REMOVED: {person: true, name: true},
	roomevent.KindMEMBER_CHANGED: {person: true, nobody: true},
	roomevent.KindROOM_UPDATED:   {},
	roomevent.KindROOM_DELETED:   {name: true, nobody: true},
}

const nobody = "00000000-0000-0000-0000-000000000000"

// about wants an event to hold what its kind does.
func (c *Checker) about(row [][]byte, kind roomevent.Kind) error {
	want, known := ofKind[kind]
	has := func(column int) bool { return row[column] != nil }
	if kind == roomevent.KindROOM_DELETED && !has(c.columns.name) {
		want.name = false // of a release that did not write it
	}
	switch {
	case !known:
		return fmt.Errorf("%s.kind is none that this release knows", c.table.Name)
	case string(row[c.columns.actor]) == nobody && !want.nobody:
		return fmt.Errorf("%s.actor_id: the nil UUID is nobody, who does no %s", c.table.Name, kind)
	case has(c.columns.chat) != want.chat:
		return fmt.Errorf("place %d of a room and its chat do not fit", c.place)
	case has(c.columns.user) != want.person || has(c.columns.username) != want.person:
		return fmt.Errorf("place %d of a room and the person that it is about do not fit", c.place)
	case has(c.columns.name) != want.name:
		return fmt.Errorf("place %d of a room and the name that the room had do not fit", c.place)
	case has(c.columns.emoji) != want.emoji:
		return fmt.Errorf("place %d of a room and its emoji do not fit", c.place)
	}
	return nil
}
