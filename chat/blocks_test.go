package chat_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/chat"
	"parley/chat/access"
	"parley/ent"
	"parley/rounds"
)

func (w *world) block(who, whom chat.Caller, on bool) {
	w.t.Helper()
	if id, err := w.BlockUser(w.t.Context(), who, whom.ID.String(), on); err != nil || id != whom.ID {
		w.t.Fatalf("block: %v, %v", id, err)
	}
}

// wantBlocked wants FORBIDDEN, BLOCKED.
func wantBlocked(t *testing.T, what string, err error) {
	t.Helper()
	var refused *chat.ForbiddenError
	if !errors.As(err, &refused) || refused.Reason != "BLOCKED" {
		t.Errorf("%s: %v, want BLOCKED", what, err)
	}
}

// Whoever has blocked another and whoever is blocked say nothing in their direct room, by what was granted before either, and
// delete what they have said. It can be taken back.
func TestBlocksEndADirectRoom(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob, eve := w.person("ann"), w.person("bob"), w.person("eve")
	opened, err := w.OpenDirectRoom(t.Context(), ann, []string{"bob"})
	if err != nil {
		t.Fatal(err)
	}
	three, err := w.OpenDirectRoom(t.Context(), ann, []string{"bob", "eve"})
	if err != nil {
		t.Fatal(err)
	}
	room := opened.ID.String()
	said := map[chat.Caller]string{}
	for _, who := range []chat.Caller{ann, bob} {
		said[who] = w.send(who, room, "x").ID.String() // which is remembered of them
		w.send(who, three.ID.String(), "x")
	}
	for range 2 { // the second changes nothing
		w.block(ann, bob, true)
	}
	for who, id := range said {
		_, err := w.Send(t.Context(), who, chat.Draft{Room: room, Text: "y"})
		wantBlocked(t, who.Username+" sends", err)
		_, err = w.EditChat(t.Context(), who, id, chat.Edit{Text: new("y")})
		wantBlocked(t, who.Username+" edits", err)
		seen, err := w.Room(t.Context(), who, room)
		if err != nil || slices.Contains(seen.Actions(*seen.As), access.Send) {
			t.Errorf("%s may %v, %v", who.Username, seen.Actions(*seen.As), err)
		}
		again, err := w.OpenDirectRoom(t.Context(), who, []string{"ann", "bob"})
		if err != nil || again.ID != opened.ID {
			t.Errorf("%s opens %v, %v", who.Username, again, err)
		}
		w.send(who, three.ID.String(), "among more than two it goes on")
	}
	if _, err := w.DeleteChat(t.Context(), bob, said[bob]); err != nil {
		t.Errorf("bob deletes: %v", err)
	}
	if got := w.blocked(ann); got != "bob" {
		t.Errorf("ann has blocked %s", got)
	}
	if got := w.blocked(bob) + w.blocked(eve); got != "" {
		t.Errorf("others have blocked %s", got)
	}
	w.block(ann, bob, false)
	w.block(ann, bob, false)
	for who := range said {
		w.send(who, room, "again")
	}
}

// blocked are the names of whom somebody has blocked.
func (w *world) blocked(who chat.Caller) (names string) {
	w.t.Helper()
	ids, err := w.Blocked(w.t.Context(), who)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, id := range ids {
		names += w.store.Read.User.GetX(w.t.Context(), id).Username
	}
	return names
}

// Nobody is taken into a room by whom they have blocked, and no direct room is made of the two, whoever asks.
func TestBlocksKeepApart(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob, eve := w.person("ann"), w.person("bob"), w.person("eve")
	w.block(ann, bob, true)
	for _, c := range []struct {
		who  chat.Caller
		with []string
	}{{ann, []string{"bob"}}, {bob, []string{"ann"}}, {bob, []string{"eve", "ann"}}, {ann, []string{"bob", "eve"}}} {
		_, err := w.OpenDirectRoom(t.Context(), c.who, c.with)
		wantBlocked(t, fmt.Sprint(c.who.Username, " opens with ", c.with), err)
	}
	if _, err := w.OpenDirectRoom(t.Context(), eve, []string{"ann", "bob"}); err != nil {
		t.Errorf("eve opens with both: %v", err) // who may, and they need not write there
	}
	of := w.room(bob, "of bob")
	_, err := w.AddMember(t.Context(), bob, of.ID.String(), "ann", nil)
	wantBlocked(t, "bob adds ann", err)
	_, err = w.CreateRoom(t.Context(), bob, chat.NewRoom{Name: "with ann", Members: []string{"eve", "ann"}})
	wantBlocked(t, "bob makes a room with ann", err)
	if _, err := w.Room(t.Context(), eve, "with ann"); !errors.Is(err, chat.ErrNoRoom) {
		t.Errorf("there is a room with ann: %v", err)
	}
	if _, err := w.JoinRoom(t.Context(), ann, of.ID.String()); err != nil {
		t.Errorf("ann joins by herself: %v", err)
	}
	if _, err := w.AddMember(t.Context(), bob, of.ID.String(), "ann", nil); err != nil {
		t.Errorf("bob adds ann, who is there: %v", err)
	}
	if _, err := w.CreateRoom(t.Context(), ann, chat.NewRoom{Name: "with bob", Members: []string{"bob"}}); err != nil {
		t.Errorf("ann takes bob along: %v", err)
	}
}

// What somebody says in rooms of others stays to be seen by who has blocked them, and counts as unread; by its answers they are not
// mentioned.
func TestChatsOfTheBlockedStay(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob := w.person("ann"), w.person("bob")
	room := w.private(w.person("eve"), "general", "ann", "bob")
	mine := w.send(ann, room.ID.String(), "mine")
	w.send(bob, room.ID.String(), "before")
	w.block(ann, bob, true)
	live := w.follow(ann, room.ID.String(), ptr(mine.Cursor()))
	sent, err := w.Send(t.Context(), bob, chat.Draft{Room: room.ID.String(), Text: "behind, @ann", ReplyTo: ptr(mine.ID.String())})
	if err != nil {
		t.Fatal(err)
	}
	page, err := w.Chats(t.Context(), ann, room.ID.String(), chat.PageQuery{})
	if err != nil || len(page.Nodes) != 3 {
		t.Fatalf("%+v, %v", page, err)
	}
	for i, text := range []string{"before", "behind, @ann"} {
		if c := live.next(); *c.Text != text || c.UserID != bob.ID {
			t.Errorf("the stream has %+v", c)
		}
		if c := page.Nodes[i+1]; *c.Text != text || c.UserID != bob.ID {
			t.Errorf("the page has %+v", c)
		}
	}
	if c, err := w.Chat(t.Context(), ann, sent.ID.String()); err != nil || *c.Text != "behind, @ann" {
		t.Errorf("alone it is %+v, %v", c, err)
	}
	if got := w.counts(ann, room); got != "2] [0" {
		t.Errorf("unread are %s", got)
	}
}

func TestBlockIsRefused(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, gone := w.person("ann"), w.person("gone")
	_, err := w.BlockUser(t.Context(), ann, "ANN", true)
	wantInvalid(t, err, "user", "OUT_OF_RANGE")
	for _, name := range []string{"nobody", "", "00000000-0000-0000-0000-000000000000"} {
		_, err = w.BlockUser(t.Context(), ann, name, true)
		wantErr(t, err, chat.ErrNoPerson)
	}
	w.block(ann, gone, true)
	w.change(func(tx *ent.Tx) error {
		rows := make([]*ent.UserCreate, 999)
		blocks := make([]*ent.BlockCreate, len(rows))
		for i := range rows {
			p := chat.Caller{ID: uuid.New(), Username: fmt.Sprint("p", i)}
			rows[i] = tx.User.Create().SetID(p.ID).SetUsername(p.Username).SetUsernameKey(p.Username).SetCreatedAt(time.Now().UTC())
			blocks[i] = tx.Block.Create().SetUserID(ann.ID).SetBlockedID(p.ID).SetCreatedAt(time.Now().UTC())
		}
		if err := tx.User.CreateBulk(rows...).Exec(t.Context()); err != nil {
			return err
		}
		return tx.Block.CreateBulk(blocks...).Exec(t.Context())
	})
	bob := w.person("bob")
	_, err = w.BlockUser(t.Context(), ann, "bob", true)
	if limit, is := asLimit(err); !is || limit.Reason != "BLOCKS" {
		t.Errorf("one more: %v", err)
	}
	w.block(ann, gone, true) // the same again
	w.change(func(tx *ent.Tx) error {
		return tx.User.UpdateOneID(gone.ID).SetDeletedAt(time.Now().UTC()).Exec(t.Context())
	})
	w.block(ann, bob, true)
}

// Whom a deleted account has blocked is forgotten with its rooms, and who has blocked it, however many: nobody else's blocks are, and
// in the direct room the other is kept from nothing by what they could not take back.
func TestBlocksLeaveWithTheAccount(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob, eve := w.person("ann"), w.person("bob"), w.person("eve")
	opened, err := w.OpenDirectRoom(t.Context(), ann, []string{"bob"})
	if err != nil {
		t.Fatal(err)
	}
	w.block(ann, eve, true)
	w.block(bob, ann, true)
	w.block(bob, eve, true)
	w.change(func(tx *ent.Tx) error {
		for i := range 600 {
			p := chat.Caller{ID: uuid.New(), Username: fmt.Sprint("p", i)}
			err := errors.Join(
				tx.User.Create().SetID(p.ID).SetUsername(p.Username).SetUsernameKey(p.Username).SetCreatedAt(time.Now().UTC()).Exec(t.Context()),
				tx.Block.Create().SetUserID(p.ID).SetBlockedID(ann.ID).SetCreatedAt(time.Now().UTC()).Exec(t.Context()),
			)
			if err != nil {
				return err
			}
		}
		return nil
	})
	_, err = w.Send(t.Context(), bob, chat.Draft{Room: opened.ID.String(), Text: "x"})
	wantBlocked(t, "bob sends", err)
	w.deleteAccount(ann)
	w.AccountDeleted()
	w.awaitLeft(ann)
	if left := w.store.Read.Block.Query().AllX(t.Context()); len(left) != 1 || left[0].BlockedID != eve.ID || w.blocked(bob) != "eve" {
		t.Errorf("%d blocks are left: %+v", len(left), left)
	}
	w.send(bob, opened.ID.String(), "to nobody")
}

// However a block and the making of the room meet: when the block was answered nothing more is sent there.
func TestBlockAndOpeningMeet(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	for i := range rounds.Of(t, 10, 100) {
		bob := w.person(fmt.Sprint("bob", i))
		var both sync.WaitGroup
		var room string
		both.Go(func() {
			if opened, err := w.OpenDirectRoom(t.Context(), bob, []string{"ann"}); err == nil {
				room = opened.ID.String()
				_, _ = w.Send(t.Context(), bob, chat.Draft{Room: room, Text: "may be granted, and remembered"})
			}
		})
		both.Go(func() { w.block(ann, bob, true) })
		both.Wait()
		if room == "" {
			continue
		}
		_, err := w.Send(t.Context(), bob, chat.Draft{Room: room, Text: "y"})
		wantBlocked(t, "behind the block", err)
	}
}
