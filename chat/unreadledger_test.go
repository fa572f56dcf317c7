package chat_test

import (
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"parley/chat"
	"parley/chat/reads"
	"parley/chat/roomlog"
)

// What is said, and the names that may stand at each place of it, the longest first.
var said = []struct {
	text  string
	names [][]string
}{
	{"x", nil},
	{"@bob", [][]string{{"bob"}}},
	{"@bob.b and @ann", [][]string{{"bob.b", "bob"}, {"ann"}}},
	{"@bob, @bob and a@bob.b", [][]string{{"bob"}}},
	{"@host", [][]string{{"host"}}},
	{"@BOB!", [][]string{{"bob"}}},
}

// A ledger knows whom chats mention and answer by what people have done alone: the text, who was in the room and who had blocked
// the author when it was written. It reads nothing of what the server has stored.
type ledger struct {
	blocked map[[2]uuid.UUID]bool          // who, whom
	chats   map[uuid.UUID]*entered         // by their ids
	rooms   map[uuid.UUID]map[int]*entered // by room and number
}

// An entered is a chat that is not deleted.
type entered struct {
	*roomlog.Chat
	text     string
	named    []uuid.UUID
	answered uuid.UUID // uuid.Nil: nobody
}

func newLedger() *ledger {
	return &ledger{map[[2]uuid.UUID]bool{}, map[uuid.UUID]*entered{}, map[uuid.UUID]map[int]*entered{}}
}

// sent enters a new chat; members are those of its room, by their names.
func (l *ledger) sent(c *roomlog.Chat, text string, to *roomlog.Chat, members map[string]uuid.UUID) {
	one := &entered{Chat: c, text: text, named: l.named(c, text, members)}
	if to != nil && l.isTold(c, to.UserID) && slices.Contains(slices.Collect(maps.Values(members)), to.UserID) {
		one.answered = to.UserID
	}
	if l.rooms[c.Room.ID] == nil {
		l.rooms[c.Room.ID] = map[int]*entered{}
	}
	l.chats[c.ID], l.rooms[c.Room.ID][c.Number] = one, one
}

// edited enters a text, unless it is the one that is there: nothing is written then.
func (l *ledger) edited(id uuid.UUID, text string, members map[string]uuid.UUID) {
	if one := l.chats[id]; one.text != text {
		one.text, one.named = text, l.named(one.Chat, text, members)
	}
}

func (l *ledger) deleted(id uuid.UUID) {
	if one := l.chats[id]; one != nil {
		delete(l.rooms[one.Room.ID], one.Number)
		delete(l.chats, id)
	}
}

func (l *ledger) named(c *roomlog.Chat, text string, members map[string]uuid.UUID) (ids []uuid.UUID) {
	for _, one := range said {
		for _, names := range one.names {
			longest := slices.IndexFunc(names, func(name string) bool { return members[name] != uuid.Nil })
			if one.text == text && longest >= 0 && l.isTold(c, members[names[longest]]) {
				ids = append(ids, members[names[longest]])
			}
		}
	}
	return ids
}

func (l *ledger) isTold(c *roomlog.Chat, who uuid.UUID) bool {
	return who != c.UserID && !l.blocked[[2]uuid.UUID{who, c.UserID}]
}

// mentions is how many chats of a room behind a number are about somebody.
func (l *ledger) mentions(room, who uuid.UUID, after, last int) (n int) {
	for number := after + 1; number <= last; number++ {
		if one := l.rooms[room][number]; one != nil && (one.answered == who || slices.Contains(one.named, who)) {
			n++
		}
	}
	return min(n, reads.MaxCount)
}

// rows are all that is to be stored of mentions.
func (l *ledger) rows() (rows []string) {
	for _, one := range l.chats {
		for _, id := range one.named {
			rows = append(rows, mentionRow(one.Room.ID, one.Number, one.ID, id, false))
		}
		if one.answered != uuid.Nil {
			rows = append(rows, mentionRow(one.Room.ID, one.Number, one.ID, one.answered, true))
		}
	}
	slices.Sort(rows)
	return rows
}

func mentionRow(room uuid.UUID, number int, c, who uuid.UUID, answers bool) string {
	return fmt.Sprint(room, number, c, who, answers)
}

// wantMentions wants no other mentions to be stored than those of the ledger.
func (x *town) wantMentions() {
	x.t.Helper()
	var rows []string
	for _, m := range x.store.Read.Mention.Query().AllX(x.t.Context()) {
		rows = append(rows, mentionRow(m.RoomID, m.Number, m.ChatID, m.UserID, m.Answers))
	}
	slices.Sort(rows)
	if want := x.ledger.rows(); !slices.Equal(rows, want) || len(want) == 0 {
		x.t.Errorf("%d mentions are stored, and not these %d", len(rows), len(want))
	}
}

// members are those of a room by their names.
func (x *town) members(in *roomlog.Room) map[string]uuid.UUID {
	there := map[string]uuid.UUID{}
	if in.Kind != roomlog.Direct {
		there[x.host.Username] = x.host.ID
	}
	for _, c := range x.clients {
		if c.in && c.room.ID == in.ID {
			there[c.who.Username] = c.who.ID
		}
	}
	return there
}

// say sends a chat, which may answer another one, and enters it.
func (x *town) say(from chat.Caller, in *roomlog.Room, text string, to *roomlog.Chat) {
	x.t.Helper()
	members := x.members(in)
	c, err := x.Send(x.t.Context(), from, draftOf(in, text, to))
	x.must(err)
	x.ledger.sent(c, text, to, members)
}

func draftOf(in *roomlog.Room, text string, to *roomlog.Chat) chat.Draft {
	d := chat.Draft{Room: in.ID.String(), Text: text}
	if to != nil {
		d.ReplyTo = ptr(to.ID.String())
	}
	return d
}
