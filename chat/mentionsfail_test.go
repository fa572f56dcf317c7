package chat_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/google/uuid"

	"parley/chat"
	"parley/ent/mention"
)

// A chat is there with its mentions or not at all: where they cannot be stored, neither it nor a new text of it is, nor is anybody
// told, and who has sent it may send it again. Chats beside it that mention nobody are stored.
func TestChatWhoseMentionsFail(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob := w.person("ann"), w.person("bob")
	room := w.private(ann, "general", "bob")
	first := w.send(ann, room.ID.String(), "@bob")
	before := w.logLength(room)
	accept := w.refuse("INSERT", "mentions", "NEW.number > 0")
	id := uuid.NewString()
	send := func(text, id string, replyTo *string) error {
		_, err := w.Send(t.Context(), ann, chat.Draft{Room: room.ID.String(), Text: text, ID: &id, ReplyTo: replyTo})
		return err
	}
	answer := w.send(bob, room.ID.String(), "plain").ID.String()
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() { w.send(bob, room.ID.String(), "plain") })
		wg.Go(func() {
			if send("@bob", uuid.NewString(), nil) == nil || send("answers bob", uuid.NewString(), &answer) == nil {
				t.Error("a chat without its mentions was taken")
			}
		})
	}
	wg.Wait()
	if err := send("@bob", id, nil); err == nil || errors.Is(err, chat.ErrIDTaken) {
		t.Errorf("sent with %v", err)
	}
	if _, err := w.EditChat(t.Context(), ann, first.ID.String(), chat.Edit{Text: new("@bob, once more")}); err == nil {
		t.Error("edited")
	}
	page, err := w.Chats(t.Context(), ann, room.ID.String(), chat.PageQuery{})
	if err != nil || len(page.Nodes) != 22 || *page.Nodes[0].Text != "@bob" || page.Nodes[21].Number != 22 || w.logLength(room) != before+21 {
		t.Errorf("%d chats, %d more events, %v", len(page.Nodes), w.logLength(room)-before, err)
	}
	if n := w.store.Read.Mention.Query().Where(mention.ChatID(first.ID)).CountX(t.Context()); n != 1 || w.mentions(bob, 50) != "@bob" {
		t.Errorf("%d mentions, bob is mentioned by %s", n, w.mentions(bob, 50))
	}
	accept()
	if err := send("@bob", id, nil); err != nil || w.mentions(bob, 50) != "@bob;@bob" {
		t.Errorf("once more: %v, bob is mentioned by %s", err, w.mentions(bob, 50))
	}
}
