package graph_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// For whoever reads on from a cursor a page has been read and executed when a chat of it, or the room, is deleted: once this
// has been answered, they are not given it any more.
func TestReplayHandsOutNothingThatIsDeletedMeanwhile(t *testing.T) {
	for name, c := range map[string]struct {
		remove func(a *testAPI, first, newest string) error
		want   string
	}{
		"the chat": {func(a *testAPI, first, _ string) error {
			_, err := a.chat.DeleteChat(t.Context(), a.owner, first)
			return err
		}, `{"room":{"lastChat":{"text":"newest"}},"text":null}`},
		"the newest chat of its room": {func(a *testAPI, _, newest string) error {
			_, err := a.chat.DeleteChat(t.Context(), a.owner, newest)
			return err
		}, `{"room":{"lastChat":{"text":null}},"text":"first"}`},
		"the room": {func(a *testAPI, _, _ string) error {
			_, err := a.chat.DeleteRoom(t.Context(), a.owner, a.room.ID.String())
			return err
		}, `"NOT_FOUND"`},
	} {
		t.Run(name, func(t *testing.T) {
			a := newTestAPI(t)
			first, newest := a.send(t, "first"), a.send(t, "newest")
			a.between = func() {
				if err := c.remove(a, first, newest); err != nil {
					t.Error(err)
				}
			}
			conn := a.connect(t, string(a.register(t, "reader").AccessToken))
			a.subscribe(t, conn, "1", "text room{lastChat{text}}")
			if got, _ := json.Marshal(readMessage(t, conn)["payload"]); !strings.Contains(string(got), c.want) {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
