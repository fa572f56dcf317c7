package rowcheck

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"parley/chat/access"
	"parley/chat/texts"
	"parley/db/tables"
	"parley/ent/room"
	"parley/naming/codes"
)

func checkRoom(r tables.Row) error {
	kind, _ := r.Value("kind")
	direct, hasKey := r.Value("direct_key")
	switch is := room.Kind(kind); {
	case room.KindValidator(is) != nil:
		return errors.New("rooms.kind: none that this release knows")
	case (is == room.KindDIRECT) != hasKey:
		return errors.New("rooms.direct_key: direct rooms have one, and no other")
	case hasKey && !isDirectKey(direct):
		return errors.New("rooms.direct_key: not the sorted ids of 2 to 10 people")
	}
	if err := checkRole(r, "send_role"); err != nil {
		return err
	}
	name, _ := r.Value("name")
	_, named := r.Value("name_key")
	topic, hasTopic := r.Value("topic")
	data, hasData := r.Value("data")
	if _, deleted := r.Value("deleted_at"); deleted {
		if name != "" || named || hasTopic || hasData {
			return errors.New("rooms.name: a deleted room has none, and no topic and no data")
		}
		return nil
	}
	if err := checkName(r, kind); err != nil {
		return err
	}
	if hasData {
		if err := texts.CheckData(data); err != nil {
			return wrong("rooms.data", err)
		}
	}
	return wrong("rooms.topic", texts.Check(topic, 0, texts.MaxTopic))
}

// checkName wants a live room to be called as it may be, by the key of that.
func checkName(r tables.Row, kind string) error {
	name, _ := r.Value("name")
	key, _ := r.Value("name_key")
	shown, want, err := texts.ReadRoomName(name)
	if kind == string(room.KindDIRECT) {
		shown, want, err = texts.NameOf(strings.Split(name, ", "))
	}
	switch {
	case err != nil:
		return wrong("rooms.name", err)
	case shown != name || key != want:
		return errors.New("rooms.name_key: not that of the name")
	}
	return nil
}

// isDirectKey says whether a text is ids as a direct room is found by.
func isDirectKey(key string) bool {
	ids := strings.Split(key, " ")
	for _, id := range ids {
		if len(id) != 36 { // its letters are compared with those of members
			return false
		}
	}
	return len(ids) >= 2 && len(ids) <= 10 && slices.IsSorted(ids) && len(slices.Compact(ids)) == len(ids)
}

func checkRole(r tables.Row, column string) error {
	cell, _ := r.Value(column)
	if role := access.Role(tables.Integer([]byte(cell))); role < access.Owner || role > access.Member {
		return fmt.Errorf("%s.%s: want 0 to 2", r.Table.Name, column)
	}
	return nil
}

func checkMember(r tables.Row) error {
	if cell, given := r.Value("notify"); given && tables.Integer([]byte(cell)) > 2 {
		return errors.New("members.notify: want null, or 0 to 2")
	}
	return checkRole(r, "role")
}

func checkBan(r tables.Row) error {
	reason, given := r.Value("reason")
	if given && reason == "" {
		return errors.New("bans.reason: want null instead of an empty one")
	}
	return wrong("bans.reason", texts.Check(reason, 0, texts.MaxTopic))
}

func checkInvite(r tables.Row) error {
	code, _ := r.Value("code")
	uses, some := r.Value("uses")
	left, someLeft := r.Value("uses_left")
	n, rest := tables.Integer([]byte(uses)), tables.Integer([]byte(left))
	switch {
	case !codes.IsCode(code):
		return errors.New("invites.code: not one that a release has made")
	case some != someLeft, some && !codes.AreUses(n, rest):
		return errors.New("invites.uses: want null, or 1 to 1000 and no more left")
	}
	return nil
}
