// Gobot is a bot that answers each question exactly once, in all rooms that it is in, however often it or the server is
// killed. docs/bots.md says why. PARLEY is the server's address, TOKEN the bot's token, CURSOR a file of its own.
package main

import (
	"log"
	"os"
	"strings"

	"github.com/google/uuid"
)

// answer is what the bot says to a text, or "" for nothing. Here is your work. If it takes a while, show what there is so far.
func answer(text string, show func(soFar string)) (said string) {
	if strings.HasSuffix(text, "?") {
		for _, word := range strings.SplitAfter("Who knows: "+text, " ") { // as a model would bring them
			said += word
			show(said)
		}
	}
	return said
}

const (
	who    = `{ me { id } rooms(first: 1) { nodes { id } } }` // me alone needs no token, rooms a good one
	events = `subscription ($after: [Cursor!]) { events(after: $after) {
		kind cursor cursors room { id } chat { id text user { isBot } } } }`
	send = `mutation ($room: ID!, $text: String!, $id: ID!, $to: ID!) {
		sendChat(room: $room, text: $text, id: $id, replyTo: $to) { id } }`
)

func main() {
	c, at := newClient(os.Getenv("PARLEY"), os.Getenv("TOKEN")), load(os.Getenv("CURSOR"))
	var data struct{ Me struct{ ID uuid.UUID } }
	if err := c.ask(who, nil, &data); err != nil {
		log.Fatal(err)
	}
	for tries := 0; ; tries++ {
		err := c.follow(events, map[string]any{"after": at.after()}, func(e event) (more bool) {
			if e.Kind == "CHAT_SENT" && !e.Chat.User.IsBot {
				reply(c, data.Me.ID, e)
			}
			tries = 0
			return at.move(e) // and only now: killed before it, the bot is given this event again
		})
		at.check(err)
		pause(tries, err)
	}
}

// reply answers a chat and returns when the answer is stored, or never will be.
func reply(c *client, me uuid.UUID, e event) {
	text := answer(e.Chat.Text, c.show(e.Room.ID))
	if text == "" {
		return
	}
	id := uuid.NewSHA1(me, []byte(e.Chat.ID)) // UUIDv5: for the same question the same, however often
	if err := c.ask(send, map[string]any{"room": e.Room.ID, "text": text, "id": id, "to": e.Chat.ID}, nil); err != nil {
		log.Printf("chat %s stays without an answer: %v", e.Chat.ID, err)
	}
}
