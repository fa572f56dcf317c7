package chat_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/uuid"

	"parley/chat"
	"parley/chat/roomlog"
	"parley/ent/roomevent"
)

func (w *world) edit(who chat.Caller, id uuid.UUID, text string) *roomlog.Chat {
	w.t.Helper()
	c, err := w.EditChat(w.t.Context(), who, id.String(), chat.Edit{Text: new(text)})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// logLength is how many events a room's log has.
func (w *world) logLength(room *roomlog.Room) int {
	w.t.Helper()
	n, err := w.store.Read.RoomEvent.Query().Where(roomevent.RoomID(room.ID)).Count(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

func TestEditedAndDeletedChatsKeepTheirPlace(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob := w.person("ann"), w.person("bob")
	room := w.room(ann, "general")
	first := w.send(bob, "general", "one")
	w.send(bob, "general", "two")
	for range 2 { // sent again it changes nothing
		got := w.edit(bob, first.ID, "uno")
		if *got.Text != "uno" || got.EditedAt == nil || got.Number != 1 || got.Cursor() != first.Cursor() {
			t.Errorf("edited: %+v", got)
		}
	}
	if n := w.logLength(room); n != 4 { // with bob's joining
		t.Errorf("the log has %d events, want 4", n)
	}
	for range 2 {
		got, err := w.DeleteChat(t.Context(), ann, first.ID.String()) // it is her room
		if err != nil || got.Text != nil || got.DeletedAt == nil || got.Number != 1 || got.Username != "bob" {
			t.Errorf("deleted: %+v, %v", got, err)
		}
	}
	if n := w.logLength(room); n != 5 {
		t.Errorf("the log has %d events, want 5", n)
	}
	page, err := w.Chats(t.Context(), ann, "general", chat.PageQuery{})
	if err != nil || len(page.Nodes) != 2 || page.Nodes[0].Text != nil || *page.Nodes[1].Text != "two" {
		t.Errorf("page: %v, %v", page, err)
	}
	if row, err := w.store.Read.Chat.Get(t.Context(), first.ID); err != nil || row.Text != "" {
		t.Errorf("the text is still stored: %v, %v", row, err)
	}
	next := w.follow(ann, "general", page.SyncCursor)
	w.send(bob, "general", "three")
	if c := next.next(); c.Number != 3 {
		t.Errorf("after the page came %d", c.Number)
	}
	// Sent again with its id, a chat is what it is now.
	again, err := w.Send(t.Context(), bob, chat.Draft{Room: "general", Text: "one", ID: ptr(first.ID.String())})
	if err != nil || again.Text != nil || again.Number != 1 {
		t.Errorf("sent again: %+v, %v", again, err)
	}
}

func TestWhoMayChangeChats(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob, eve := w.person("ann"), w.person("bob"), w.person("eve")
	room := w.room(ann, "general")
	c := w.send(bob, "general", "mine")
	for _, who := range []chat.Caller{ann, eve} {
		_, err := w.EditChat(t.Context(), who, c.ID.String(), chat.Edit{Text: new("yours")})
		wantErr(t, err, chat.ErrForbidden)
	}
	_, err := w.DeleteChat(t.Context(), eve, c.ID.String())
	wantErr(t, err, chat.ErrForbidden)
	for _, id := range []string{"", "nonsense", uuid.NewString(), room.ID.String()} {
		_, err := w.EditChat(t.Context(), bob, id, chat.Edit{Text: new("x")})
		wantErr(t, err, chat.ErrNoChat)
		_, err = w.DeleteChat(t.Context(), bob, id)
		wantErr(t, err, chat.ErrNoChat)
	}
	_, err = w.EditChat(t.Context(), bob, c.ID.String(), chat.Edit{Text: new("")})
	wantInvalid(t, err, "text", "TOO_SHORT")
	if n := w.logLength(room); n != 2 { // with bob's joining
		t.Errorf("the log has %d events, want 2", n)
	}
	if _, err := w.DeleteChat(t.Context(), bob, c.ID.String()); err != nil {
		t.Fatal(err)
	}
	_, err = w.EditChat(t.Context(), bob, c.ID.String(), chat.Edit{Text: new("back again")})
	wantErr(t, err, chat.ErrForbidden)
	if _, err := w.DeleteRoom(t.Context(), ann, "general"); err != nil {
		t.Fatal(err)
	}
	_, err = w.DeleteChat(t.Context(), bob, c.ID.String())
	wantErr(t, err, chat.ErrNoChat)
}

// Once a deletion has been answered, no stream hands the text out, though it lies in the window that
// others are served from.
func TestDeletedTextIsNotHandedOut(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	w.room(ann, "general")
	for round := range 50 {
		slow, quick := w.follow(ann, "general", nil), w.follow(ann, "general", nil)
		w.send(ann, "general", "under way when the secret is deleted")
		secret, public := w.send(ann, "general", "secret"), w.send(ann, "general", "public")
		for c := quick.next(); c.ID != public.ID; c = quick.next() { // the window has both
		}
		if _, err := w.DeleteChat(t.Context(), ann, secret.ID.String()); err != nil {
			t.Fatal(err)
		}
		for c := slow.next(); c.ID != public.ID; c = slow.next() {
			if c.ID == secret.ID && c.Text != nil {
				t.Fatalf("round %d: got %q", round, *c.Text)
			}
		}
		slow.stop()
		quick.stop()
	}
}

// Of what is deleted neither the text nor what an app has kept with it stays in the database.
func TestNothingStaysOfADeletedChat(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	in := w.room(ann, "general")
	secret := `{"secret":1}`
	keep := &secret
	if _, err := w.UpdateRoom(t.Context(), ann, "general", chat.RoomChange{Data: &keep}); err != nil {
		t.Fatal(err)
	}
	c, err := w.Send(t.Context(), ann, chat.Draft{Room: "general", Text: "secret", Data: keep})
	if err == nil {
		_, err = w.DeleteChat(t.Context(), ann, c.ID.String())
	}
	if err != nil {
		t.Fatal(err)
	}
	if row := w.store.Read.Chat.GetX(t.Context(), c.ID); row.Text != "" || row.Data != nil || row.DeletedAt == nil {
		t.Errorf("there is %v", row)
	}
	if _, err := w.DeleteRoom(t.Context(), ann, "general"); err != nil {
		t.Fatal(err)
	}
	if row := w.store.Read.Room.GetX(t.Context(), in.ID); row.Data != nil || row.DeletedAt == nil {
		t.Errorf("there is %v", row)
	}
}

// Edits beside sends: the last text is what everybody ends with, and numbers have no holes.
func TestChangesAmongSends(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	w.room(ann, "general")
	c := w.send(ann, "general", "v0")
	live := w.follow(ann, "general", nil)
	var wg sync.WaitGroup
	wg.Go(func() { w.sendMany(ann, "general", 200) })
	for i := range 4 {
		wg.Go(func() {
			for k := range 25 {
				if _, err := w.EditChat(t.Context(), ann, c.ID.String(), chat.Edit{Text: new(fmt.Sprint(i, " ", k))}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for want := 2; want <= 201; want++ {
		if got := live.next(); got.Number != want {
			t.Fatalf("number %d came instead of %d", got.Number, want)
		}
	}
}
