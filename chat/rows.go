package chat

import (
	"errors"
	"fmt"

	"parley/chat/texts"
	"parley/db/tables"
)

// CheckRow says what is wrong with a row of an import: what no release would have stored. Rows of other tables pass.
func CheckRow(r tables.Row) error {
	switch r.Table.Name {
	case "rooms":
		return checkRoom(r)
	case "members":
		return checkMember(r)
	case "bans":
		return checkBan(r)
	case "invites":
		return checkInvite(r)
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
