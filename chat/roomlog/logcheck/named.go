package logcheck

import (
	"fmt"
	"slices"

	"parley/chat/mentions"
)

// Named finds a mention of somebody whom the text of its chat does not name: which people are in it as names is found in the text
// alone, and which of them were members is not to be known any more. each gives a function the rows of a statement, as texts.
func Named(each func(query string, row func(columns []string) error) error) error {
	var text string
	var names []mentions.Name
	return each(`SELECT CAST(c.id AS text), c.text, u.username_key FROM mentions m JOIN chats c ON c.id = m.chat_id JOIN users u ON u.id = m.user_id
	WHERE NOT m.answers ORDER BY m.id`, func(columns []string) error {
		chat, key := columns[0], columns[2]
		if columns[1] != text { // else it is the same chat, as in most of those that name several
			text, names = columns[1], mentions.Find(columns[1])
		}
		if !slices.ContainsFunc(names, func(name mentions.Name) bool { return slices.Contains(name, key) }) {
			return fmt.Errorf("chat %s mentions somebody whom its text does not name", chat)
		}
		return nil
	})
}
