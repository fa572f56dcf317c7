package chat

import (
	"errors"
	"fmt"

	"parley/chat/arguments"
	"parley/chat/texts"
	"parley/db/tables"
)

// CheckRow says what is wrong with a row of an import: what no release would have stored. Rows of other tables pass.
func CheckRow(r tables.Row) error {
	switch r.Table.Name {
	case "rooms":
		return checkRoom(r)
	case "chats":
		return checkChat(r)
	}
	return nil
}

func checkChat(r tables.Row) error {
	text, _ := r.Value("text")
	switch _, deleted := r.Value("deleted_at"); {
	case deleted && text != "":
		return errors.New("chats.text: a deleted chat has none")
	case deleted:
		return nil
	}
	return ofTable("chats", checkText(text, texts.MaxChat))
}

// ofTable puts the table before the column that an InvalidError names.
func ofTable(table string, err error) error {
	if err != nil {
		return fmt.Errorf("%s.%w", table, err)
	}
	return nil
}

func checkRoom(r tables.Row) error {
	name, _ := r.Value("name")
	key, named := r.Value("name_key")
	topic, hasTopic := r.Value("topic")
	if _, deleted := r.Value("deleted_at"); deleted {
		if name != "" || named || hasTopic {
			return errors.New("rooms.name: a deleted room has none, and no topic")
		}
		return nil
	}
	shown, want, err := texts.ReadRoomName(name)
	switch {
	case err != nil:
		return ofTable("rooms", arguments.Invalid("name", err))
	case shown != name || key != want:
		return errors.New("rooms.name_key: not that of the name")
	}
	return ofTable("rooms", arguments.Invalid("topic", texts.CheckTopic(topic)))
}
