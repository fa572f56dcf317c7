package chat_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/chat"
)

func TestRoomNames(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	general := w.room(ann, "General Talk")
	for _, same := range []string{"General Talk", "general talk", "GENERAL  TALK", " general talk ", "Ｇｅｎｅｒａｌ Talk", general.ID.String()} {
		got, err := w.Room(t.Context(), ann, same)
		if err != nil || got.ID != general.ID || got.Name != "General Talk" {
			t.Errorf("%q finds %+v, %v", same, got, err)
		}
	}
	_, err := w.CreateRoom(t.Context(), ann, chat.NewRoom{Name: "GENERAL talk"})
	wantErr(t, err, chat.ErrRoomNameTaken)
	for name, reason := range map[string]string{
		"": "TOO_SHORT", "x": "TOO_SHORT", " x ": "TOO_SHORT", strings.Repeat("x", 65): "TOO_LONG", strings.Repeat("é", 65): "TOO_LONG",
		"a\x00b": "BAD_CHARACTER", "a\nb": "BAD_CHARACTER", "broken \xff": "BAD_CHARACTER", "  ": "BAD_CHARACTER",
		uuid.NewString(): "LOOKS_LIKE_ID", strings.ReplaceAll(uuid.NewString(), "-", ""): "LOOKS_LIKE_ID",
	} {
		_, err := w.CreateRoom(t.Context(), ann, chat.NewRoom{Name: name})
		wantInvalid(t, err, "name", reason)
	}
	for _, name := range []string{"ab", strings.Repeat("é", 64), "🎉 party", "日本語"} {
		w.room(ann, name)
	}
	for name, reason := range map[string]string{
		"\u0301\u0302": "BAD_CHARACTER", "\u00a0\u3000": "BAD_CHARACTER", " \u0301 \u0308": "BAD_CHARACTER", "\u2800\u2800": "BAD_CHARACTER", "``": "BAD_CHARACTER",
		"a\ufe0fb": "BAD_CHARACTER", "a\u200db": "BAD_CHARACTER", "👩\u200d": "BAD_CHARACTER", "\ufe0f\ufe0f": "BAD_CHARACTER", "❤️": "TOO_SHORT",
		"gеneral": "MIXED_SCRIPTS", "Kαφέ": "MIXED_SCRIPTS", "chat 日本": "MIXED_SCRIPTS", "ひらがな한글": "MIXED_SCRIPTS", // the first has a Cyrillic е
		strings.Repeat("👩\u200d", 40) + "👩": "TOO_LONG",
	} {
		_, err := w.CreateRoom(t.Context(), ann, chat.NewRoom{Name: name})
		wantInvalid(t, err, "name", reason)
	}
	for name, same := range map[string]string{
		"I ❤️ cats": "i ❤ CATS", "👩‍🚀 crew": "👩🚀 crew", "🏳️‍🌈": "🏳🌈", "1️⃣2️⃣": "12", "Info ℹ️": "info i", "  two  🏳️‍🌈  spaces ": "two 🏳️‍🌈 spaces",
		"漢字かな": "漢字かな", "नमस्ते": "नमस्ते", "++": "++",
	} {
		made := w.room(ann, name)
		for _, again := range []string{name, same, made.Name} {
			if got, err := w.Room(t.Context(), ann, again); err != nil || got.ID != made.ID || got.Name != made.Name {
				t.Errorf("%+q, which is shown as %+q, is not found as %+q: %v, %v", name, made.Name, again, got, err)
			}
		}
		_, err := w.CreateRoom(t.Context(), ann, chat.NewRoom{Name: same})
		wantErr(t, err, chat.ErrRoomNameTaken)
		page, err := w.Rooms(t.Context(), ann, chat.RoomsQuery{Matching: &name})
		if err != nil || len(page.Edges) == 0 {
			t.Errorf("matching %+q finds %v, %v", name, page, err)
		}
	}
	_, err = w.CreateRoom(t.Context(), ann, chat.NewRoom{Name: "topical", Topic: ptr(strings.Repeat("x", 251))})
	wantInvalid(t, err, "topic", "TOO_LONG")
	for _, missing := range []string{"", "nowhere", "\xff", uuid.NewString()} {
		_, err := w.Room(t.Context(), ann, missing)
		wantErr(t, err, chat.ErrNoRoom)
	}
}

func TestFiftyAtOnceOneGetsTheName(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	var won, taken int
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			_, err := w.CreateRoom(t.Context(), ann, chat.NewRoom{Name: "general"})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won++
			case errors.Is(err, chat.ErrRoomNameTaken):
				taken++
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won != 1 || taken != 49 {
		t.Errorf("%d made it, %d were told it is taken", won, taken)
	}
}

func TestRoomsListTheMostActiveFirst(t *testing.T) {
	var asked atomic.Int64 // each look at the clock is a millisecond later than the one before
	w := newWorld(t, chat.Options{Now: func() time.Time { return time.UnixMilli(1_900_000_000_000 + asked.Add(1)) }})
	ann := w.person("ann")
	for _, name := range []string{"red room", "green room", "blue"} {
		w.room(ann, name)
	}
	w.send(ann, "red room", "first")
	last := w.send(ann, "green room", "last")
	var names []string
	var after *string
	for { // page by page, one at a time
		page, err := w.Rooms(t.Context(), ann, chat.RoomsQuery{First: ptr(1), After: after, Matching: ptr("ROOM")})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Nodes() {
			names = append(names, r.Name)
		}
		if !page.PageInfo.HasNextPage {
			break
		}
		after = page.PageInfo.EndCursor
	}
	if got := strings.Join(names, ", "); got != "green room, red room" {
		t.Errorf("got %s", got)
	}
	page, err := w.Rooms(t.Context(), ann, chat.RoomsQuery{})
	if err != nil {
		t.Fatal(err)
	}
	chats, err := w.LastChats(t.Context(), ann, page.Nodes())
	if err != nil || chats[0].ID != last.ID || *chats[1].Text != "first" || chats[2] != nil {
		t.Errorf("newest chats: %v, %v", chats, err)
	}
	for _, nothing := range []string{"%", "_ed", "\x00", "nothing", strings.Repeat("x", 300)} {
		page, err := w.Rooms(t.Context(), ann, chat.RoomsQuery{Matching: &nothing})
		if err != nil || len(page.Edges) != 0 {
			t.Errorf("matching %q finds %v, %v", nothing, page, err)
		}
	}
}

func TestDeletedRoomIsGone(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob := w.person("ann"), w.person("bob")
	room := w.room(ann, "general")
	sent := w.send(ann, "general", "x")
	_, err := w.DeleteRoom(t.Context(), bob, "general")
	wantErr(t, err, chat.ErrForbidden)
	id, err := w.DeleteRoom(t.Context(), ann, "general")
	if err != nil || id != room.ID.String() {
		t.Fatalf("got %v, %v", id, err)
	}
	for _, name := range []string{"general", room.ID.String()} {
		_, err = w.Room(t.Context(), ann, name)
		wantErr(t, err, chat.ErrNoRoom)
		_, err = w.DeleteRoom(t.Context(), ann, name)
		wantErr(t, err, chat.ErrNoRoom)
		_, err = w.Send(t.Context(), ann, chat.Draft{Room: name, Text: "x"})
		wantErr(t, err, chat.ErrNoRoom)
		_, err = w.Open(t.Context(), ann, name, nil)
		wantErr(t, err, chat.ErrNoRoom)
	}
	_, err = w.Chat(t.Context(), ann, sent.ID.String())
	wantErr(t, err, chat.ErrNoChat)
	again := w.room(bob, "general") // the name is free, and it is another room
	if c := w.send(bob, "general", "fresh"); again.ID == room.ID || c.Room.ID != again.ID || c.Number != 1 {
		t.Errorf("the new room continues the old one: %+v", c)
	}
}

// A name that was sent to and has passed to another room since leads to that other room.
func TestNameThatPassedOn(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	w.room(ann, "general")
	w.send(ann, "general", "to the first")
	if _, err := w.DeleteRoom(t.Context(), ann, "general"); err != nil {
		t.Fatal(err)
	}
	second := w.room(ann, "general")
	for number := range 2 {
		if c := w.send(ann, "general", "to the second"); c.Room.ID != second.ID || c.Number != number+1 {
			t.Errorf("it went to %+v as %d", c.Room, c.Number)
		}
	}
}
