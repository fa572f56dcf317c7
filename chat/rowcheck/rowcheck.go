// Package rowcheck finds rows of rooms, of what is said in them and of who is in them that no release has stored, in what is imported. It
// rests on one idea: what the API refuses comes in by no other way. It looks at one row at a time; what holds of all together is
// checked by logcheck.
package rowcheck

import (
	"errors"
	"fmt"

	"parley/chat/texts"
	"parley/db/tables"
	"parley/naming"
)

// Check says what is wrong with a row of an import. Rows of other tables pass.
func Check(r tables.Row) error {
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
	case "room_events", "reactions":
		return checkEmoji(r)
	case "blocks":
		return checkBlock(r)
	}
	return nil
}

func checkChat(r tables.Row) error {
	text, _ := r.Value("text")
	data, hasData := r.Value("data")
	switch _, deleted := r.Value("deleted_at"); {
	case deleted && text != "":
		return errors.New("chats.text: a deleted chat has none")
	case deleted && hasData:
		return errors.New("chats.data: a deleted chat has none")
	case deleted:
		return nil
	case hasData:
		if err := texts.CheckData(data); err != nil {
			return wrong("chats.data", err)
		}
	}
	return wrong("chats.text", texts.Check(text, 1, texts.MaxChat))
}

// wrong puts the table and column before what is wrong with a text.
func wrong(column string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", column, err)
	}
	return nil
}

// checkEmoji wants an emoji, where there is one, as it is stored.
func checkEmoji(r tables.Row) error {
	emoji, there := r.Value("emoji")
	if !there {
		return nil
	}
	switch stored, reason := naming.Reaction(emoji); {
	case reason != "":
		return fmt.Errorf("%s.emoji: %s", r.Table.Name, reason)
	case stored != emoji:
		return fmt.Errorf("%s.emoji: not in the normal form NFC, or with variation selectors", r.Table.Name)
	}
	return nil
}

func checkBlock(r tables.Row) error {
	user, _ := r.Value("user_id")
	if blocked, _ := r.Value("blocked_id"); blocked == user {
		return errors.New("blocks.blocked_id: nobody blocks themselves")
	}
	return nil
}
