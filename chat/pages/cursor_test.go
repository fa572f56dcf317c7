package pages

import (
	"encoding/base64"
	"errors"
	"testing"

	"github.com/google/uuid"

	"parley/chat/arguments"
	"parley/chat/roomlog"
)

// Whatever is taken for a cursor is what the server itself would write for the place it names, so that no two
// texts are one place; all else is refused as a cursor, and in no other way.
func FuzzCursor(f *testing.F) {
	room := uuid.MustParse("01890a5d-ac96-774b-bcce-b302099a8057")
	for _, p := range []roomlog.Position{{}, {Place: 1, Tag: 1}, {Place: 1<<63 - 1, Tag: -1}, {Place: 7, Tag: 1 << 62}} {
		f.Add(p.Cursor(room))
	}
	encode := base64.RawURLEncoding.EncodeToString
	for _, b := range [][]byte{nil, make([]byte, 33), {1}, append([]byte{cursorOfRooms}, make([]byte, 24)...), append([]byte{1}, make([]byte, 33)...)} {
		f.Add(encode(b))
		f.Add(base64.StdEncoding.EncodeToString(b))
	}
	good := roomlog.Position{Place: 1, Tag: 1}.Cursor(room)
	for _, text := range []string{"AQ==", good[:4] + "\n" + good[4:], good + "\r\n", good + "=", good[:43] + "B", "A Q", "\n", "é", roomlog.Position{Place: -1, Tag: 1}.Cursor(room), roomlog.Position{Tag: 1}.Cursor(room), roomlog.Position{Place: 1}.Cursor(room), activity{}.cursor(), mentioning{}.cursor()} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		of, p, err := ParseCursor("after", text)
		if err != nil {
			wantBadCursor(t, text, err)
		} else if p.Cursor(of) != text || p.Place < 0 || (p.Place == 0) != (p.Tag == 0) {
			t.Fatalf("%q is read as %+v of %s, which is %q", text, p, of, p.Cursor(of))
		}
		if _, err := CursorOf(room, "after", text); (err == nil) != (of == room && text != "") {
			t.Fatalf("%q is of room %s, and for %s: %v", text, of, room, err)
		}
		if a, err := parseActivity("after", text); err != nil {
			wantBadCursor(t, text, err)
		} else if a.cursor() != text {
			t.Fatalf("%q is read as %+v, which is %q", text, a, a.cursor())
		}
		if m, err := parseMention("after", text); err != nil {
			wantBadCursor(t, text, err)
		} else if m.cursor() != text {
			t.Fatalf("%q is read as %+v, which is %q", text, m, m.cursor())
		}
	})
}

func wantBadCursor(t *testing.T, text string, err error) {
	t.Helper()
	var invalid *arguments.InvalidError
	if !errors.As(err, &invalid) || invalid.Field != "after" || invalid.Reason != "CURSOR_INVALID" {
		t.Fatalf("%q: %v", text, err)
	}
}
