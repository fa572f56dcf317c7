package chat_test

import (
	"fmt"
	"slices"
	"testing"

	"parley/chat"
	"parley/chat/roomlog"
)

func numbersOf(chats []*roomlog.Chat) []int {
	numbers := []int{}
	for _, c := range chats {
		numbers = append(numbers, c.Number)
	}
	return numbers
}

// Every combination of paging arguments is compared with a plain reading of the rules of Relay
// connections over the whole list.
func TestPagesAreWhatRelaySays(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	w.room(ann, "general")
	const n = 7
	cursors := []string{}
	for i := range n {
		cursors = append(cursors, w.send(ann, "general", fmt.Sprint(i+1)).Cursor())
	}
	sizes := []*int{nil, ptr(0), ptr(1), ptr(3), ptr(n), ptr(200)}
	places := []int{0, 1, 4, n} // 0: no cursor, else that of the chat of this number
	for _, first := range sizes {
		for _, last := range sizes {
			for _, after := range places {
				for _, before := range places {
					q := chat.PageQuery{First: first, Last: last}
					if after > 0 {
						q.After = &cursors[after-1]
					}
					if before > 0 {
						q.Before = &cursors[before-1]
					}
					page, err := w.Chats(t.Context(), ann, "general", q)
					if err != nil {
						t.Fatal(err)
					}
					checkPage(t, page, expectedPage(n, first, last, after, before), n)
				}
			}
		}
	}
}

func expectedPage(n int, first, last *int, after, before int) []int {
	list := []int{}
	for i := after + 1; i <= n && (before == 0 || i < before); i++ {
		list = append(list, i)
	}
	if first != nil {
		list = list[:min(*first, len(list))]
	}
	if last != nil {
		list = list[max(0, len(list)-*last):]
	}
	return list
}

func checkPage(t *testing.T, page *chat.Page, want []int, n int) {
	t.Helper()
	got := numbersOf(page.Nodes)
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
		return
	}
	if len(got) == 0 {
		if page.PageInfo.StartCursor != nil || page.PageInfo.EndCursor != nil {
			t.Error("an empty page has cursors")
		}
		return
	}
	info := page.PageInfo
	if info.HasPreviousPage != (got[0] > 1) || info.HasNextPage != (got[len(got)-1] < n) {
		t.Errorf("page %v says %+v", got, info)
	}
	if (page.SyncCursor != nil) != (got[len(got)-1] == n) {
		t.Errorf("page %v has syncCursor %v", got, page.SyncCursor)
	}
	if edges := page.Edges(); *info.StartCursor != edges[0].Cursor || *info.EndCursor != edges[len(edges)-1].Cursor {
		t.Errorf("page %v: cursors of the edges differ from pageInfo", got)
	}
}

func TestNewestFiftyByDefault(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	w.room(ann, "general")
	empty, err := w.Chats(t.Context(), ann, "general", chat.PageQuery{})
	if err != nil || len(empty.Nodes) != 0 || empty.SyncCursor == nil {
		t.Fatalf("an empty room: %+v, %v", empty, err)
	}
	for range 60 {
		w.send(ann, "general", "x")
	}
	page, err := w.Chats(t.Context(), ann, "general", chat.PageQuery{})
	if err != nil || len(page.Nodes) != 50 || page.Nodes[0].Number != 11 || !page.PageInfo.HasPreviousPage {
		t.Errorf("got %v, %v", numbersOf(page.Nodes), err)
	}
	s := w.follow(ann, "general", empty.SyncCursor) // the start of the room is a place too
	for i := range 60 {
		if c := s.next(); c.Number != i+1 {
			t.Fatalf("chat %d came as %d", c.Number, i+1)
		}
	}
}

func TestBadPageArguments(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	w.room(ann, "general")
	w.room(ann, "other")
	foreign := w.send(ann, "other", "x").Cursor()
	rooms, err := w.Rooms(t.Context(), ann, chat.RoomsQuery{})
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "x", foreign[:43], foreign + "A", foreign[:43] + "!", foreign, rooms.Edges[0].Cursor} {
		_, err := w.Chats(t.Context(), ann, "general", chat.PageQuery{After: &bad})
		wantInvalid(t, err, "after", "CURSOR_INVALID")
		_, err = w.Chats(t.Context(), ann, "general", chat.PageQuery{Before: &bad})
		wantInvalid(t, err, "before", "CURSOR_INVALID")
		_, err = w.Open(t.Context(), ann, "general", &bad)
		wantInvalid(t, err, "after", "CURSOR_INVALID")
	}
	for _, n := range []int{-1, 201, 1 << 30} {
		_, err := w.Chats(t.Context(), ann, "general", chat.PageQuery{First: &n})
		wantInvalid(t, err, "first", "OUT_OF_RANGE")
		_, err = w.Chats(t.Context(), ann, "general", chat.PageQuery{Last: &n})
		wantInvalid(t, err, "last", "OUT_OF_RANGE")
		_, err = w.Rooms(t.Context(), ann, chat.RoomsQuery{First: &n})
		wantInvalid(t, err, "first", "OUT_OF_RANGE")
	}
	_, err = w.Rooms(t.Context(), ann, chat.RoomsQuery{After: &foreign})
	wantInvalid(t, err, "after", "CURSOR_INVALID")
	_, err = w.Chats(t.Context(), ann, "nowhere", chat.PageQuery{})
	wantErr(t, err, chat.ErrNoRoom)
}

func TestChatsByID(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	room := w.room(ann, "general")
	sent := w.send(ann, "general", "x")
	got, err := w.Chat(t.Context(), ann, sent.ID.String())
	if err != nil || got.Number != 1 || got.Room.ID != room.ID || got.Cursor() != sent.Cursor() {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, id := range []string{"", "x", room.ID.String()} {
		_, err := w.Chat(t.Context(), ann, id)
		wantErr(t, err, chat.ErrNoChat)
	}
}
